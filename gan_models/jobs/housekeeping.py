"""What must happen though nobody asks: dead workers replaced, leftovers deleted."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from pathlib import Path

from gan_models.jobs.database import JobDatabase, next_in_turn, unfinished
from gan_models.jobs.processes import end_worker, free_slot, start_worker
from gan_models.jobs.quotas import Quotas
from gan_models.jobs.records import Job, JobError

log = logging.getLogger(__name__)

DRAFT_SECONDS = 3600.0
POLL_SECONDS = 5.0
SWEEP_SECONDS = 600.0
SILENT_SECONDS = 120.0  # a worker beats every few; one that is silent so long hangs
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
    """The running jobs that belong to a slot, or to none that there is any more."""
    return [j for j in jobs if j.state == "running" and (j.slot == slot or j.slot >= num_slots)]


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
    """Delete all files of a job, then forget it.

    Raises:
        JobError: a file cannot be deleted; the row stays, so that it is tried again.
    """
    folder = database.job_folder(job_id)
    for _ in range(5):  # a file may come or go meanwhile
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
    """When a job goes if its owner does not ask for it any more, in seconds since 1970."""
    if job.state == "draft":
        return job.created + DRAFT_SECONDS
    days = quotas.finished_days if job.state == "finished" else quotas.unfinished_days
    return max(job.touched, job.created) + days * 86400


def sweep(database: JobDatabase, quotas: Quotas) -> None:
    """Delete what has expired, folders without a row, and rows whose deletion was cut short."""
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
    """A thread that tends the jobs as long as there are any, so that no visitor need look.

    While none waits or runs it only sweeps now and then, so that leftovers expire.
    """

    def __init__(self, database: JobDatabase, quotas: Quotas, engine: str) -> None:
        self._database, self._quotas, self._engine = database, quotas, engine
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._beats: dict[int, tuple[float, float]] = {}  # slot -> last beat, when first seen

    def start(self) -> None:
        """Tend at once, and now and then from now on."""
        self._news.set()
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="jobs")
                self._thread.start()

    def run_due_tasks(self) -> None:
        """Replace workers that died or hang."""
        self._end_silent()
        ensure_workers(self._database, self._quotas.at_once, self._engine)

    def _run(self) -> None:
        sweep_due = time.monotonic()
        while True:
            self._news.clear()
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
            except (JobError, OSError):  # a full disk, perhaps; it may have room again later
                log.exception("The jobs could not be tended.")
            self._news.wait(pause)

    def _has(self, condition: str) -> bool:
        return self._database.exists and bool(self._database.select(condition))

    def _end_silent(self) -> None:
        """End a worker whose beat has stood still on this process's own clock.

        Not by the time of day: after a machine has slept, every beat is old.
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
