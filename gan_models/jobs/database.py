"""The SQLite file (WAL) with the rows of all jobs, shared by the page and the workers."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, TypeVar

from gan_models.jobs.records import UNFINISHED, Job, JobError

T = TypeVar("T")
VERSION = 2
_RENAMED_IN_2 = {"wish": "requested_state", "deaths": "num_crashes", "furthest": "max_step"}
_RESERVE_BYTES = 1 << 19
_KINDS = {"str": "TEXT", "RowState": "TEXT", "RequestedState": "TEXT"}
_KINDS |= {"int": "INTEGER", "int | None": "INTEGER", "float": "REAL"}
_COLUMNS = {field.name: _KINDS[str(field.type)] for field in fields(Job)}
_TABLES = (
    f"CREATE TABLE IF NOT EXISTS jobs ({', '.join(f'{n} {k}' for n, k in _COLUMNS.items())}, "
    "PRIMARY KEY (id))",
    # the worker of each slot and its last heartbeat
    "CREATE TABLE IF NOT EXISTS workers (slot INTEGER PRIMARY KEY, pid INTEGER, beat REAL)",
    # training times, for the quota of hours of a visitor
    "CREATE TABLE IF NOT EXISTS shifts (owner TEXT, began REAL, seconds REAL)",
)


class JobDatabase:
    """Reads and writes rows; any number of processes and threads may use the file.

    Raises (all methods):
        JobError: the file cannot be written or is no SQLite file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / "jobs.sqlite"
        self._reserve = folder / "reserve"
        self._holder: sqlite3.Connection | None = None

    @property
    def exists(self) -> bool:
        """Whether the file exists: whether there ever was a job."""
        return self._path.exists()

    def job_folder(self, job_id: str) -> Path:
        """The folder of all files of a job."""
        return self.folder / job_id

    def add(self, job: Job) -> None:
        """Insert a new row."""
        values = asdict(job)
        marks = ", ".join("?" * len(values))
        with self.writing() as db:
            db.execute(
                f"INSERT INTO jobs ({', '.join(values)}) VALUES ({marks})", [*values.values()]
            )

    def find(self, job_id: str, owner: str | None = None) -> Job | None:
        """A job by id; with `owner`, only if it belongs to that owner."""
        found = self.select("id = ? AND (? IS NULL OR owner = ?)", job_id, owner, owner)
        return found[0] if found else None

    def select(self, condition: str = "1", *values: Any) -> list[Job]:
        """The jobs that fulfil an SQL condition, the oldest first."""
        with self.reading() as db:
            return select(db, condition, *values)

    def change(self, job_id: str, condition: str = "1", /, **changes: Any) -> bool:
        """Change columns of a row if the condition holds; return whether it did."""
        return self._write(lambda db: change(db, job_id, condition, **changes))

    def remove(self, job_id: str) -> None:
        """Delete a row."""
        self._write(lambda db: db.execute("DELETE FROM jobs WHERE id = ?", [job_id]))

    def beat(self, slot: int, pid: int) -> None:
        """Store a heartbeat of the worker of a slot."""
        with self.writing() as db:
            db.execute("INSERT OR REPLACE INTO workers VALUES (?, ?, ?)", [slot, pid, time.time()])

    def worker(self, slot: int) -> tuple[int, float] | None:
        """Process id and last heartbeat of the worker of a slot."""
        with self.reading() as db:
            row = db.execute("SELECT pid, beat FROM workers WHERE slot = ?", [slot]).fetchone()
        return None if row is None else (row["pid"], row["beat"])

    def add_shift(self, owner: str, started: float, seconds: float) -> None:
        """The function `add_shift` in a transaction of its own."""
        with self.writing() as db:
            add_shift(db, owner, started, seconds)

    def forget_shifts(self, owner: str) -> None:
        """Delete the training times of a visitor."""
        with self.writing() as db:
            db.execute("DELETE FROM shifts WHERE owner = ?", [owner])

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection for several queries."""
        with self._open() as db:
            yield db

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """An exclusive write transaction."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                if db.in_transaction:  # on a full disk SQLite has rolled back by itself
                    db.execute("ROLLBACK")
                raise
            db.execute("COMMIT")

    def _write(self, action: Callable[[sqlite3.Connection], T]) -> T:
        """Run `action` in a transaction; on a full disk retry with the space of the reserve."""
        had_reserve = self._reserve.exists()
        try:
            with self.writing() as db:
                return action(db)
        except JobError:
            if not had_reserve or self._reserve.exists():
                raise
            with self.writing() as db:
                return action(db)

    def keep_reserve(self) -> None:
        """Reserve disk space, so that a full disk that ends a job can still be reported."""
        with contextlib.suppress(OSError):
            if not self._reserve.exists():
                self._reserve.write_bytes(bytes(_RESERVE_BYTES))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            if self._holder is None or not self._path.exists():  # it may have been deleted
                self._initialise()
            with closing(self._connect()) as db:
                yield db
        except (sqlite3.DatabaseError, OSError) as error:
            if "full" in str(error) or getattr(error, "errno", 0) == errno.ENOSPC:
                self._reserve.unlink(missing_ok=True)  # space for the next try
            raise JobError(
                f"The list of jobs cannot be used ({error}): check that the disk that holds "
                "GANVAS_HOME has space and may be written, and try again."
            ) from error

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=20, isolation_level=None, check_same_thread=False)
        db.row_factory = sqlite3.Row
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA secure_delete = ON")  # overwrite deleted data
        db.execute("PRAGMA wal_autocheckpoint = 64")  # pages: the log stays within the reserve
        return db

    def _initialise(self) -> None:
        """Make folder and tables, and keep one connection open.

        Closing the last connection deletes the files of WAL; on a full disk they could not be made
        again, and even reading would fail.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)  # it holds pictures of visitors
        db = self._connect()
        try:
            _set_up(db)
        except BaseException:
            db.close()
            raise
        self._holder = db
        self.keep_reserve()


def _set_up(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode = WAL")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise JobError("The list of jobs was written by a newer Ganvas; update this one.")
    db.execute("BEGIN IMMEDIATE")
    for table in _TABLES:
        db.execute(table)
    _migrate(db)
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")


def _migrate(db: sqlite3.Connection) -> None:
    """Rename the columns of a file of version 1."""
    columns = {row["name"] for row in db.execute("PRAGMA table_info(jobs)")}
    for old, new in _RENAMED_IN_2.items():
        if old in columns:
            db.execute(f"ALTER TABLE jobs RENAME COLUMN {old} TO {new}")


def select(db: sqlite3.Connection, condition: str, *values: Any) -> list[Job]:
    """The jobs that fulfil an SQL condition, the oldest first."""
    rows = db.execute(f"SELECT * FROM jobs WHERE {condition} ORDER BY created, id", values)
    return [Job(**row) for row in rows]


def change(db: sqlite3.Connection, job_id: str, condition: str = "1", /, **changes: Any) -> bool:
    """Change columns of a row if the condition holds; return whether it did."""
    setters = ", ".join(f"{name} = ?" for name in changes)
    query = f"UPDATE jobs SET {setters} WHERE id = ? AND ({condition})"
    return db.execute(query, [*changes.values(), job_id]).rowcount > 0


def add_shift(db: sqlite3.Connection, owner: str, started: float, seconds: float) -> None:
    """Store how long a visitor's job has trained since it started; delete times before a day."""
    query = "DELETE FROM shifts WHERE began < ? OR (owner = ? AND began = ?)"
    db.execute(query, [time.time() - 86400, owner, started])
    db.execute("INSERT INTO shifts VALUES (?, ?, ?)", [owner, started, seconds])


