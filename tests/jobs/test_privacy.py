"""No access to jobs without the key."""

from __future__ import annotations

import inspect
import os
import stat

import pytest

from gan_models.jobs import Jobs, NotFound
from gan_models.jobs.queue import owner_of
from tests.jobs.conftest import BASE

ARGUMENTS = {
    "sources": [],
    "base": BASE,
    "resolution": 16,
    "repo": "me/mine",
    "token": "hf_x",
}
WITH_KEY = [
    name
    for name, method in inspect.getmembers(Jobs, inspect.isfunction)
    if not name.startswith("_") and {"job", "draft"} & {*inspect.signature(method).parameters}
]


def call(jobs, name, key, job):
    method = getattr(jobs, name)
    wanted = inspect.signature(method).parameters
    given = {name: value for name, value in ARGUMENTS.items() if name in wanted}
    return method(key, job, **given)


def test_every_way_to_a_job_is_tried():
    assert {"status", "generator", "film", "card", "delete", "stop", "preview"} <= {*WITH_KEY}


@pytest.mark.parametrize("name", WITH_KEY)
def test_another_visitors_job_looks_like_none_at_all(jobs, start_job, sources, name):
    owner, stranger = jobs.new_key(), jobs.new_key()
    job = start_job(jobs, owner)
    if name in ("preview", "launch"):
        job = jobs.prepare(owner, sources, BASE).id
    answers = []
    for key, asked in ((stranger, job), (stranger, "0123456789abcdef"), (stranger, "../" + job)):
        with pytest.raises(NotFound) as caught:
            call(jobs, name, key, asked)
        answers.append(str(caught.value))
    assert len({*answers}) == 1
    assert jobs._database.find(job).requested_state == ""


@pytest.mark.parametrize("key", ["", "a", "../..", "' OR 1=1 --", "*" * 43, None, 7, b"x" * 43])
def test_what_is_no_key_opens_nothing(jobs, start_job, key):
    job = start_job(jobs, jobs.new_key())
    for name in ("status", "stop", "delete"):
        with pytest.raises(NotFound):
            call(jobs, name, key, job)
    for act in (jobs.list, jobs.delete_everything):
        with pytest.raises(NotFound):
            act(key)


def test_the_stored_hash_is_no_key(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key)
    for stored in (owner_of(key), owner_of(key)[:43]):
        with pytest.raises(NotFound):
            jobs.status(stored, job)


def test_a_stranger_lists_and_deletes_nothing(jobs, start_job):
    owner, stranger = jobs.new_key(), jobs.new_key()
    job = start_job(jobs, owner)
    assert jobs.list(stranger) == []
    assert jobs.delete_everything(stranger).jobs == 0
    assert jobs.status(owner, job).state == "queued"


def test_the_key_is_stored_nowhere(jobs, start_job, home):
    key = jobs.new_key()
    start_job(jobs, key)
    jobs.list(key)
    files = [path for path in home.rglob("*") if path.is_file()]
    assert any(owner_of(key).encode() in path.read_bytes() for path in files)
    assert not [path for path in files if key.encode() in path.read_bytes()]


def test_keys_are_long_and_never_twice_the_same():
    keys = {Jobs.new_key() for _ in range(1000)}
    assert len(keys) == 1000
    assert {len(key) for key in keys} == {43}


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_other_users_of_the_machine_may_not_look_into_the_folder(jobs, start_job):
    start_job(jobs, jobs.new_key())
    assert stat.S_IMODE(jobs._database.folder.stat().st_mode) == 0o700
