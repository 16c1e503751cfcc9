"""A bar over work in pieces: how far, how long still, and how it ends."""

import time

import pytest

from gan_models import EnlargeProgress
from tabs.components import progress
from tabs.components.progress import Bar


@pytest.fixture
def shown(monkeypatch):
    """What a bar shows, each step of the work at once."""
    monkeypatch.setattr(progress, "SHOWN_EVERY_SECONDS", -1)
    monkeypatch.setattr(progress, "_FIRST_GUESS_SECONDS", 0)
    told = []
    told_by = lambda fraction, desc: told.append((round(fraction, 2), desc))
    return told, told_by


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


def test_pieces_share_the_bar_by_their_size(shown):
    told, tell = shown
    bar = Bar(tell, total=4)
    assert run(bar.follow(steps_of(0.0, 0.5), "first", 1)) == "made"
    assert run(bar.follow(steps_of(0.0, 0.5), "second", 3)) == "made"
    assert [fraction for fraction, _ in told] == [0.0, 0.12, 0.25, 0.62]


def test_the_time_left_follows_from_what_is_done(shown):
    told, tell = shown
    bar = Bar(tell)

    def slowly():
        yield 0.0
        time.sleep(0.3)
        yield 0.1

    run(bar.follow(slowly(), "Working"))
    assert told[0][1] == "Working"
    assert "about 3 s left" in told[1][1] or "about 4 s left" in told[1][1]


def test_an_upscaler_knows_its_own_time_left(shown):
    told, tell = shown
    run(Bar(tell).follow(steps_of(EnlargeProgress(0.25, 240)), "Enlarging"))
    assert told == [(0.25, "Enlarging, about 4 min left")]


def test_leaving_the_event_closes_the_work():
    closed = []
    steps = Bar(lambda *_, **__: None).follow(steps_of(0.1, 0.2, closed=closed), "x")
    next(steps)
    steps.close()
    assert closed
