"""Requests that come together are served together, and nobody gets another's answer."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import gradio as gr
import pytest
from gradio.state_holder import SessionState

from tabs.components.request_batching import MAX_BATCH, Batcher, remember_configs


def test_those_who_wait_are_served_in_one_call_and_get_their_own_answer():
    sizes = []

    def draw(requests):
        sizes.append(len(requests))
        time.sleep(0.05)
        return [request * 10 for request in requests]

    together = Batcher(draw, kind=lambda request: 0)
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(together, range(32)))
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

    together = Batcher(draw, kind=lambda request: request % 2)
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(together, range(16))) == list(range(16))
    assert all(len({request % 2 for request in requests}) == 1 for requests in calls)


def test_a_request_that_fails_does_not_fail_the_others():
    barrier = threading.Barrier(8)

    def draw(requests):
        time.sleep(0.02)
        if 3 in requests:
            raise ValueError("three")
        return requests

    together = Batcher(draw, kind=lambda request: 0)

    def ask(request):
        barrier.wait()
        try:
            return together(request)
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == [0, 1, 2, "three", 4, 5, 6, 7]


def test_an_error_reaches_its_visitor():
    def draw(requests):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        Batcher(draw, kind=lambda request: 0)(1)


def test_a_session_is_the_same_with_remembered_configs():
    with gr.Blocks() as app:
        gr.Slider(0, 2, 1, label="ψ")
        gr.Dropdown(["faces", "eyes"], label="Model")
        gr.Gallery(columns=3, elem_classes=["sheet"])
    plain = SessionState(app).config_values
    remember_configs(app)
    first, second = SessionState(app), SessionState(app)
    assert first.config_values == second.config_values == plain
    slider = next(iter(first.config_values))
    first.config_values[slider]["props"]["value"] = 2
    assert second.config_values == SessionState(app).config_values == plain
