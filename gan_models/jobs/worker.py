"""The worker process: `python -m gan_models.jobs.worker`, started by `processes.start_worker`.

Each job runs in a new process, so that leaked memory or a lost device affects no other job.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_models.jobs.database import JobDatabase, add_shift, change, next_in_turn, unfinished
from gan_models.jobs.housekeeping import (
    apply_requests,
    ensure_workers,
    erase,
    orphans,
    size_of,
    sweep,
)
from gan_models.jobs.job_folder import PICTURES, RUN
from gan_models.jobs.processes import arguments, lock_slot
from gan_models.jobs.quotas import Quotas
from gan_models.jobs.records import Job, JobError, RequestedState

if TYPE_CHECKING:
    from gan_models.training.loop import Outcome, Progress

log = logging.getLogger(__name__)

AUTOGROUP = Path("/proc/self/autogroup")
BEAT_SECONDS = 3.0
REPORT_SECONDS = 0.5
LINGER_SECONDS = 5.0  # a worker waits so long for another job before it ends
MAX_CRASHES = 15  # of workers at one step of a job; then the job fails


class Worker:
    """The worker of one slot, in one process."""

    def __init__(self, database: JobDatabase, slot: int, num_slots: int, engine: str) -> None:
        self.database, self.slot, self.num_slots, self.engine = database, slot, num_slots, engine
        self.quotas = Quotas.from_environment()
        self.is_interrupted = False

    def work(self) -> bool:
        """Run one job, if one is queued in time; return whether to look for another."""
        threading.Thread(target=self._beat, daemon=True).start()
        sweep(self.database, self.quotas)
        deadline = time.monotonic() + LINGER_SECONDS
        while (job := self._take()) is None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.2)
        return self._train(job)

    def _beat(self) -> None:
        while True:
            try:
                self.database.beat(self.slot, os.getpid())
            except JobError:  # perhaps a full disk; the next beat may succeed
                log.exception("no beat")
            time.sleep(BEAT_SECONDS)

    def _take(self) -> Job | None:
        """The job to run now: one of a dead worker, else the next in turn; None: there is none."""
        apply_requests(self.database, self.slot, self.num_slots)
        with self.database.writing() as db:
            jobs = unfinished(db)
            for job in orphans(jobs, self.slot, self.num_slots):
                if job.num_crashes < MAX_CRASHES:
                    change(db, job.id, slot=self.slot, num_crashes=job.num_crashes + 1)
                    return job
                change(db, job.id, state="failed", slot=None, message=_crash_message(job))
            job = next_in_turn(jobs)
            if job is not None:
                change(db, job.id, state="running", slot=self.slot)
            return job

    def _train(self, job: Job) -> bool:
        """Run a job and store how it ended; return whether to look for another."""
        report = JobReporter(self.database, job, self.quotas)
        ending: dict[str, Any]
        try:
            outcome = self._run_engine(job, report)
        except Exception as error:  # any failure is reported to the owner
            ending = {
                "state": "failed",
                "message": message_of(error, self.database.job_folder(job.id)),
            }
            log.exception("job %s failed", job.id)
        else:
            ending = report.ending(outcome)
        persist(
            lambda: self.database.add_shift(job.owner, report.started, time.time() - report.started)
        )
        persist(lambda: self._finish(job.id, ending))
        self.is_interrupted = report.is_interrupted(ending)
        return not self.is_interrupted

    def _run_engine(self, job: Job, report: JobReporter) -> Outcome:
        from gan_models.finetuning.settings import FinetuneSettings
        from gan_models.training.errors import explain_failures

        module, _, name = self.engine.partition(":")
        train = getattr(importlib.import_module(module), name)
        folder = self.database.job_folder(job.id)
        settings = FinetuneSettings.from_dict(json.loads(job.settings))
        with explain_failures(folder):
            return train(
                job.base,
                folder / PICTURES,
                folder / RUN,
                settings,
                resume=True,
                callback=report,
            )

    def _finish(self, job_id: str, ending: dict[str, Any]) -> None:
        """Store how a job ended; a state that its owner has requested takes precedence."""
        num_bytes = size_of(self.database.job_folder(job_id))
        with self.database.writing() as db:
            row = next((job for job in unfinished(db) if job.id == job_id), None)
            if row is not None and row.requested_state != "deleted":
                if ending["state"] in ("paused", "stopped", "queued"):
                    ending = ending | {"state": row.requested_state or "queued"}
                change(db, job_id, slot=None, requested_state="", num_bytes=num_bytes, **ending)
                return
        erase(self.database, job_id)


class JobReporter:
    """The callback of a run: stores its progress; ends it on request or when its turn is over."""

    def __init__(self, database: JobDatabase, job: Job, quotas: Quotas) -> None:
        self.database, self.job_id, self.max_step = database, job.id, job.max_step
        self.owner, self.started = job.owner, time.time()
        self.requested_state: RequestedState = ""
        self.yielded = False
        self.due = 0.0
        self.slice_ends = time.monotonic() + quotas.slice_minutes * 60

    def __call__(self, progress: Progress) -> bool:
        """Store the progress of a step; False ends the run after a snapshot."""
        now = time.monotonic()
        if now >= self.due or progress.message:
            self.due = now + REPORT_SECONDS
            try:
                self._write_progress(progress)
            except JobError:  # training goes on where its row cannot be written
                log.exception("no report")
        return not (self.requested_state or self.yielded)

    def _write_progress(self, progress: Progress) -> None:
        news: dict[str, Any] = {
            "step": progress.step,
            "kimg": progress.kimg,
            "total_kimg": progress.total_kimg,
            "images_per_second": progress.images_per_second,
            "eta_seconds": min(progress.eta_seconds, 1e9),
        }
        if progress.step > self.max_step:
            self.max_step = progress.step
            news |= {"max_step": progress.step, "num_crashes": 0}
        if progress.message:
            news["message"] = progress.message
        with self.database.writing() as db:
            add_shift(db, self.owner, self.started, time.time() - self.started)
            change(db, self.job_id, **news)
            rows = unfinished(db)
        row = next((job for job in rows if job.id == self.job_id), None)
        self.requested_state = "deleted" if row is None else row.requested_state
        if row is not None and time.monotonic() > self.slice_ends:
            others = [job for job in rows if job.owner != row.owner]
            self.yielded = next_in_turn(others) is not None

    def ending(self, outcome: Outcome) -> dict[str, Any]:
        """The changes to the row after a run that did not fail."""
        news: dict[str, Any] = {"step": outcome.step, "kimg": outcome.kimg}
        if outcome.finished:
            return news | {"state": "finished", "message": "", "eta_seconds": 0.0}
        if self.requested_state in ("paused", "stopped"):
            return news | {"state": self.requested_state}
        # at the end of its turn a job is queued last; after a shutdown it keeps its place
        return news | {"state": "queued"} | ({"queued": time.time()} if self.yielded else {})

    def is_interrupted(self, ending: dict[str, Any]) -> bool:
        """Whether a signal ended the run, not its own end or its owner."""
        return ending["state"] == "queued" and not (self.requested_state or self.yielded)


def message_of(error: BaseException, folder: Path) -> str:
    """The message for a job's owner about the error that ended it, without the path `folder`."""
    from gan_models.training.errors import TrainingError
    from gan_models.weights import WeightsError

    if isinstance(error, (TrainingError, WeightsError, ValueError)):
        text = str(error).replace(str(folder / RUN), "the job").replace(str(folder), "the job")
        return " ".join(text.split())
    return (
        f"Something unforeseen ended the training ({type(error).__name__}). The last snapshot is "
        "kept: resume, and if it ends again, start a new job."
    )


