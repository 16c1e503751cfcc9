"""Databases of earlier versions."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict

from gan_models.jobs import Jobs
from gan_models.jobs.database import VERSION
from gan_models.jobs.queue import owner_of
from gan_models.jobs.records import Job
from tests.jobs import engines

OLD_NAMES = {"requested_state": "wish", "num_crashes": "deaths", "max_step": "furthest"}


def write_version_1(path, job):
    """The file as version 1 wrote it: three columns had other names."""
    row = {OLD_NAMES.get(name, name): value for name, value in asdict(job).items()}
    kinds = {str: "TEXT", int: "INTEGER", float: "REAL"}
    columns = ", ".join(f"{name} {kinds.get(type(x), 'INTEGER')}" for name, x in row.items())
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as db:
        db.execute(f"CREATE TABLE jobs ({columns}, PRIMARY KEY (id))")
        db.execute("CREATE TABLE workers (slot INTEGER PRIMARY KEY, pid INTEGER, beat REAL)")
        db.execute("CREATE TABLE shifts (owner TEXT, began REAL, seconds REAL)")
        marks = ", ".join("?" * len(row))
        db.execute(f"INSERT INTO jobs ({', '.join(row)}) VALUES ({marks})", [*row.values()])
        db.execute("PRAGMA user_version = 1")
    db.close()


def test_a_file_of_version_1_is_migrated(home):
    key, path = Jobs.new_key(), home / "jobs" / "jobs.sqlite"
    job = Job(
        id="a" * 16,
        owner=owner_of(key),
        title="Garden",
        base="own-tiny",
        state="paused",
        step=30,
        kimg=0.5,
        total_kimg=5.0,
        num_crashes=2,
        max_step=40,
        touched=4e9,
        created=4e9,
    )
    write_version_1(path, job)
    for _ in range(2):  # the second time it is migrated already
        jobs = Jobs(engine=engines.POINT)
        status = jobs.status(key, job.id)
        assert (status.state, status.step, status.title) == ("paused", 30, "Garden")
        stored = jobs._database.find(job.id)
        assert (stored.num_crashes, stored.max_step, stored.requested_state) == (2, 40, "")
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone()[0] == VERSION
    db.close()
