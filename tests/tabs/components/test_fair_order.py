"""Who is served next: equal shares of time, short requests first, nobody for ever last."""

import asyncio
import random
import time

from tabs.components import fair_order
from tabs.components.fair_order import FairOrder, Turns


def served(requests: list[tuple[str, float]], order: FairOrder | None = None) -> list[str]:
    """The clients of requests that all come at once, in the order in which they are served."""
    order = order or FairOrder()
    tags = sorted((order.tag(client, cost), k, client) for k, (client, cost) in enumerate(requests))
    return [client for _, _, client in tags]


def test_the_clients_take_turns_however_many_requests_one_of_them_has():
    line = served([("greedy", 1.0)] * 20 + [("a", 1.0), ("b", 1.0)])
    assert set(line[:3]) == {"greedy", "a", "b"}


def test_a_short_request_comes_before_a_long_one():
    assert served([("a", 30.0), ("b", 0.5)]) == ["b", "a"]


def test_a_long_request_is_served_though_short_ones_keep_coming():
    order, waiting, count = FairOrder(), [], 0
    waiting.append((order.tag("long", 30.0), "long"))
    while True:
        count += 1
        waiting.append((order.tag(f"visitor {count}", 1.0), "short"))
        tag, name = min(waiting)
        waiting.remove((tag, name))
        order.serve(tag)
        if name == "long":
            break
    assert 10 < count < 40


def test_the_requests_of_one_client_stay_in_their_order():
    order = FairOrder()
    tags = [order.tag("a", random.Random(k).uniform(0, 5)) for k in range(20)]
    assert tags == sorted(tags)


def test_who_used_more_time_than_expected_waits_longer():
    order = FairOrder()
    order.tag("a", 1.0), order.tag("b", 1.0)
    order.correct("a", 10.0)
    assert order.tag("b", 1.0) < order.tag("a", 1.0)


def test_a_newcomer_does_not_overtake_for_time_before_it_came():
    order = FairOrder()
    for _ in range(50):
        order.serve(order.tag("a", 1.0))
    assert order.tag("newcomer", 1.0) >= 50


def test_a_million_clients_are_not_remembered():
    order = FairOrder()
    for k in range(3 * fair_order._MOST_CLIENTS):
        order.tag(f"client {k}", 1.0)
    assert len(order._last) <= fair_order._MOST_CLIENTS


def test_a_client_with_many_long_requests_gets_no_more_turns_than_others():
    async def work(turns: Turns, client: str, log: list[str]) -> None:
        while len(log) < 120:
            async with turns.turn(client):
                await asyncio.sleep(0.003)
                log.append(client)

    async def run() -> list[str]:
        turns, log = Turns(), []
        await asyncio.gather(*(work(turns, name, log) for name in ["greedy"] * 6 + ["a", "b"]))
        return log

    log = asyncio.run(run())
    assert log.count("greedy") < 60
    assert min(log.count("a"), log.count("b")) > 24


def test_one_turn_at_a_time_and_a_cancelled_wait_passes_it_on():
    async def run() -> int:
        turns, now, most = Turns(), 0, 0

        async def step(k: int) -> None:
            nonlocal now, most
            async with turns.turn(f"client {k}"):
                now += 1
                most = max(most, now)
                try:
                    await asyncio.sleep(0.002)
                finally:
                    now -= 1

        tasks = [asyncio.create_task(step(k)) for k in range(60)]
        await asyncio.sleep(0.01)
        for task in tasks[::2]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.wait_for(step(99), 1)  # the turn was not lost
        return most

    assert asyncio.run(run()) == 1


def _run_with_short_work(seconds: float, is_there) -> tuple[int, int]:
    """The steps of long work within some seconds, and those that began while `is_there`."""

    async def run() -> tuple[int, int]:
        turns, counts = Turns(), [0, 0]

        async def long_work() -> None:
            while True:
                async with turns.turn("long"):
                    counts[0] += 1
                    counts[1] += turns._num_short > 0
                    await asyncio.sleep(0.01)

        async def short_work() -> None:
            for k in range(int(seconds / 0.02)):
                if is_there(k):
                    with turns.short():
                        await asyncio.sleep(0.02)
                else:
                    await asyncio.sleep(0.02)

        task = asyncio.create_task(long_work())
        await short_work()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with turns.turn("another"):  # the turn was not lost
            pass
        return counts[0], counts[1]

    return asyncio.run(run())


def test_a_step_of_long_work_waits_for_short_work():
    _, meanwhile = _run_with_short_work(0.6, lambda k: k % 2)
    free, _ = _run_with_short_work(0.6, lambda k: False)
    assert meanwhile < free / 4


def test_long_work_goes_on_although_short_work_never_ends():
    async def run() -> float:
        turns = Turns()
        with turns.short():
            began = time.monotonic()
            for _ in range(6):
                async with turns.turn("long"):
                    await asyncio.sleep(0.02)
            return time.monotonic() - began

    assert 6 * 0.02 + 5 * 0.06 <= asyncio.run(run()) < 2


def test_a_wait_for_short_work_is_limited_and_may_be_cancelled():
    async def run() -> None:
        turns = Turns()
        turns._step_seconds = 100.0
        with turns.short():
            waiting = asyncio.create_task(turns.turn("a").__aenter__())
            await asyncio.sleep(0.01)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            began = time.monotonic()
            async with turns.turn("b"):
                waited = time.monotonic() - began
        assert fair_order.MOST_YIELD_SECONDS <= waited + 0.05 < 5

    asyncio.run(run())
