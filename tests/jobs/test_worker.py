"""The worker: running, pausing, failing and resuming jobs."""

from __future__ import annotations

import importlib
import os
import re
import signal

import pytest
import torch

from gan_models import weights
from gan_models.jobs import worker as worker_module
from gan_models.jobs.database import seconds_spent
from gan_models.jobs.queue import ENGINE
from gan_models.jobs.worker import MAX_CRASHES
from gan_models.metrics import features
from gan_models.networks.efficientnet_lite import EfficientNetLite0
from gan_models.training.run_folder import Journal
from tests.jobs import engines


@pytest.fixture(autouse=True)
def brisk(monkeypatch):
    """Report every step; do not wait for more jobs."""
    monkeypatch.setattr(worker_module, "REPORT_SECONDS", 0.0)
    monkeypatch.setattr(worker_module, "LINGER_SECONDS", 0.0)


@pytest.fixture
def meddle(monkeypatch):
    """A function that makes an engine with an action after step five."""

    def make(act):
        def engine(*arguments, callback, **options):
            def hear(progress):
                if progress.step == 5 and progress.losses:
                    act()
                return callback(progress)

            return engines.point(*arguments, callback=hear, **options)

        monkeypatch.setattr(engines, "meddling", engine, raising=False)
        return "tests.jobs.engines:meddling"

    return make


def steps_of(jobs, job):
    return [
        int(row["step"]) for row in Journal(jobs._database.job_folder(job) / "run").losses.rows()
    ]


def test_a_job_runs_to_its_end(jobs, start_job, work):
    key = jobs.new_key()
    job = start_job(jobs, key)
    assert work() is True
    status = jobs.status(key, job)
    assert (status.state, status.step, status.kimg, status.place) == ("finished", 20, 0.04, 0)
    assert steps_of(jobs, job) == list(range(1, 21))
    assert jobs.generator(key, job).name == "generator.safetensors"
    assert work() is False


@pytest.mark.parametrize(
    ("engine", "sentence"),
    [
        ("full_disk", "disk that holds the job is full.*resumed"),
        ("no_memory", "Memory ran out.*close other programs.*resumed"),
        ("lost_device", "device that trains was lost.*resumed"),
        ("diverging", "diverged; begin again"),
        ("a_bug", r"Something unforeseen.*\(KeyError\).*resume"),
    ],
)
def test_what_fails_says_why_and_goes_on_from_its_snapshot(jobs, start_job, work, engine, sentence):
    key = jobs.new_key()
    job = start_job(jobs, key)
    assert work(f"tests.jobs.engines:{engine}") is True
    status = jobs.status(key, job)
    assert status.state == "failed"
    assert re.search(sentence, status.message)
    assert "secret" not in status.message
    assert str(jobs._database.folder) not in status.message
    assert weights.read_tensors(jobs._database.job_folder(job) / "run" / "state.pt")["step"] <= 5
    jobs.resume(key, job)
    work(f"tests.jobs.engines:{engine}")
    assert jobs.status(key, job).state == "finished"
    assert steps_of(jobs, job) == list(range(1, 21))


def test_a_resumed_job_ends_with_the_very_numbers_of_an_undisturbed_one(
    jobs, start_job, work, meddle
):
    key = jobs.new_key()
    whole, parted = start_job(jobs, key), start_job(jobs, key)
    work()
    work(meddle(lambda: jobs.pause(key, parted)))
    assert jobs.status(key, parted).state == "paused"
    jobs.resume(key, parted)
    work()
    first, second = (
        weights.read_tensors(jobs._database.job_folder(job) / "run" / "state.pt")
        for job in (whole, parted)
    )
    assert first["step"] == second["step"] == 20
    ours, theirs = (state["networks"]["generator"] for state in (first, second))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize(("wish", "state"), [("pause", "paused"), ("stop", "stopped")])
def test_a_running_job_is_paused_and_stopped_at_the_next_step(
    jobs, start_job, work, meddle, wish, state
):
    key = jobs.new_key()
    job = start_job(jobs, key)
    seen = []

    def act():
        getattr(jobs, wish)(key, job)
        seen.append(jobs.status(key, job).state)

    work(meddle(act))
    assert seen == ["stopping"]
    status = jobs.status(key, job)
    assert (status.state, status.step) == (state, 5)
    assert status.has_generator
    assert jobs.generator(key, job).is_file()


def test_a_pause_that_is_taken_back_does_not_pause(jobs, start_job, work, meddle):
    key = jobs.new_key()
    job = start_job(jobs, key)

    def act():
        jobs.pause(key, job)
        jobs.resume(key, job)

    work(meddle(act))
    assert jobs.status(key, job).state == "finished"


def test_a_worker_of_a_deleted_job_leaves_nothing(jobs, start_job, work, meddle):
    key = jobs.new_key()
    job = start_job(jobs, key)
    assert work(meddle(lambda: jobs._database.change(job, requested_state="deleted")))
    assert not jobs._database.job_folder(job).exists()
    assert jobs._database.find(job) is None


