"""The jobs of all visitors, each accessible only with its owner's key."""

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
RELEASE_SECONDS = 4.0  # a worker that has not released a job by then is killed
TOUCH_SECONDS = 60.0
TASK_SECONDS = 2.0
_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_VISIBLE = "state != 'draft' AND requested_state != 'deleted'"
_CANNOT = {
    "finished": "This job has finished; start a new one to train further.",
    "running": "This job is just stopping; wait a moment, then resume it.",
}


class Jobs:
    """The fine-tuning jobs of a machine; each has a folder and a row in SQLite.

    Any number of processes may use the same folder. The key of a job gives full access to it;
    without it the job appears not to exist.

    Raises (all methods that take a key):
        NotFound: no such job, or another visitor's.
        JobError: it cannot be done; the message says what to do. Both are ValueErrors.
    """

    def __init__(
        self, home: Path | None = None, quotas: Quotas | None = None, engine: str = ENGINE
    ) -> None:
        """`home`: by default `GANVAS_HOME`; `engine`: the training function, "module:function"."""
        self.quotas = quotas or Quotas.from_environment()
        self._database = JobDatabase((home or ganvas_home()) / "jobs")
        self._housekeeper = Housekeeper(self._database, self.quotas, engine)
        self._tasks_ran_at = -TASK_SECONDS

    @staticmethod
    def new_key() -> str:
        """A random key for the visitor's browser; only its hash is stored here."""
        return secrets.token_urlsafe(32)

    def start_housekeeping(self) -> None:
        """Start the housekeeping thread; called when the page starts.

        While there are jobs it restarts dead workers and deletes what has expired. Creating a job
        starts it, too.
        """
        self._housekeeper.start()

    def bases(self) -> tuple[ModelSpec, ...]:
        """The models that can be fine-tuned on this machine."""
        from gan_models.finetuning.base_models import list_bases

        return list_bases()

    # --- start --------------------------------------------------------------------------------

    def prepare(
        self,
        key: str,
        sources: Sequence[Path],
        base: str,
        crop: Crop = "centre",
        progress: Callable[[int, int], None] | None = None,
    ) -> Draft:
        """Ingest pictures, for `preview` and `launch`; the sources are copied.

        Args:
            sources: pictures, zips, short videos.
            base: id of the model to start from; it determines the resolution.
            progress: called with (sources done, sources in all).
        """
        draft = submission.prepare(
            self._database, self.quotas, owner_of(key), sources, base, crop, progress
        )
        self._housekeeper.start()  # drafts expire after an hour
        return draft

    def preview(
        self, key: str, draft: str, augmentation: str = "diffaugment"
    ) -> tuple[Image.Image, Image.Image]:
        """The training pictures, plain and augmented: two sheets of up to 16 pictures."""
        return submission.preview(self._database, self._find(key, draft, "draft"), augmentation)

    def discard(self, key: str, draft: str) -> None:
        """Delete a draft that was not launched."""
        erase(self._database, self._find(key, draft, "draft").id)

    def launch(
        self,
        key: str,
        draft: str,
        preset: str = "quick",
        settings: dict[str, Any] | None = None,
        title: str = "",
    ) -> str:
        """Queue the job of a draft; return its id, which is that of the draft.

        Args:
            settings: fields of `finetuning.FinetuneSettings` to change from the preset's.
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
        """`prepare` and `launch` in one: the job's id, and a verdict on each picture."""
        settings = settings or {}
        submission.check_settings(preset, settings)  # before the slow part
        draft = self.prepare(key, sources, base, settings.get("crop", "centre"))
        try:
            submission.refuse_too_few(draft)
            job = self.launch(key, draft.id, preset, settings, title)
        except ValueError:
            erase(self._database, draft.id)
            raise
        return job, [*draft.verdicts]

    # --- read ---------------------------------------------------------------------------------

    def status(self, key: str, job: str) -> JobStatus:
        """The status of a job; fast."""
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
        """The number of pictures and bytes stored in drafts."""
        found = self._database.select("owner = ? AND state = 'draft'", owner_of(key))
        sizes = [size_of(self._database.job_folder(draft.id)) for draft in found]
        return sum(draft.num_pictures for draft in found), sum(sizes)

    # --- control ------------------------------------------------------------------------------

    def pause(self, key: str, job: str) -> None:
        """Pause a job until `resume`."""
        self._request(key, job, "paused")

    def stop(self, key: str, job: str) -> None:
        """End a job early, with the generator trained so far."""
        self._request(key, job, "stopped")

    def resume(self, key: str, job: str) -> None:
        """Queue a paused, stopped or failed job again, to continue from its last snapshot."""
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
        """Delete a job and all its files, running or not."""
        found = self._find(key, job, "any")
        return self._delete([found])

    def delete_everything(self, key: str) -> Deleted:
        """Delete all data of a visitor: jobs, pictures, models, drafts, training times."""
        owner = owner_of(key)
        deleted = self._delete(self._database.select("owner = ?", owner))
        self._database.forget_shifts(owner)
        return deleted

    # --- export -------------------------------------------------------------------------------

    def generator(self, key: str, job: str, step: int | None = None) -> Path:
        """The self-describing generator: the finished or latest one, or the snapshot of `step`."""
        self._find(key, job)
        return generator_of(self._database.job_folder(job), step)

    def film(self, key: str, job: str) -> Path:
        """All sheets as an MP4."""
        self._find(key, job)
        return export.film(self._database.job_folder(job))

    def card(self, key: str, job: str, step: int | None = None) -> str:
        """The model card of a generator: Markdown with the Hub's header."""
        return export.card(self._find(key, job), self._database.job_folder(job), step)

    def swap(
        self, key: str, job: str, resolution: int, coarse: Literal["base", "mine"] = "base"
    ) -> Path:
        """A generator with the layers of one model below `resolution` px and the other's above.

        `coarse`: the model of the lower layers, the base or the job's own ("mine").

        Pinkney and Adler 2020, "Resolution dependent GAN interpolation".
        """
        found = self._find(key, job)
        return export.swap(found, self._database.job_folder(job), resolution, coarse)

    def push_to_hub(self, key: str, job: str, repo: str, token: str) -> str:
        """Upload generator, card and last sheet to the visitor's account; return the address.

        A new repository is made private. The token is not stored.
        """
        found = self._find(key, job)
        return export.push_to_hub(found, self._database.job_folder(job), repo, token)

    # --- internal -----------------------------------------------------------------------------

    def _find(self, key: str, job: str, kind: Literal["job", "draft", "any"] = "job") -> Job:
        found = self._database.find(str(job), owner_of(key))
        is_kind = kind == "any" or found is None or (found.state == "draft") == (kind == "draft")
        if found is None or found.requested_state == "deleted" or not is_kind:
            raise NotFound
        self._touch([found])
        return found

    def _touch(self, jobs: Sequence[Job]) -> None:
        """Store the time of access, which delays the expiry."""
        now = time.time()
        with contextlib.suppress(JobError):  # reading still works on a full disk
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
        """Replace dead workers, at most every few seconds; errors do not make reading fail."""
        if time.monotonic() - self._tasks_ran_at >= TASK_SECONDS:
            self._tasks_ran_at = time.monotonic()
            with contextlib.suppress(JobError, OSError):
                self._housekeeper.run_due_tasks()

    def _start_workers(self) -> None:
        self._housekeeper.run_due_tasks()
        self._housekeeper.start()

    def _request(self, key: str, job: str, requested_state: Literal["paused", "stopped"]) -> None:
        """Pause or stop a job: at once if it is queued, else when its worker reads the request."""
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
            self._wait_for_release(job.id)
            erase(self._database, job.id)
        self._start_workers()
        num_jobs = sum(job.state != "draft" for job in jobs)
        return Deleted(num_jobs, sum(job.num_pictures for job in jobs), sum(sizes))

    def _wait_for_release(self, job: str) -> None:
        """Return once no worker runs the job; one that does not release it in time is killed."""
        deadline = time.monotonic() + RELEASE_SECONDS
        while (row := self._database.find(job)) is not None and row.state == "running":
            if row.slot is None or not has_worker(self._database.folder, row.slot):
                return
            if time.monotonic() > deadline and (worker := self._database.worker(row.slot)):
                end_worker(worker[0])
            time.sleep(0.05)


def owner_of(key: str) -> str:
    """The hash that is stored of a key.

    Raises:
        NotFound: it does not have the form of a key.
    """
    if not (isinstance(key, str) and _KEY.fullmatch(key)):
        raise NotFound
    return hashlib.sha256(key.encode()).hexdigest()
