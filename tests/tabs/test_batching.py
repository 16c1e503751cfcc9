"""Pictures that are asked for at the same time are drawn by one call, each for its own visitor."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import pytest

from tabs.components import request_batching
from tabs.components.request_batching import MAX_BATCH, Batcher


def test_waiting_requests_are_answered_by_one_call_each_with_its_own_answer():
    sizes = []

    def draw(kind, items):
        sizes.append(len(items))
        time.sleep(0.05)
        return [item * 10 for item in items]

    batcher = Batcher(draw)
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda k: batcher("kind", [k, 100 + k]), range(32)))
    assert answers == [[k * 10, 1000 + k * 10] for k in range(32)]
    assert sum(sizes) == 64
    assert max(sizes) <= MAX_BATCH
    assert len(sizes) < 16


def test_requests_of_another_kind_go_in_another_call():
    calls = []

    def draw(kind, items):
        calls.append((kind, items))
        time.sleep(0.02)
        return items

    batcher = Batcher(draw)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(lambda k: batcher(k % 2, [k]), range(16))) == [[k] for k in range(16)]
    assert all(item % 2 == kind for kind, items in calls for item in items)


@pytest.mark.parametrize("sizes", [[64], [64, 1], [64, 64, 64, 1, 2, 3], [1] * 40, [5, 33, 17]])
def test_every_request_gets_all_its_answers_in_order(sizes):
    batcher = Batcher(lambda kind, items: [item + 1 for item in items])
    requests = [[1000 * k + i for i in range(size)] for k, size in enumerate(sizes)]
    with ThreadPoolExecutor(len(sizes)) as pool:
        answers = list(pool.map(lambda items: batcher("kind", items), requests))
    assert answers == [[item + 1 for item in items] for items in requests]


def test_one_picture_does_not_wait_for_sixty_four():
    calls, begun = [], threading.Event()

    def draw(kind, items):
        calls.append(items)
        begun.set()
        time.sleep(0.05)
        return items

    batcher = Batcher(draw)
    with ThreadPoolExecutor(2) as pool:
        large = pool.submit(batcher, "kind", list(range(64)))
        begun.wait()
        assert batcher("kind", ["one"]) == ["one"]
        assert not large.done()
        assert large.result() == list(range(64))
    assert next(k for k, items in enumerate(calls) if "one" in items) <= 2


def test_a_request_whose_visitor_has_gone_is_not_drawn_on(monkeypatch):
    gone, drawn = threading.Event(), []
    monkeypatch.setattr(request_batching, "abandonment", lambda: gone.is_set)

    def draw(kind, items):
        drawn.extend(items)
        gone.set()
        return items

    with pytest.raises(gr.Error, match="gone"):
        Batcher(draw)("kind", list(range(64)))
    assert len(drawn) == MAX_BATCH


def test_a_request_that_fails_does_not_fail_the_others():
    barrier = threading.Barrier(8)

    def draw(kind, items):
        time.sleep(0.02)
        if 3 in items:
            raise ValueError("three")
        return items

    batcher = Batcher(draw)

    def ask(request):
        barrier.wait()
        try:
            return batcher("kind", [request])[0]
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [0, 1, 2, "three", 4, 5, 6, 7]


def test_an_error_is_raised_for_its_request_and_nothing_is_left():
    def draw(kind, items):
        raise ValueError("no")

    batcher = Batcher(draw)
    with pytest.raises(ValueError, match="no"):
        batcher("kind", [1])
    assert batcher._waiting == []