def _crash_message(job: Job) -> str:
    return (
        f"The system ended this training {job.num_crashes} times near step {job.step}, most "
        "likely for lack of memory. The last snapshot is kept: close other programs, and resume."
    )


def persist(write: Callable[[], None]) -> None:
    """Write to the database; retry for some seconds if the disk is full."""
    for seconds in (0.2, 1, 2, 5, 10, 0):
        try:
            return write()
        except (JobError, OSError):
            if not seconds:
                raise
            time.sleep(seconds)


def set_low_priority(niceness: int) -> None:
    """Lower the priority of this process to a niceness, 0 (normal) to 19 (lowest)."""
    if hasattr(os, "nice"):
        os.nice(max(0, niceness - os.nice(0)))
    # with autogroups Linux applies niceness only within a session, and this one has its own
    with contextlib.suppress(OSError):
        if AUTOGROUP.exists():
            AUTOGROUP.write_text(str(niceness))


def main(argv: list[str]) -> None:
    """Run jobs in a slot until none is left."""
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s")
    folder, slot, num_slots, lock, engine = argv
    database, number = JobDatabase(Path(folder)), int(slot)
    held = int(lock) if int(lock) >= 0 else lock_slot(database.folder, number)
    if held is None:
        return
    worker = Worker(database, number, int(num_slots), engine)
    set_low_priority(min(worker.quotas.niceness, 19))
    if worker.work() and os.name != "nt":
        os.set_inheritable(held, True)
        command = arguments(database.folder, number, int(num_slots), engine, held)
        os.execv(command[0], command)
    os.close(held)
    if not worker.is_interrupted:
        # a job queued while the lock was held here has no worker yet
        ensure_workers(database, int(num_slots), engine)


if __name__ == "__main__":
    main(sys.argv[1:])
