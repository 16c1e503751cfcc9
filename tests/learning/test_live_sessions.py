"""Live trainings of several visitors: turns, pauses, ends and bounds, by a clock of the test."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from gan_models.learning.live import sessions
from gan_models.learning.live.run import FIRST_INTERVAL, MAX_FRAMES, Run
from gan_models.learning.live.sessions import GoneError, LiveTrainings
from gan_models.learning.live.settings import Settings
from tests.fakes import Clock

SMALL = Settings(width=4)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def trainings(clock):
    return LiveTrainings(clock, starts_thread=False)


def steps_of(trainings, token):
    return [run.training.step_count for run in trainings.look(token).runs]


def test_a_session_plays_pauses_steps_and_resets(trainings):
    token = trainings.open("me", [SMALL, SMALL])
    assert not trainings.work_round()
    trainings.play(token)
    assert trainings.work_round()
    first, second = steps_of(trainings, token)
    assert first == second > 0
    trainings.pause(token)
    assert not trainings.work_round()
    trainings.step(token)
    trainings.work_round()
    assert steps_of(trainings, token) == [first + 1] * 2
    assert not trainings.look(token).playing
    trainings.reset(token, [SMALL])
    assert steps_of(trainings, token) == [0]


def test_a_pause_shows_the_last_step_though_nobody_saw_it(trainings, clock):
    token = trainings.open("me", [SMALL])
    trainings.play(token)
    session = trainings.look(token)
    for _ in range(3):  # only the first picture is asked for
        clock.now += 1
        trainings.work_round()
    trainings.pause(token)
    (run,) = session.runs
    assert run.facts()["step"] == run.training.step_count > 0
    assert session.version > 0


def test_a_training_stops_at_the_step_that_was_asked(trainings):
    token = trainings.open("me", [SMALL])
    trainings.play(token, stops_at=7)
    while trainings.look(token).playing:
        trainings.work_round()
    assert steps_of(trainings, token) == [7]
    trainings.play(token)
    trainings.work_round()
    assert steps_of(trainings, token)[0] > 7


def test_a_head_start_comes_first_in_every_run(trainings):
    token = trainings.open("me", [Settings(width=4, head_start=5), SMALL])
    trainings.step(token)
    while trainings.look(token).playing:
        trainings.work_round()
    assert steps_of(trainings, token) == [1, 1]
    assert not trainings.look(token).runs[0].training.head_start_left


def test_nobody_looking_pauses_and_later_ends_a_training(trainings, clock):
    token = trainings.open("me", [SMALL])
    trainings.play(token)
    clock.now += 9
    assert trainings.work_round()
    clock.now += 2
    assert not trainings.work_round()
    session = trainings.look(token)
    assert not session.playing
    assert session.was_unwatched
    trainings.play(token)
    assert not session.was_unwatched
    clock.now += 599
    trainings.work_round()
    assert trainings.count() == 1
    clock.now += 2
    trainings.work_round()
    assert trainings.count() == 0
    with pytest.raises(GoneError, match="Press Reset"):
        trainings.look(token)


def test_an_expired_training_is_gone_before_it_is_deleted(trainings, clock):
    token = trainings.open("me", [SMALL])
    clock.now += 601
    with pytest.raises(GoneError):
        trainings.play(token)


def test_a_watched_training_goes_on(trainings, clock):
    token = trainings.open("me", [SMALL])
    trainings.play(token)
    for _ in range(100):
        clock.now += 9
        trainings.look(token)
        assert trainings.work_round()


def test_visitors_share_the_time_fairly(clock):
    clock.tick = 0.01
    trainings = LiveTrainings(clock, starts_thread=False)
    tokens = [trainings.open(f"visitor {k}", [SMALL]) for k in range(4)]
    for token in tokens:
        trainings.play(token)
    for _ in range(10):
        for token in tokens:
            trainings.look(token)
        trainings.work_round()
    counts = [steps_of(trainings, token)[0] for token in tokens]
    assert min(counts) > 0
    assert max(counts) <= 1.2 * min(counts)


def test_a_round_of_many_visitors_is_short(clock):
    trainings = LiveTrainings(clock, starts_thread=False)
    for k in range(sessions.MAX_SESSIONS):
        trainings.play(trainings.open(f"visitor {k}", [SMALL]))
    before = clock.now
    trainings.work_round()
    assert clock.now - before < 0.5


def test_a_pace_limits_the_steps(trainings, clock):
    token = trainings.open("me", [SMALL])
    trainings.set_pace(token, 5)
    trainings.play(token)
    for _ in range(20):
        clock.now += 0.1
        trainings.look(token)
        trainings.work_round()
    assert 8 <= steps_of(trainings, token)[0] <= 14
    for wrong in (3, -1, None, "5", True, float("nan"), [5]):
        with pytest.raises(ValueError, match="pace is one of"):
            trainings.set_pace(token, wrong)


def test_a_third_page_of_a_visitor_is_refused_while_two_are_watched(trainings, clock):
    first, second = (trainings.open("me", [SMALL]) for _ in range(2))
    with pytest.raises(ValueError, match="close the other page"):
        trainings.open("me", [SMALL])
    clock.now += 11
    trainings.look(second)
    third = trainings.open("me", [SMALL])
    trainings.look(third)
    with pytest.raises(GoneError):
        trainings.look(first)


def test_a_full_server_is_busy_until_somebody_leaves(trainings, clock):
    tokens = [trainings.open(f"visitor {k}", [SMALL]) for k in range(sessions.MAX_SESSIONS)]
    with pytest.raises(ValueError, match="try again in a few minutes"):
        trainings.open("late", [SMALL])
    clock.now += 11
    for token in tokens[1:]:
        trainings.look(token)
    trainings.open("late", [SMALL])
    assert trainings.count() == sessions.MAX_SESSIONS
    with pytest.raises(GoneError):
        trainings.look(tokens[0])


@pytest.mark.parametrize("token", [None, "", "x", 7, [], {}, float("nan")])
def test_an_unknown_token_is_refused(trainings, token):
    trainings.open("me", [SMALL])
    for act in (trainings.look, trainings.play, trainings.pause, trainings.step):
        with pytest.raises(GoneError):
            act(token)


@pytest.mark.parametrize("count", [0, 3])
def test_one_or_two_runs_are_side_by_side(trainings, count):
    with pytest.raises(ValueError, match="One or two trainings"):
        trainings.open("me", [SMALL] * count)


def test_the_thread_trains_and_ends_with_its_last_session():
    trainings = LiveTrainings()
    token = trainings.open("me", [SMALL])
    trainings.play(token, stops_at=3)
    thread = trainings._thread
    for _ in range(2000):
        if steps_of(trainings, token) == [3]:
            break
        time.sleep(0.01)
    assert steps_of(trainings, token) == [3]
    trainings.close()
    thread.join(60)
    assert not thread.is_alive()
    assert thread not in threading.enumerate()
    again = trainings.open("me", [SMALL])
    assert trainings._thread is not None
    assert steps_of(trainings, again) == [0]
    trainings.close()


def test_a_record_spans_the_whole_training(monkeypatch):
    run = Run(SMALL)
    total = FIRST_INTERVAL * MAX_FRAMES * 2
    fast = lambda: setattr(run.training, "step_count", run.training.step_count + 1)
    monkeypatch.setattr(run.training, "step", fast)
    for _ in range(total):
        run.step()
    steps = [frame.step for frame in run.frames]
    assert len(steps) <= MAX_FRAMES
    assert steps[0] == 0
    assert steps[-1] == total
    assert {b - a for a, b in itertools.pairwise(steps)} == {run.interval}
    curves = run.curves()
    assert {len(values) for values in vars(curves).values()} == {len(steps)}


def test_a_training_ends_after_its_most_steps(monkeypatch):
    run = Run(SMALL)
    run.training.step_count = 50_000
    assert run.is_over
    run.step()
    assert run.training.step_count == 50_000
