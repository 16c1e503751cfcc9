"""The progress bar: its share, the time left, and its end."""

import time

import pytest

from gan_models import EnlargeProgress
from tabs.components import progress
from tabs.components.progress import Bar


@pytest.fixture
def updates(monkeypatch):
    """The updates of a bar, one for each step of the work."""
    monkeypatch.setattr(progress, "UPDATE_SECONDS", -1)
    monkeypatch.setattr(progress, "_FIRST_GUESS_SECONDS", 0)
    seen = []
    report = lambda fraction, desc: seen.append((round(fraction, 2), desc))
    return seen, report


def steps_of(*fractions, result="made", closed=None):
    try:
        yield from fractions
        return result
    finally:
        if closed is not None:
            closed.append(True)


def run(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_pieces_share_the_bar_by_their_size(updates):
    seen, report = updates
    bar = Bar(report, total=4)
    assert run(bar.follow(steps_of(0.0, 0.5), "first", 1)) == "made"
    assert run(bar.follow(steps_of(0.0, 0.5), "second", 3)) == "made"
    assert [fraction for fraction, _ in seen] == [0.0, 0.12, 0.25, 0.62]


def test_the_time_left_follows_from_what_is_done(updates):
    seen, report = updates
    bar = Bar(report)

    def slowly():
        yield 0.0
        time.sleep(0.3)
        yield 0.1

    run(bar.follow(slowly(), "Working"))
    assert seen[0][1] == "Working"
    assert "about 3 s left" in seen[1][1] or "about 4 s left" in seen[1][1]


def test_the_time_left_of_an_upscaler_is_used(updates):
    seen, report = updates
    run(Bar(report).follow(steps_of(EnlargeProgress(0.25, 240)), "Enlarging"))
    assert seen == [(0.25, "Enlarging, about 4 min left")]


def test_leaving_the_event_closes_the_work():
    closed = []
    steps = Bar(lambda *_, **__: None).follow(steps_of(0.1, 0.2, closed=closed), "x")
    next(steps)
    steps.close()
    assert closed
