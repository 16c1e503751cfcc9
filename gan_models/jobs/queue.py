"""The jobs of all visitors, each reached by its owner's key alone."""

from __future__ import annotations

import contextlib
import hashlib
import re
import secrets
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gan_models.jobs import export, submission
from gan_models.jobs.database import JobDatabase, fair_order, unfinished
from gan_models.jobs.housekeeping import Housekeeper, erase, size_of
from gan_models.jobs.job_folder import generator_of
from gan_models.jobs.processes import end_worker, has_worker
from gan_models.jobs.quotas import Quotas
from gan_models.jobs.records import (
    RESUMABLE,
    UNFINISHED,
    Deleted,
    Draft,
    Job,
    JobError,
    JobStatus,
    NotFound,
)
from gan_models.jobs.views import status_of
from gan_models.paths import ganvas_home

if TYPE_CHECKING:
    from PIL import Image

    from gan_models.finetuning.ingest import Crop, Verdict
    from gan_models.zoo.spec import ModelSpec

ENGINE = "gan_models.finetuning.run:finetune"
RELEASE_SECONDS = 4.0  # that a worker gets to let go of a job before it is killed
TOUCH_SECONDS = 60.0
TASK_SECONDS = 2.0
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_VISIBLE = "state != 'draft' AND requested_state != 'deleted'"
_CANNOT = {
    "finished": "This job has finished; start a new one to train further.",
    "running": "This job is just stopping; wait a moment, then resume it.",
}


