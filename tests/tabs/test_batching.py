"""Requests that wait at the same time are answered by one call, each with its own answer."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tabs.components.request_batching import MAX_BATCH, Batcher


def test_waiting_requests_are_answered_by_one_call_each_with_its_own_answer():
    sizes = []

    def draw(requests):
        sizes.append(len(requests))
        time.sleep(0.05)
        return [request * 10 for request in requests]

    batcher = Batcher(draw, kind=lambda request: 0)
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(batcher, range(32)))
    assert answers == [k * 10 for k in range(32)]
    assert sum(sizes) == 32
    assert max(sizes) <= MAX_BATCH
    assert len(sizes) < 16


def test_requests_of_another_kind_go_in_another_call():
    calls = []

    def draw(requests):
        calls.append(requests)
        time.sleep(0.02)
        return requests

    batcher = Batcher(draw, kind=lambda request: request % 2)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(batcher, range(16))) == list(range(16))
    assert all(len({request % 2 for request in requests}) == 1 for requests in calls)


def test_a_request_that_fails_does_not_fail_the_others():
    barrier = threading.Barrier(8)

    def draw(requests):
        time.sleep(0.02)
        if 3 in requests:
            raise ValueError("three")
        return requests

    batcher = Batcher(draw, kind=lambda request: 0)

    def ask(request):
        barrier.wait()
        try:
            return batcher(request)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [0, 1, 2, "three", 4, 5, 6, 7]


def test_an_error_is_raised_for_its_request():
    def draw(requests):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Batcher(draw, kind=lambda request: 0)(1)
