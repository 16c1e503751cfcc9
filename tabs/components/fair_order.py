"""In which order the requests of different visitors are served."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

MOST_YIELD_SECONDS = 0.5  # that a step of long work waits while short work is there
YIELD_RATIO = 3.0  # and no more than this times the step before: long work keeps a quarter
_MOST_CLIENTS = 4096  # that are remembered; those that owe nothing are forgotten first


class FairOrder:
    """Tags of requests: the smallest is served first.

    Self-clocked fair queueing (S. J. Golestani, "A self-clocked fair queueing scheme for broadband
    applications", INFOCOM 1994, eqs. 1 and 2): a request gets the tag max(clock, last tag of its
    client) + cost, and the clock is the tag of the request in service. So clients get equal shares
    of time however many requests each has, short requests come before long ones that came at the
    same time, and none waits for ever. Costs are seconds.
    """

    def __init__(self) -> None:
        self._clock = 0.0
        self._last: dict[str, float] = {}  # the last tag of each client

    def tag(self, client: str, cost: float) -> float:
        """The tag of a new request that is expected to take `cost` seconds."""
        tag = max(self._clock, self._last.get(client, 0.0)) + cost
        self._last[client] = tag
        if len(self._last) > _MOST_CLIENTS:
            self._forget()
        return tag

    def serve(self, tag: float) -> None:
        """Say that the request of a tag is served now."""
        self._clock = max(self._clock, tag)

    def correct(self, client: str, seconds: float) -> None:
        """Charge a client for the time that a request took beyond its cost; negative: give back."""
        if client in self._last:
            self._last[client] += seconds

    def _forget(self) -> None:
        """Forget the clients that owe nothing, and if that is not enough those that owe least."""
        owing = sorted((tag, name) for name, tag in self._last.items() if tag > self._clock)
        self._last = {name: tag for tag, name in owing[-_MOST_CLIENTS // 2 :]}


class Turns:
    """Steps of long work take turns, one at a time, in fair order; for one event loop.

    Before a step they wait for short work that runs by then, up to `YIELD_RATIO` times the seconds
    of the step before, `MOST_YIELD_SECONDS` at most.
    """

    def __init__(self) -> None:
        self._order = FairOrder()
        self._busy = False
        self._num_short = 0
        self._no_short = asyncio.Event()
        self._no_short.set()
        self._step_seconds = 0.0  # of the last step
        self._numbers = itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Wait for the turn, and hold it for the block, whose time is the cost of the step."""
        tag = self._order.tag(client, 0.0)
        if self._busy:
            ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (tag, next(self._numbers), ready))
            try:
                await ready
            except asyncio.CancelledError:
                if ready.done() and not ready.cancelled():  # cancelled just as the turn came
                    self._pass_on()
                raise
        self._busy = True
        self._order.serve(tag)
        try:
            await self._yield_to_short()
            began = time.monotonic()
            try:
                yield
            finally:
                self._step_seconds = time.monotonic() - began
                self._order.correct(client, self._step_seconds)
        finally:
            self._pass_on()

    @contextmanager
    def short(self) -> Iterator[None]:
        """Say that short work runs during the block."""
        self._num_short += 1
        self._no_short.clear()
        try:
            yield
        finally:
            self._num_short -= 1
            if not self._num_short:
                self._no_short.set()

    async def _yield_to_short(self) -> None:
        seconds = min(MOST_YIELD_SECONDS, YIELD_RATIO * self._step_seconds)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._no_short.wait()

    def _pass_on(self) -> None:
        """Give the turn to the first that still waits."""
        while self._waiting:
            _, _, ready = heapq.heappop(self._waiting)
            if not ready.done():
                ready.set_result(None)  # `_busy` stays: nobody comes in between
                return
        self._busy = False