class Jobs:
    """Fine-tuning jobs over a folder and a row in SQLite each.

    Any number of processes may hold one over the same folder. Whoever has the key of a job may do
    anything with it; to everybody else it does not exist.

    Raises (all methods that take a key):
        NotFound: no such job, or another visitor's.
        JobError: it cannot be done; the sentence says what to do. Both are ValueErrors.
    """

    def __init__(
        self, home: Path | None = None, quotas: Quotas | None = None, engine: str = ENGINE
    ) -> None:
        """`home`: by default `GANVAS_HOME`; `engine`: what trains, as "module:function"."""
        self.quotas = quotas or Quotas.from_environment()
        self._database = JobDatabase((home or ganvas_home()) / "jobs")
        self._housekeeper = Housekeeper(self._database, self.quotas, engine)
        self._tasks_ran_at = -TASK_SECONDS

    @staticmethod
    def new_key() -> str:
        """An unguessable key, to be kept in the visitor's browser; only its hash is kept here."""
        return secrets.token_urlsafe(32)

    def start_housekeeping(self) -> None:
        """Let unfinished jobs go on, now and whenever their worker dies; for the page's start.

        A thread does so as long as there are jobs, and deletes what expires; whatever makes one
        begins it as well.
        """
        self._housekeeper.start()

    def bases(self) -> tuple[ModelSpec, ...]:
        """The models that can be fine-tuned on this machine."""
        from gan_models.finetuning.base_models import list_bases

        return list_bases()

    # --- begin --------------------------------------------------------------------------------

    def prepare(
        self,
        key: str,
        sources: Sequence[Path],
        base: str,
        crop: Crop = "centre",
        progress: Callable[[int, int], None] | None = None,
    ) -> Draft:
        """Take pictures in, for `preview` and `launch`; the sources are copied.

        Args:
            sources: pictures, zips, short videos.
            base: id of the model to begin from; it fixes the resolution.
            progress: told (sources done, sources in all).
        """
        draft = submission.prepare(
            self._database, self.quotas, owner_of(key), sources, base, crop, progress
        )
        self._housekeeper.start()  # it goes in an hour
        return draft

    def preview(
        self, key: str, draft: str, augmentation: str = "diffaugment"
    ) -> tuple[Image.Image, Image.Image]:
        """What the network will see, and the same augmented: two sheets of up to 16 pictures."""
        return submission.preview(self._database, self._find(key, draft, "draft"), augmentation)

    def discard(self, key: str, draft: str) -> None:
        """Delete a draft; a job that was launched is none."""
        erase(self._database, self._find(key, draft, "draft").id)

    def launch(
        self,
        key: str,
        draft: str,
        preset: str = "quick",
        settings: dict[str, Any] | None = None,
        title: str = "",
    ) -> str:
        """Queue the job of a draft; its id, which is the draft's.

        Args:
            settings: fields of `training.finetune.FinetuneSettings` to change from the preset's.
        """
        submission.launch(
            self._database,
            self.quotas,
            self._find(key, draft, "draft"),
            preset,
            settings or {},
            title,
        )
        self._start_workers()
        return draft

    def start(
        self,
        key: str,
        sources: Sequence[Path],
        base: str,
        preset: str = "quick",
        settings: dict[str, Any] | None = None,
        title: str = "",
    ) -> tuple[str, list[Verdict]]:
        """`prepare` and `launch` in one: the job's id, and what became of each picture."""
        settings = settings or {}
        submission.check_settings(preset, settings)  # before the long part
        draft = self.prepare(key, sources, base, settings.get("crop", "centre"))
        try:
            submission.refuse_too_few(draft)
            job = self.launch(key, draft.id, preset, settings, title)
        except ValueError:
            erase(self._database, draft.id)
            raise
        return job, [*draft.verdicts]

    # --- look ---------------------------------------------------------------------------------

    def status(self, key: str, job: str) -> JobStatus:
        """How a job stands; quick."""
        found = self._find(key, job)
        self._run_due_tasks()
        return self._describe([found])[0]

    def list(self, key: str) -> list[JobStatus]:
        """All jobs of a key, the newest first."""
        jobs = self._database.select(f"owner = ? AND {_VISIBLE}", owner_of(key))
        self._touch(jobs)
        self._run_due_tasks()
        return self._describe(jobs[::-1])

    def prepared(self, key: str) -> tuple[int, int]:
        """Pictures and bytes that are kept of what was prepared and not launched."""
        found = self._database.select("owner = ? AND state = 'draft'", owner_of(key))
        sizes = [size_of(self._database.job_folder(draft.id)) for draft in found]
        return sum(draft.num_pictures for draft in found), sum(sizes)

    # --- steer --------------------------------------------------------------------------------

    def pause(self, key: str, job: str) -> None:
        """Stop for a while: `resume` goes on."""
        self._request(key, job, "paused")

    def stop(self, key: str, job: str) -> None:
        """End a job before its time; its generator is there as it is then."""
        self._request(key, job, "stopped")

    def resume(self, key: str, job: str) -> None:
        """Queue a paused, stopped or failed job again; it goes on from its last snapshot."""
        found = self._find(key, job)
        if found.state == "running" and found.requested_state:
            self._database.change(
                job, "state = 'running' AND requested_state = 'paused'", requested_state=""
            )
            found = self._find(key, job)
        if found.state in UNFINISHED and not found.requested_state:
            return
        if found.state not in RESUMABLE:
            raise JobError(_CANNOT.get(found.state, _CANNOT["running"]))
        submission.enqueue(self._database, self.quotas, found, num_crashes=0)
        self._start_workers()

    def delete(self, key: str, job: str) -> Deleted:
        """Delete a job with all its files, running or not."""
        found = self._find(key, job, "any")
        return self._delete([found])

    def delete_everything(self, key: str) -> Deleted:
        """Delete all there is of a visitor: jobs, pictures, models, drafts, times."""
        owner = owner_of(key)
        deleted = self._delete(self._database.select("owner = ?", owner))
        self._database.forget_shifts(owner)
        return deleted

    # --- take home ----------------------------------------------------------------------------

    def generator(self, key: str, job: str, step: int | None = None) -> Path:
        """The self-describing generator: the finished one or the latest, or that of a snapshot."""
        self._find(key, job)
        return generator_of(self._database.job_folder(job), step)

    def film(self, key: str, job: str) -> Path:
        """All sheets as an MP4."""
        self._find(key, job)
        return export.film(self._database.job_folder(job))

    def card(self, key: str, job: str, step: int | None = None) -> str:
        """The model card of what `generator` gives, Markdown with the Hub's header."""
        return export.card(self._find(key, job), self._database.job_folder(job), step)

    def swap(
        self, key: str, job: str, resolution: int, coarse: Literal["base", "mine"] = "base"
    ) -> Path:
        """A generator with one's layers below `resolution` px, and from there on the other's.

        `coarse`: whose the first ones are.

        Pinkney and Adler 2020, "Resolution dependent GAN interpolation".
        """
        found = self._find(key, job)
        return export.swap(found, self._database.job_folder(job), resolution, coarse)

    def push_to_hub(self, key: str, job: str, repo: str, token: str) -> str:
        """Upload generator, card and last sheet to the visitor's own account; the address.

        The repository is made private where there is none. The token is not kept.
        """
        found = self._find(key, job)
        return export.push_to_hub(found, self._database.job_folder(job), repo, token)

    # --- within -------------------------------------------------------------------------------

    def _find(self, key: str, job: str, kind: Literal["job", "draft", "any"] = "job") -> Job:
        found = self._database.find(str(job), owner_of(key))
        is_kind = kind == "any" or found is None or (found.state == "draft") == (kind == "draft")
        if found is None or found.requested_state == "deleted" or not is_kind:
            raise NotFound
        self._touch([found])
        return found

    def _touch(self, jobs: Sequence[Job]) -> None:
        """Remember that the owner was here, so that what is looked at does not expire."""
        now = time.time()
        with contextlib.suppress(JobError):  # on a full disk one may still look
            for job in jobs:
                if now - job.touched > TOUCH_SECONDS:
                    self._database.change(job.id, touched=now)

    def _describe(self, jobs: Sequence[Job]) -> list[JobStatus]:
        with self._database.reading() as db:
            order = [job.id for job in fair_order(unfinished(db))]
        places = {job_id: place for place, job_id in enumerate(order, 1)}
        return [
            status_of(job, self._database.job_folder(job.id), places.get(job.id, 0), self.quotas)
            for job in jobs
        ]

    def _run_due_tasks(self) -> None:
        """Have dead workers replaced, at most every few seconds; looking does not fail with it."""
        if time.monotonic() - self._tasks_ran_at >= TASK_SECONDS:
            self._tasks_ran_at = time.monotonic()
            with contextlib.suppress(JobError, OSError):
                self._housekeeper.run_due_tasks()

    def _start_workers(self) -> None:
        self._housekeeper.run_due_tasks()
        self._housekeeper.start()

    def _request(self, key: str, job: str, requested_state: Literal["paused", "stopped"]) -> None:
        """Pause or stop a job: at once if it only waits, else when its worker hears of it."""
        found = self._find(key, job)
        if self._database.change(job, "state = 'queued'", state=requested_state):
            return
        if requested_state == "stopped" and self._database.change(
            job, "state = 'paused'", state=requested_state
        ):
            return
        if (
            not self._database.change(job, "state = 'running'", requested_state=requested_state)
            and found.state != requested_state
        ):
            raise JobError(f"This job is {found.state} already; there is nothing to stop.")
        self._housekeeper.run_due_tasks()

    def _delete(self, jobs: Sequence[Job]) -> Deleted:
        sizes = [size_of(self._database.job_folder(job.id)) for job in jobs]
        for job in jobs:
            self._database.change(job.id, requested_state="deleted")
        for job in jobs:
            self._take_from_worker(job.id)
            erase(self._database, job.id)
        self._start_workers()
        num_jobs = sum(job.state != "draft" for job in jobs)
        return Deleted(num_jobs, sum(job.num_pictures for job in jobs), sum(sizes))

    def _take_from_worker(self, job: str) -> None:
        """Return once no worker has the job; one that does not let go of it is killed."""
        patience = time.monotonic() + RELEASE_SECONDS
        while (row := self._database.find(job)) is not None and row.state == "running":
            if not has_worker(self._database.folder, row.slot):
                return
            if time.monotonic() > patience and (worker := self._database.worker(row.slot)):
                end_worker(worker[0])
            time.sleep(0.05)


def owner_of(key: str) -> str:
    """The hash that is kept of a key.

    Raises:
        NotFound: it is none that `new_key` gives.
    """
    if not (isinstance(key, str) and _KEY.fullmatch(key)):
        raise NotFound
    return hashlib.sha256(key.encode()).hexdigest()
