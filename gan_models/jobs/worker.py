"""The process that trains: `python -m gan_models.jobs.worker`, started by `slots.start_worker`.

Each job has a fresh process: what a job left of memory or of a lost device ends with it.
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

from gan_models.jobs.database import Store, add_shift, change, next_in_turn, unfinished
from gan_models.jobs.housekeeping import ensure_workers, erase, orphans, settle, size_of, sweep
from gan_models.jobs.processes import arguments, lock_slot
from gan_models.jobs.quotas import Quotas
from gan_models.jobs.records import Job, JobError
from gan_models.jobs.views import PICTURES, RUN

if TYPE_CHECKING:
    from gan_models.training.loop import Outcome, Progress

log = logging.getLogger(__name__)

AUTOGROUP = Path("/proc/self/autogroup")
BEAT_SECONDS = 3.0
REPORT_SECONDS = 0.5
LINGER_SECONDS = 5.0  # that a worker waits for another job before it ends
MOST_DEATHS = 15  # of workers at one point of a job: it is the job that kills them


class Worker:
    """One process in one slot."""

    def __init__(self, store: Store, slot: int, num_slots: int, engine: str) -> None:
        self.store, self.slot, self.num_slots, self.engine = store, slot, num_slots, engine
        self.quotas = Quotas.from_environment()
        self.is_interrupted = False

    def work(self) -> bool:
        """Do one job, if there comes one; whether to look for another."""
        threading.Thread(target=self._beat, daemon=True).start()
        sweep(self.store, self.quotas)
        patience = time.monotonic() + LINGER_SECONDS
        while (job := self._take()) is None:
            if time.monotonic() > patience:
                return False
            time.sleep(0.2)
        return self._train(job)

    def _beat(self) -> None:
        while True:
            try:
                self.store.beat(self.slot, os.getpid())
            except JobError:  # a full disk; the next beat may do
                log.exception("no beat")
            time.sleep(BEAT_SECONDS)

    def _take(self) -> Job | None:
        """The job to do now: the one a dead worker left, else the next in turn."""
        settle(self.store, self.slot, self.num_slots)
        with self.store.writing() as db:
            jobs = unfinished(db)
            for job in orphans(jobs, self.slot, self.num_slots):
                if job.deaths < MOST_DEATHS:
                    change(db, job.id, slot=self.slot, deaths=job.deaths + 1)
                    return job
                change(db, job.id, state="failed", slot=None, message=_killed(job))
            job = next_in_turn(jobs)
            if job is not None:
                change(db, job.id, state="running", slot=self.slot)
            return job

    def _train(self, job: Job) -> bool:
        """Run the engine on a job and write down how that ended; whether to look for another."""
        report = Report(self.store, job, self.quotas)
        ending: dict[str, Any]
        try:
            outcome = self._run_engine(job, report)
        except Exception as error:  # whatever it is, the owner is told
            ending = {
                "state": "failed",
                "message": sentence_of(error, self.store.job_folder(job.id)),
            }
            log.exception("job %s failed", job.id)
        else:
            ending = report.ending(outcome)
        persist(lambda: self.store.add_shift(job.owner, report.began, time.time() - report.began))
        persist(lambda: self._finish(job.id, ending))
        self.is_interrupted = report.is_interrupted(ending)
        return not self.is_interrupted

    def _run_engine(self, job: Job, report: Report) -> Outcome:
        from gan_models.finetuning.settings import FinetuneSettings
        from gan_models.training.errors import explain_failures

        module, _, name = self.engine.partition(":")
        train = getattr(importlib.import_module(module), name)
        folder = self.store.job_folder(job.id)
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
        """Write down how a job ended; what its owner wishes by now comes before what was heard."""
        num_bytes = size_of(self.store.job_folder(job_id))
        with self.store.writing() as db:
            row = next((job for job in unfinished(db) if job.id == job_id), None)
            is_deleted = row is None or row.wish == "deleted"
            if not is_deleted:
                if ending["state"] in ("paused", "stopped", "queued"):
                    ending = ending | {"state": row.wish or "queued"}
                change(db, job_id, slot=None, wish="", num_bytes=num_bytes, **ending)
        if is_deleted:
            erase(self.store, job_id)


class Report:
    """The callback of a run: tells the row how it goes, and the run what the owner wishes."""

    def __init__(self, store: Store, job: Job, quotas: Quotas) -> None:
        self.store, self.job_id, self.furthest = store, job.id, job.furthest
        self.owner, self.began = job.owner, time.time()
        self.wish, self.yielded = "", False
        self.due = 0.0
        self.slice_ends = time.monotonic() + quotas.slice_minutes * 60

    def __call__(self, progress: Progress) -> bool:
        """Hear of a step; False ends the run after a snapshot."""
        now = time.monotonic()
        if now >= self.due or progress.message:
            self.due = now + REPORT_SECONDS
            try:
                self._tell(progress)
            except JobError:  # training does not end because its row cannot be written
                log.exception("no report")
        return not (self.wish or self.yielded)

    def _tell(self, progress: Progress) -> None:
        news: dict[str, Any] = {
            "step": progress.step,
            "kimg": progress.kimg,
            "total_kimg": progress.total_kimg,
            "images_per_second": progress.images_per_second,
            "eta_seconds": min(progress.eta_seconds, 1e9),
        }
        if progress.step > self.furthest:
            self.furthest = progress.step
            news |= {"furthest": progress.step, "deaths": 0}
        if progress.message:
            news["message"] = progress.message
        with self.store.writing() as db:
            add_shift(db, self.owner, self.began, time.time() - self.began)
            change(db, self.job_id, **news)
            rows = unfinished(db)
        row = next((job for job in rows if job.id == self.job_id), None)
        self.wish = "deleted" if row is None else row.wish
        if row is not None and time.monotonic() > self.slice_ends:
            others = [job for job in rows if job.owner != row.owner]
            self.yielded = next_in_turn(others) is not None

    def ending(self, outcome: Outcome) -> dict[str, Any]:
        """The row's changes after a run that did not fail."""
        news: dict[str, Any] = {"step": outcome.step, "kimg": outcome.kimg}
        if outcome.finished:
            return news | {"state": "finished", "message": "", "eta_seconds": 0.0}
        if self.wish in ("paused", "stopped"):
            return news | {"state": self.wish}
        # a turn that is over queues at the end; a machine that goes down keeps the job's place
        return news | {"state": "queued"} | ({"queued": time.time()} if self.yielded else {})

    def is_interrupted(self, ending: dict[str, Any]) -> bool:
        """Whether it was neither the run nor its owner that ended it, but a signal."""
        return ending["state"] == "queued" and not (self.wish or self.yielded)