def seconds_spent(db: sqlite3.Connection, owner: str) -> float:
    """How long a visitor's jobs have trained in the last 24 hours."""
    query = "SELECT SUM(seconds) AS total FROM shifts WHERE owner = ? AND began > ?"
    return db.execute(query, [owner, time.time() - 86400]).fetchone()["total"] or 0.0


def fair_order(jobs: Sequence[Job]) -> list[Job]:
    """The queued jobs in the order in which they run.

    The first job of every owner comes before the second of any; a running one counts as the first.
    Among first ones, the one that has waited longest comes first.
    """
    turns = Counter(job.owner for job in jobs if job.state == "running")
    ranked = []
    for job in sorted((j for j in jobs if j.state == "queued"), key=lambda j: (j.created, j.id)):
        ranked.append((turns[job.owner], job.queued, job.id, job))
        turns[job.owner] += 1
    return [job for *_, job in sorted(ranked, key=lambda entry: entry[:3])]


def next_in_turn(jobs: Sequence[Job]) -> Job | None:
    """The queued job to run next: the first in order whose owner has none running."""
    busy = {job.owner for job in jobs if job.state == "running"}
    return next((job for job in fair_order(jobs) if job.owner not in busy), None)


def unfinished(db: sqlite3.Connection) -> list[Job]:
    """All queued and running jobs."""
    return select(db, f"state IN ({', '.join('?' * len(UNFINISHED))})", *UNFINISHED)
