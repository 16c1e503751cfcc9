"""The order of the queue, the database and the quotas."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace

import pytest

from gan_models.jobs import JobError, Jobs, Quotas
from gan_models.jobs.database import JobDatabase, fair_order, next_in_turn
from gan_models.jobs.records import Job
from gan_models.jobs.submission import seconds_left
from tests.jobs import engines
from tests.jobs.conftest import BASE


def row(name, owner, queued, state="queued"):
    return Job(name, owner, "", "", state=state, created=queued, queued=queued)


def order(*rows):
    return "".join(job.id for job in fair_order(rows))


def test_first_jobs_come_before_second_ones_however_late():
    rows = [row("a", "ann", 1), row("b", "ann", 2), row("c", "ann", 3), row("d", "ben", 4)]
    assert order(*rows) == "adbc"


def test_a_running_job_counts_as_its_owners_first():
    rows = [row("r", "ann", 0, "running"), row("a", "ann", 1), row("b", "ben", 2)]
    assert order(*rows) == "ba"


def test_a_visitor_has_one_running_job_at_most():
    rows = [row("r", "ann", 0, "running"), row("a", "ann", 1)]
    assert next_in_turn(rows) is None
    assert next_in_turn([*rows, row("b", "ben", 2)]).id == "b"


def test_jobs_of_one_visitor_stay_in_order_after_an_interruption():
    first = replace(row("a", "ann", 1), queued=9)  # its turn was over
    assert order(first, row("b", "ann", 2), row("c", "ben", 5)) == "cab"


def test_places_are_counted_over_all_visitors(jobs, start_job):
    ann, ben = jobs.new_key(), jobs.new_key()
    a, b, c = start_job(jobs, ann), start_job(jobs, ann), start_job(jobs, ben)
    assert [jobs.status(ann, a).place, jobs.status(ann, b).place] == [1, 3]
    assert jobs.status(ben, c).place == 2


def test_many_threads_write_without_losing_a_row(tmp_path):
    store = JobDatabase(tmp_path / "jobs")
    threads = [
        threading.Thread(target=lambda n=n: [store.add(row(f"{n}-{i}", "x", i)) for i in range(20)])
        for n in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.select()) == 100


def test_a_damaged_database_raises_a_message(tmp_path):
    (tmp_path / "jobs.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(JobError, match=r"cannot be used.*try again"):
        JobDatabase(tmp_path).select()


@pytest.fixture
def full(monkeypatch):
    """Simulate a full disk: the database cannot grow while the reserve file exists."""

    def fill(store):
        connect = store._connect

        def narrow():
            db = connect()
            if store._reserve.exists():
                db.execute("PRAGMA max_page_count = 1")  # SQLite makes it what there is
            return db

        monkeypatch.setattr(store, "_connect", narrow)

    return fill


def test_on_a_full_disk_the_reserve_makes_room_for_how_a_job_ended(tmp_path, full):
    store = JobDatabase(tmp_path / "jobs")
    store.add(row("a", "ann", 1, "running"))
    full(store)
    assert store.change("a", state="failed", message="The disk is full. " * 2000)
    assert store.find("a").state == "failed"
    assert not store._reserve.exists()
    store.keep_reserve()
    assert store._reserve.stat().st_size == 1 << 19


def test_without_a_reserve_a_full_disk_raises_a_message(tmp_path, full):
    store = JobDatabase(tmp_path / "jobs")
    store.add(row("a", "ann", 1))
    full(store)
    with pytest.raises(JobError, match=r"full\): check that the disk .* and try again"):
        store.add(row("b" * 100_000, "ann", 2))
    assert store.select() != []


def test_the_database_is_created_again_after_its_folder_was_deleted(tmp_path):
    store = JobDatabase(tmp_path / "jobs")
    store.add(row("a", "ann", 1))
    shutil.rmtree(store.folder)
    assert store.select() == []
    store.add(row("b", "ann", 2))
    assert [job.id for job in store.select()] == ["b"]


@pytest.mark.parametrize(
    ("quotas", "sentence"),
    [
        ({"waiting": 1}, "1 of your jobs wait or run already"),
        ({"jobs": 1}, "You keep 1 jobs.*delete one"),
        ({"hours": 0.01}, "hours of training"),
        ({"gigabytes": 0.1}, "of your 0.1 GB"),
        ({"all_gigabytes": 0.1}, "no room for another job"),
        ({"free_gigabytes": 1e9}, "no room for another job"),
    ],
)
def test_a_reached_quota_raises_a_message(jobs, start_job, quotas, sentence):
    key = jobs.new_key()
    start_job(jobs, key)
    before = jobs._database.select()
    narrow = Jobs(quotas=replace(Quotas(), **quotas), engine=engines.POINT)
    with pytest.raises(JobError, match=sentence):
        start_job(narrow, key)
    assert jobs._database.select() == before


def test_the_queue_of_all_visitors_has_an_end(jobs, start_job):
    start_job(jobs, jobs.new_key())
    narrow = Jobs(quotas=Quotas(all_waiting=1), engine=engines.POINT)
    with pytest.raises(JobError, match="of all visitors; try again later"):
        start_job(narrow, narrow.new_key())


def test_several_drafts_do_not_get_round_the_number_of_jobs(jobs, sources):
    narrow = Jobs(quotas=Quotas(jobs=1), engine=engines.POINT)
    key = narrow.new_key()
    first, second = (narrow.prepare(key, sources, BASE).id for _ in range(2))
    narrow.launch(key, first)
    with pytest.raises(JobError, match="You keep 1 jobs"):
        narrow.launch(key, second)


def test_hours_that_were_trained_are_not_had_again(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key)
    jobs.stop(key, job)
    jobs._database.add_shift(jobs._database.find(job).owner, 4e9, 12 * 3600 - 60)
    with pytest.raises(JobError, match="You have 1 minutes left"):
        start_job(jobs, key)


def test_hours_that_waiting_jobs_will_need_are_not_had_again(jobs, start_job):
    key = jobs.new_key()
    first = start_job(jobs, key, seconds=3 * 3600)
    jobs._database.add_shift(jobs._database.find(first).owner, 4e9, 8 * 3600)
    with pytest.raises(JobError, match=r"You have 60 minutes left.*may need 180"):
        start_job(jobs, key, seconds=3 * 3600)
    start_job(jobs, key, seconds=3600)


def test_a_resumed_job_needs_only_what_is_left_of_it(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key, seconds=3 * 3600, kimg=100)
    jobs.pause(key, job)
    jobs._database.add_shift(jobs._database.find(job).owner, 4e9, 11.9 * 3600)
    with pytest.raises(JobError, match="You have 6 minutes left"):
        jobs.resume(key, job)
    jobs._database.change(job, kimg=99.0)
    jobs.resume(key, job)
    assert jobs.status(key, job).state == "queued"


def test_of_a_slow_job_no_more_is_left_than_its_time(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key, seconds=3 * 3600, kimg=100)
    jobs._database.change(job, kimg=10.0, images_per_second=1.0, eta_seconds=60.0)
    assert seconds_left(jobs._database.find(job)) == 60


def test_the_pictures_of_a_draft_count_when_it_is_launched(jobs, sources):
    narrow = Jobs(quotas=Quotas(gigabytes=0.301), engine=engines.POINT)
    key = narrow.new_key()
    draft = narrow.prepare(key, sources, BASE).id
    jobs._database.change(draft, num_bytes=2_000_000)
    with pytest.raises(JobError, match=r"these pictures take nearly all of your 0\.301 GB"):
        narrow.launch(key, draft)
    jobs._database.change(draft, num_bytes=500_000)
    narrow.launch(key, draft)


def test_more_pictures_than_allowed_are_refused_one_by_one(jobs, sources):
    narrow = Jobs(quotas=Quotas(pictures=10), engine=engines.POINT)
    draft = narrow.prepare(narrow.new_key(), sources, BASE)
    assert draft.num_taken == 10
    assert "10 pictures already" in draft.verdicts[-1].reason


def test_a_job_has_no_more_time_than_a_job_may_have(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key, seconds=86400 * 2)
    assert jobs.status(key, job).settings["seconds"] == 3 * 3600


def test_quotas_are_set_in_the_environment(monkeypatch):
    monkeypatch.setenv("GANVAS_QUOTA_JOBS", "3")
    monkeypatch.setenv("GANVAS_QUOTA_HOURS", "0.5")
    quotas = Quotas.from_environment()
    assert (quotas.jobs, quotas.hours, quotas.waiting) == (3, 0.5, Quotas().waiting)
    assert any("3 jobs" in sentence for sentence in quotas.sentences())


@pytest.mark.parametrize("value", ["many", "-1", "0", "nan", "inf", "2.5"])
def test_a_quota_that_is_no_number_is_refused(monkeypatch, value):
    monkeypatch.setenv("GANVAS_QUOTA_JOBS", value)
    with pytest.raises(JobError, match="GANVAS_QUOTA_JOBS is"):
        Quotas.from_environment()