def test_a_long_job_lets_others_go_first_when_its_turn_is_over(jobs, start_job, work):
    first, second = jobs.new_key(), jobs.new_key()
    long, short = start_job(jobs, first, steps=40), start_job(jobs, second)
    assert work(slice_minutes=0.0005)
    assert 0 < jobs.status(first, long).step < 40
    assert [jobs.status(first, long).place, jobs.status(second, short).place] == [2, 1]
    work()
    assert jobs.status(second, short).state == "finished"
    work(slice_minutes=0.0005)
    assert jobs.status(first, long).state == "finished", "nobody waits: it goes on"
    assert steps_of(jobs, long) == list(range(1, 41))


def test_a_terminated_worker_leaves_the_job_its_place(jobs, start_job, work, meddle):
    key, other = jobs.new_key(), jobs.new_key()
    job = start_job(jobs, key)
    start_job(jobs, other)
    assert work(meddle(lambda: os.kill(os.getpid(), signal.SIGTERM))) is False
    status = jobs.status(key, job)
    assert (status.state, status.place, status.step) == ("queued", 1, 5)


def test_the_job_of_a_dead_worker_goes_on_before_all_others(jobs, start_job, work):
    key, other = jobs.new_key(), jobs.new_key()
    start_job(jobs, other)
    job = start_job(jobs, key)
    jobs._database.change(job, state="running", slot=0)
    work()
    assert jobs.status(key, job).state == "finished"


def test_a_job_that_kills_every_worker_fails_with_a_sentence(jobs, start_job, work):
    key = jobs.new_key()
    job = start_job(jobs, key)
    jobs._database.change(job, state="running", slot=0, num_crashes=MAX_CRASHES)
    assert work() is False
    status = jobs.status(key, job)
    assert status.state == "failed"
    assert "lack of memory" in status.message
    jobs.resume(key, job)
    work()
    assert jobs.status(key, job).state == "finished"


def test_a_further_step_resets_num_crashes(jobs, start_job, work):
    key = jobs.new_key()
    job = start_job(jobs, key)
    jobs._database.change(job, state="running", slot=0, num_crashes=MAX_CRASHES - 1)
    work()
    assert jobs._database.find(job).num_crashes == 0


def test_training_goes_on_where_its_row_cannot_be_written(jobs, start_job, work, monkeypatch):
    from gan_models.jobs.records import JobError

    key = jobs.new_key()
    job = start_job(jobs, key)
    calls = []

    def refuse(*_):
        calls.append(1)
        raise JobError("The disk is full.")

    monkeypatch.setattr(worker_module.JobReporter, "_write_progress", refuse)
    work()
    assert jobs.status(key, job).state == "finished"
    assert calls


def test_how_a_job_ended_is_written_once_there_is_room_again(monkeypatch):
    from gan_models.jobs.records import JobError

    pauses, attempts = [], []
    monkeypatch.setattr(worker_module.time, "sleep", pauses.append)

    def write():
        attempts.append(1)
        if len(attempts) < 3:
            raise JobError("The disk is full.")

    worker_module.persist(write)
    assert len(attempts) == 3
    assert len(pauses) == 2


def test_the_real_engine_runs_as_a_job(jobs, start_job, work, monkeypatch):
    torch.manual_seed(0)
    network = EfficientNetLite0().freeze()
    finetune = importlib.import_module("gan_models.finetuning.run")
    monkeypatch.setattr(finetune, "load_features", lambda device: network)
    monkeypatch.setattr(features, "MEASURE_PX", 32)
    monkeypatch.setenv("GANVAS_DEVICE", "cpu")
    key = jobs.new_key()
    job = start_job(jobs, key, steps=3)
    work(ENGINE)
    status = jobs.status(key, job)
    assert (status.state, status.step, status.message) == ("finished", 3, "")
    assert status.snapshots[-1] == 3
    assert {path.stem for path in status.sheets} == {path.stem for path in status.raw_sheets}
    assert "kid_effl0" in status.latest_metrics
    assert status.curves is not None
    assert status.nearest is not None
    assert status.health.sentence
    assert "Tiny" in jobs.card(key, job)
    assert jobs.swap(key, job, 16).is_file()


def spent(jobs, owner):
    with jobs._database.reading() as db:
        return seconds_spent(db, owner)


def test_hours_count_what_was_trained(jobs, start_job, work):
    key = jobs.new_key()
    job = start_job(jobs, key)
    work()
    owner = jobs._database.find(job).owner
    assert 0 < spent(jobs, owner) < 60
    jobs.delete_everything(key)
    assert spent(jobs, owner) == 0


def test_hours_count_while_a_job_trains(jobs, start_job, work, meddle):
    key, seen = jobs.new_key(), []
    owner = jobs._database.find(start_job(jobs, key)).owner
    work(meddle(lambda: seen.append(spent(jobs, owner))))
    assert 0 < seen[0] < spent(jobs, owner)
    with jobs._database.reading() as db:
        assert len(db.execute("SELECT * FROM shifts").fetchall()) == 1
