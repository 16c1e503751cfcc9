"""Jobs that are not running: drafts, queueing, deletion, expiry."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from gan_models import list_models
from gan_models.jobs import JobError, Jobs, NotFound, Quotas, housekeeping
from tests.jobs.conftest import BASE, wait_for


def files_under(folder):
    return {path for path in folder.rglob("*") if path.is_file()}


def test_a_job_starts_with_copies_of_the_pictures_and_waits(jobs, sources):
    key = jobs.new_key()
    job, verdicts = jobs.start(key, sources, BASE, settings={"kimg": 0.5})
    assert [verdict.taken for verdict in verdicts] == [True] * 12
    status = jobs.status(key, job)
    assert (status.state, status.place, status.num_pictures) == ("queued", 1, 12)
    assert (status.base, status.preset, status.total_kimg) == (BASE, "quick", 0.5)
    assert status.settings["kimg"] == 0.5
    assert status.title == "Tiny on 12 pictures"
    assert status.num_bytes > 0
    assert len(files_under(jobs._database.job_folder(job) / "pictures")) >= 12
    assert all(path.is_file() for path in sources)
    assert (status.has_generator, status.eta_seconds, status.curves) == (False, None, None)


def test_a_job_takes_a_title_of_its_own(jobs, sources):
    key = jobs.new_key()
    job, _ = jobs.start(key, sources, BASE, title="  My\n garden " + "x" * 100)
    assert jobs.status(key, job).title == ("My garden " + "x" * 100)[:60]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"base": "no-such"}, f"choose from: .*{BASE}"),
        ({"base": "faces-64"}, f"choose from: .*{BASE}"),
        ({"preset": "eternal"}, "preset is one of"),
        ({"settings": {"rate": 1}}, "There is no setting 'rate'"),
        ({"settings": {"batch": 10_000}}, "batch is a whole number from"),
        ({"settings": {"crop": "oval"}}, "crop"),
    ],
)
def test_what_cannot_start_says_why_and_leaves_nothing(jobs, sources, changes, sentence):
    key = jobs.new_key()
    with pytest.raises(ValueError, match=sentence):
        jobs.start(key, sources, **{"base": BASE, **changes})
    assert not jobs._database.exists or jobs._database.select() == []
    assert not [path for path in jobs._database.folder.glob("*") if path.is_dir()]


def test_a_path_is_no_base(jobs, sources, home):
    path = home / "models" / f"{BASE}.safetensors"
    with pytest.raises(JobError, match="no such model"):
        jobs.start(jobs.new_key(), sources, str(path))


def test_too_few_pictures_are_refused_with_the_reason_of_the_first(jobs, sources, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    with pytest.raises(JobError, match=r"9 of the pictures .* 10 are needed.* broken.png: "):
        jobs.start(jobs.new_key(), [*sources[:9], broken], BASE)
    assert jobs._database.select() == []


def test_a_draft_is_prepared_seen_and_launched(jobs, sources):
    key = jobs.new_key()
    told = []
    draft = jobs.prepare(key, sources, BASE, "letterbox", lambda *news: told.append(news))
    assert draft.num_taken == len(draft.verdicts) == 12
    assert told[-1] == (12, 12)
    assert jobs.list(key) == []
    seen, augmented = jobs.preview(key, draft.id)
    assert seen.size == augmented.size
    assert seen.tobytes() != augmented.tobytes()
    plain, same = jobs.preview(key, draft.id, "none")
    assert plain.tobytes() == same.tobytes()
    with pytest.raises(JobError, match="augmentation is one of"):
        jobs.preview(key, draft.id, "upside down")
    job = jobs.launch(key, draft.id, "normal")
    assert jobs.status(key, job).settings["crop"] == "letterbox"
    assert [status.id for status in jobs.list(key)] == [draft.id]


def test_a_draft_is_launched_only_with_its_own_crop(jobs, sources):
    key = jobs.new_key()
    draft = jobs.prepare(key, sources, BASE)
    with pytest.raises(JobError, match="prepared for the crop 'centre'"):
        jobs.launch(key, draft.id, settings={"crop": "random"})


def test_only_the_latest_drafts_are_stored(jobs, sources):
    key = jobs.new_key()
    drafts = [jobs.prepare(key, sources[:2], BASE).id for _ in range(5)]
    assert [job.id for job in jobs._database.select()] == drafts[-3:]
    assert not jobs._database.job_folder(drafts[0]).exists()


def test_a_draft_is_counted_and_discarded(jobs, start_job, sources):
    key, other = jobs.new_key(), jobs.new_key()
    draft, job = jobs.prepare(key, sources, BASE).id, start_job(jobs, key)
    size = housekeeping.size_of(jobs._database.job_folder(draft))
    assert jobs.prepared(key) == (12, size)
    assert jobs.prepared(other) == (0, 0)
    for whose, which in ((other, draft), (key, job)):
        with pytest.raises(NotFound):
            jobs.discard(whose, which)
    assert {row.id for row in jobs._database.select()} == {draft, job}
    jobs.discard(key, draft)
    assert jobs.prepared(key) == (0, 0)
    assert not jobs._database.job_folder(draft).exists()


def test_all_jobs_are_listed_the_newest_first(jobs, start_job):
    key = jobs.new_key()
    made = [start_job(jobs, key) for _ in range(3)]
    assert [status.id for status in jobs.list(key)] == made[::-1]


def test_a_waiting_job_is_paused_stopped_and_resumed_at_once(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key)
    for act, state in (
        ("pause", "paused"),
        ("resume", "queued"),
        ("stop", "stopped"),
        ("resume", "queued"),
        ("pause", "paused"),
        ("stop", "stopped"),
        ("stop", "stopped"),
    ):
        getattr(jobs, act)(key, job)
        assert jobs.status(key, job).state == state


def test_a_finished_job_can_be_neither_stopped_nor_resumed(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key)
    jobs._database.change(job, state="finished")
    with pytest.raises(JobError, match="start a new one"):
        jobs.resume(key, job)
    with pytest.raises(JobError, match="finished already"):
        jobs.stop(key, job)


def test_delete_everything_says_what_went_and_nothing_is_left(jobs, start_job, sources):
    key, other = jobs.new_key(), jobs.new_key()
    mine = [start_job(jobs, key), start_job(jobs, key)]
    theirs = start_job(jobs, other)
    jobs.prepare(key, sources[:3], BASE)
    size = sum(housekeeping.size_of(jobs._database.job_folder(job)) for job in mine)
    deleted = jobs.delete_everything(key)
    assert (deleted.jobs, deleted.pictures) == (2, 27)
    assert deleted.num_bytes > size
    assert jobs.list(key) == []
    folders = [path.name for path in jobs._database.folder.iterdir() if path.is_dir()]
    assert folders == [theirs]
    assert jobs.delete_everything(key) == dataclasses.replace(
        deleted, jobs=0, pictures=0, num_bytes=0
    )


def test_a_deleted_job_is_gone(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key)
    assert jobs.delete(key, job).pictures == 12
    with pytest.raises(NotFound):
        jobs.status(key, job)


def test_nothing_is_written_outside_the_jobs_folder(jobs, tmp_path, sources):
    evil = tmp_path / "evil.zip"
    with zipfile.ZipFile(evil, "w") as archive:
        for number, path in enumerate(sources):
            archive.write(path, f"../../../{number}.png")
            archive.write(path, f"/tmp/ganvas-evil-{number}.png")
    before = files_under(tmp_path)
    key = jobs.new_key()
    job, verdicts = jobs.start(key, [evil], BASE)
    new = files_under(tmp_path) - before
    folder = jobs._database.job_folder(job)
    outside = {path for path in new if folder not in path.parents}
    assert {path.name.partition("-")[0] for path in outside} <= {"jobs.sqlite", "worker", "reserve"}
    assert {path.parent for path in outside} == {jobs._database.folder}
    assert not list(Path("/tmp").glob("ganvas-evil-*"))
    assert jobs.status(key, job).num_pictures == 12
    assert len(verdicts) == 24


def test_models_of_visitors_are_not_in_the_list_of_models(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key)
    path = jobs._database.job_folder(job) / "run" / "generator.safetensors"
    path.parent.mkdir()
    path.write_bytes((jobs._database.folder.parent / "models" / f"{BASE}.safetensors").read_bytes())
    assert jobs.generator(key, job) == path
    assert not [spec for spec in list_models() if job in str(spec.source)]


def test_the_status_has_progress_and_files(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key)
    run = jobs._database.job_folder(job) / "run"
    for folder, suffix in (("sheets", "png"), ("raw", "png"), ("snapshots", "safetensors")):
        (run / folder).mkdir(parents=True)
        for step in (5, 10):
            Image.new("RGB", (8, 8)).save(run / folder / f"{step:07d}.{suffix}", "PNG")
        (run / folder / f"0000011.123.part.{suffix}").touch()  # half written
    (run / "metrics.csv").write_text("step,kid_effl0\n5,0.5\n10,0.25\n11,0.")
    (run / "health.json").write_text('{"state": "learning", "sentence": "Learning."}')
    (run / "curves.png").touch()
    jobs._database.change(
        job, state="running", slot=0, step=10, kimg=0.02, images_per_second=4.0, eta_seconds=5.0
    )
    status = jobs.status(key, job)
    assert [path.stem for path in status.sheets] == ["0000005", "0000010"]
    assert len(status.raw_sheets) == 2
    assert status.snapshots == (5, 10)
    assert status.latest_metrics == {"step": 10, "kid_effl0": 0.25}
    assert (status.health.state, status.health.sentence) == ("learning", "Learning.")
    assert (status.step, status.eta_seconds, status.images_per_second) == (10, 5.0, 4.0)
    assert status.curves == run / "curves.png"
    assert status.nearest is None
    assert jobs.generator(key, job).stem == "0000010"
    assert jobs.generator(key, job, 5).stem == "0000005"
    with pytest.raises(JobError, match="no snapshot of step 7"):
        jobs.generator(key, job, 7)


def test_a_job_without_a_generator_says_so(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key)
    with pytest.raises(JobError, match="no generator yet"):
        jobs.generator(key, job)


def test_leftovers_expire(jobs, start_job, sources):
    key = jobs.new_key()
    draft = jobs.prepare(key, sources, BASE).id
    paused, finished, recent = start_job(jobs, key), start_job(jobs, key), start_job(jobs, key)
    day = 86400
    for job, changes in (
        (draft, {"created": time.time() - 3700}),
        (paused, {"state": "paused", "touched": time.time() - 8 * day}),
        (finished, {"state": "finished", "touched": time.time() - 8 * day}),
        (recent, {"state": "paused", "touched": time.time() - 6 * day}),
    ):
        jobs._database.change(job, **{"created": 1.0, **changes})
    stray = jobs._database.folder / "0123456789abcdef"
    stray.mkdir()
    os.utime(stray, (1, 1))
    housekeeping.sweep(jobs._database, Quotas())
    assert {job.id for job in jobs._database.select()} == {finished, recent}
    assert not stray.exists()
    assert not jobs._database.job_folder(paused).exists()
    jobs._database.change(finished, touched=time.time() - 31 * day)
    housekeeping.sweep(jobs._database, Quotas())
    assert {job.id for job in jobs._database.select()} == {recent}


def test_leftovers_expire_though_nothing_waits_or_runs(jobs, start_job, sources, monkeypatch):
    monkeypatch.setattr(housekeeping, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(housekeeping, "SWEEP_SECONDS", 0.02)
    jobs.start_housekeeping()
    wait_for(lambda: jobs._housekeeper._thread is None)
    key = jobs.new_key()
    draft, stopped = jobs.prepare(key, sources, BASE).id, start_job(jobs, key)
    jobs.stop(key, stopped)
    assert jobs._housekeeper._thread is not None
    for job in (draft, stopped):
        jobs._database.change(job, created=1.0, touched=1.0)
    wait_for(lambda: jobs._database.select() == [], seconds=20)
    assert not jobs._database.job_folder(draft).exists()
    wait_for(lambda: jobs._housekeeper._thread is None, seconds=20)


def test_a_new_job_wakes_the_housekeeper(jobs, start_job, sources, monkeypatch):
    key = jobs.new_key()
    jobs.prepare(key, sources, BASE)
    wait_for(lambda: not jobs._housekeeper._wake.is_set())
    tended = threading.Event()
    monkeypatch.setattr(jobs._housekeeper, "run_due_tasks", tended.set)
    job = start_job(jobs, key)
    tended.clear()
    jobs._housekeeper.start()
    assert tended.wait(20)
    assert jobs.status(key, job).state == "queued"


def test_accessing_a_job_delays_its_expiry(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key)
    jobs._database.change(job, state="paused", created=1.0, touched=2.0)
    jobs.status(key, job)
    assert jobs.status(key, job).expires > time.time() + 6.9 * 86400


def test_another_process_sees_the_same_jobs(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key)
    assert Jobs(engine="tests.jobs.engines:point").status(key, job).id == job


def test_bases_are_those_that_can_be_fine_tuned(jobs):
    ids = [spec.id for spec in jobs.bases()]
    assert BASE in ids
    assert "faces-64" not in ids
