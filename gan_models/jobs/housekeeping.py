"""Background tasks: replace dead workers, delete expired jobs and files."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from pathlib import Path

from gan_models.cluster.settings import ClusterError
from gan_models.cluster.store import forget
from gan_models.jobs.database import JobDatabase, next_in_turn, unfinished
from gan_models.jobs.processes import end_worker, free_slot, start_worker
from gan_models.jobs.quotas import Quotas
from gan_models.jobs.records import Job, JobError

log = logging.getLogger(__name__)

DRAFT_SECONDS = 3600.0
POLL_SECONDS = 5.0
SWEEP_SECONDS = 600.0
SILENT_SECONDS = 120.0  # a worker beats every few seconds; without a beat for so long it hangs
_WORK = "state IN ('queued', 'running')"


def ensure_workers(database: JobDatabase, num_slots: int, engine: str) -> None:
    """Start a worker in each slot that has work and no living worker."""
    if not database.exists:
        return
    for slot in range(num_slots):
        with free_slot(database.folder, slot) as lock:
            if lock is None:
                continue
            apply_requests(database, slot, num_slots)
            if _has_work(database, slot, num_slots):
                database.beat(slot, start_worker(database.folder, slot, num_slots, engine, lock))


def orphans(jobs: list[Job], slot: int, num_slots: int) -> list[Job]:
    """The running jobs of a slot, and those of slots that do not exist any more."""
    running = [job for job in jobs if job.state == "running"]
    return [j for j in running if j.slot is None or j.slot == slot or j.slot >= num_slots]


def apply_requests(database: JobDatabase, slot: int, num_slots: int) -> None:
    """Apply requested states to jobs whose worker is dead; the caller holds the slot's lock."""
    for job in orphans(
        database.select("state = 'running' AND requested_state != ''"), slot, num_slots
    ):
        if job.requested_state == "deleted":
            erase(database, job.id)
        else:
            database.change(job.id, state=job.requested_state, requested_state="", slot=None)


def _has_work(database: JobDatabase, slot: int, num_slots: int) -> bool:
    with database.reading() as db:
        jobs = unfinished(db)
    return bool(orphans(jobs, slot, num_slots)) or next_in_turn(jobs) is not None


def erase(database: JobDatabase, job_id: str) -> None:
    """Delete all files of a job, in the store of a cluster, too; then its row.

    Raises:
        JobError: a file cannot be deleted; the row is kept, for another try.
    """
    try:
        forget(job_id)
    except ClusterError as error:
        raise JobError(str(error)) from error
    folder = database.job_folder(job_id)
    for _ in range(5):  # files may appear or disappear meanwhile
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise JobError("Some files of this job could not be deleted; try again in a moment.")
    database.remove(job_id)


def size_of(folder: Path) -> int:
    """The bytes of all files in a folder."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except FileNotFoundError:  # replaced meanwhile
            continue
    return total


def expires(job: Job, quotas: Quotas) -> float:
    """When a job is deleted unless its owner accesses it, in seconds since 1970."""
    if job.state == "draft":
        return job.created + DRAFT_SECONDS
    days = quotas.finished_days if job.state == "finished" else quotas.unfinished_days
    return max(job.touched, job.created) + days * 86400


def sweep(database: JobDatabase, quotas: Quotas) -> None:
    """Delete expired jobs, folders without a row, and rows whose deletion was interrupted."""
    if not database.exists:
        return
    database.keep_reserve()
    now = time.time()
    for job in database.select("state != 'running'"):
        if job.requested_state == "deleted" or now > expires(job, quotas):
            erase(database, job.id)
    known = {job.id for job in database.select()}
    for folder in database.folder.iterdir():
        is_unknown = folder.is_dir() and folder.name not in known
        if is_unknown and now - folder.stat().st_mtime > DRAFT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


class Housekeeper:
    """A thread that replaces dead workers and deletes expired jobs while there are any jobs.

    While none is queued or running it only sweeps, every `SWEEP_SECONDS`.
    """

    def __init__(self, database: JobDatabase, quotas: Quotas, engine: str) -> None:
        self._database, self._quotas, self._engine = database, quotas, engine
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._beats: dict[int, tuple[float, float]] = {}  # slot -> last beat, when first seen

    def start(self) -> None:
        """Start the thread, or wake it."""
        self._wake.set()
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="jobs")
                self._thread.start()

    def run_due_tasks(self) -> None:
        """Replace workers that are dead or hang."""
        self._end_silent()
        ensure_workers(self._database, self._quotas.at_once, self._engine)

    def _run(self) -> None:
        sweep_due = time.monotonic()
        while True:
            self._wake.clear()
            pause = POLL_SECONDS
            try:
                if time.monotonic() >= sweep_due:
                    sweep_due = time.monotonic() + SWEEP_SECONDS
                    sweep(self._database, self._quotas)
                if self._has(_WORK):
                    self.run_due_tasks()
                else:
                    pause = SWEEP_SECONDS
                with self._lock:
                    if not self._has("1"):
                        self._thread = None
                        return
            except (JobError, OSError):  # perhaps a full disk, which may have space later
                log.exception("Housekeeping of the jobs failed.")
            self._wake.wait(pause)

    def _has(self, condition: str) -> bool:
        return self._database.exists and bool(self._database.select(condition))

    def _end_silent(self) -> None:
        """End workers without a new beat for `SILENT_SECONDS` of this process's monotonic clock.

        Not by the time of day: after the machine was suspended, every beat is old.
        """
        for slot in range(self._quotas.at_once):
            found = self._database.worker(slot)
            if found is None:
                continue
            pid, beat = found
            seen, since = self._beats.get(slot, (0.0, 0.0))
            if beat != seen:
                self._beats[slot] = (beat, time.monotonic())
            elif time.monotonic() - since > SILENT_SECONDS:
                with free_slot(self._database.folder, slot) as lock:
                    if lock is None:
                        end_worker(pid)