def sentence_of(error: BaseException, folder: Path) -> str:
    """What the owner of a job is told of an error that ended it; where `folder` lies stays here."""
    from gan_models.training.errors import TrainingError
    from gan_models.weights import WeightsError

    if isinstance(error, (TrainingError, WeightsError, ValueError)):
        text = str(error).replace(str(folder / RUN), "the job").replace(str(folder), "the job")
        return " ".join(text.split())
    return (
        f"Something unforeseen ended the training ({type(error).__name__}). The last snapshot is "
        "kept: resume, and if it ends again, start a new job."
    )


def _killed(job: Job) -> str:
    return (
        f"The system ended this training {job.deaths} times near step {job.step}, most likely for "
        "lack of memory. The last snapshot is kept: close other programs, and resume."
    )


def persist(write: Callable[[], None]) -> None:
    """Write to the store, again and again for a while if the disk is full."""
    for seconds in (0.2, 1, 2, 5, 10, 0):
        try:
            return write()
        except (JobError, OSError):
            if not seconds:
                raise
            time.sleep(seconds)


def be_humble(niceness: int) -> None:
    """Let everything else on the machine go first, the more the higher the number."""
    if hasattr(os, "nice"):
        os.nice(max(0, niceness - os.nice(0)))
    # where Linux shares by sessions, niceness counts only within one, and this is one of its own
    with contextlib.suppress(OSError):
        if AUTOGROUP.exists():
            AUTOGROUP.write_text(str(niceness))


def main(argv: list[str]) -> None:
    """Work in a slot until there is nothing left to do."""
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s")
    folder, slot, num_slots, lock, engine = argv
    store, number = Store(Path(folder)), int(slot)
    held = int(lock) if int(lock) >= 0 else lock_slot(store.folder, number)
    if held is None:
        return
    worker = Worker(store, number, int(num_slots), engine)
    be_humble(min(worker.quotas.niceness, 19))
    if worker.work() and os.name != "nt":
        os.set_inheritable(held, True)
        command = arguments(store.folder, number, int(num_slots), engine, held)
        os.execv(command[0], command)
    os.close(held)
    if not worker.is_interrupted:
        # a job that came while the lock was still held here has nobody else to see to it
        ensure_workers(store, int(num_slots), engine)


if __name__ == "__main__":
    main(sys.argv[1:])
