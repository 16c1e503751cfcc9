"""Submit a job: ingest pictures, check settings and quotas, queue the row."""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_models.jobs.database import JobDatabase, change, seconds_spent, unfinished
from gan_models.jobs.housekeeping import erase, size_of
from gan_models.jobs.job_folder import PICTURES
from gan_models.jobs.quotas import GIGABYTE, Quotas
from gan_models.jobs.records import Draft, Job, JobError

if TYPE_CHECKING:
    from PIL import Image

    from gan_models.finetuning.ingest import Crop
    from gan_models.finetuning.settings import FinetuneSettings
    from gan_models.zoo.spec import ModelSpec

MOST_DRAFTS = 3  # of a visitor; the oldest are deleted
TITLE_CHARS = 60
RUN_BYTES = 300_000_000  # disk space a run may need besides its pictures


def prepare(
    database: JobDatabase,
    quotas: Quotas,
    owner: str,
    sources: Sequence[Path],
    base: str,
    crop: Crop,
    progress: Callable[[int, int], None] | None,
) -> Draft:
    """Ingest pictures as a draft of the owner.

    Raises:
        ValueError: no such base or crop, or no space; the message says what to do.
    """
    from gan_models.finetuning.ingest import Limits, ingest_pictures

    spec = find_base(base)
    free = _free_bytes(database, quotas, owner)
    _drop_old_drafts(database, owner)
    now, limits = time.time(), Limits()
    settings = json.dumps({"crop": crop})
    job = Job(
        id=secrets.token_hex(8),
        owner=owner,
        title=spec.title,
        base=base,
        preset="",
        settings=settings,
        created=now,
        touched=now,
    )
    database.add(job)
    folder = database.job_folder(job.id)
    try:
        verdicts = ingest_pictures(
            sources,
            folder / PICTURES,
            resolution=spec.base_resolution,
            crop=crop,
            limits=replace(
                limits, num_pictures=quotas.pictures, num_bytes=min(free, limits.num_bytes)
            ),
            progress=progress,
        )
    except BaseException as error:
        erase(database, job.id)
        if isinstance(error, OSError):
            raise JobError(
                f"The pictures could not be stored ({error.strerror or error}): make room on the "
                "disk and try again."
            ) from error
        raise
    num_taken = sum(verdict.taken for verdict in verdicts)
    database.change(job.id, num_pictures=num_taken, num_bytes=size_of(folder))
    return Draft(job.id, tuple(verdicts), num_taken)


def preview(database: JobDatabase, job: Job, augmentation: str) -> tuple[Image.Image, Image.Image]:
    """Sheets of a draft's pictures as the network receives them, plain and augmented.

    Raises:
        ValueError: no pictures yet, or no such augmentation.
    """
    from gan_models.finetuning import ingest
    from gan_models.finetuning.settings import AUGMENTATIONS

    if augmentation not in AUGMENTATIONS:
        raise JobError(f"An augmentation is one of {', '.join(AUGMENTATIONS)}; choose one.")
    crop = json.loads(job.settings)["crop"]
    folder = database.job_folder(job.id) / PICTURES
    side = find_base(job.base).base_resolution
    return ingest.preview(folder, side, crop, AUGMENTATIONS[augmentation])


def find_base(base: str) -> ModelSpec:
    """The base model of a job by its id; a path is not accepted.

    Raises:
        JobError: no model of this id can be fine-tuned; the message lists those that can.
    """
    from gan_models.finetuning.base_models import list_bases

    bases = {spec.id: spec for spec in list_bases()}
    if base not in bases:
        known = ", ".join(bases) or "none on this machine yet"
        raise JobError(f"There is no such model to start from; choose from: {known}.")
    return bases[base]


def check_settings(preset: str, changes: dict[str, Any]) -> FinetuneSettings:
    """The fine-tuning settings of a preset with changes.

    Raises:
        ValueError: no such preset or setting, or a value out of its range.
    """
    from gan_models.finetuning.settings import FinetuneSettings

    return FinetuneSettings.from_dict({**changes, "preset": preset})


def launch(
    database: JobDatabase,
    quotas: Quotas,
    job: Job,
    preset: str,
    changes: dict[str, Any],
    title: str,
) -> None:
    """Queue a draft.

    Raises:
        ValueError: too few pictures, invalid settings, or a quota is reached.
    """
    crop = json.loads(job.settings)["crop"]
    settings = check_settings(preset, {"crop": crop, **changes})
    if settings.crop != crop:
        raise JobError(f"The pictures were prepared for the crop {crop!r}; upload them again.")
    most = quotas.job_hours * 3600
    settings = replace(settings, seconds=min(settings.seconds or most, most))
    refuse_too_few(Draft(job.id, (), job.num_pictures))
    # another job may have used the space since
    _free_bytes(database, quotas, job.owner, job.num_bytes)
    title = " ".join(title.split())[:TITLE_CHARS] or f"{job.title} on {job.num_pictures} pictures"
    enqueue(
        database,
        quotas,
        job,
        title=title,
        preset=preset,
        settings=json.dumps(asdict(settings)),
        total_kimg=settings.kimg,
    )


def refuse_too_few(draft: Draft) -> None:
    """Raise JobError where a job would have fewer pictures than training needs."""
    from gan_models.finetuning.ingest import MIN_PICTURES

    if draft.num_taken < MIN_PICTURES:
        refused = [verdict for verdict in draft.verdicts if not verdict.taken]
        why = f" {refused[0].name}: {refused[0].reason}" if refused else ""
        raise JobError(
            f"{draft.num_taken} of the pictures can be used, and {MIN_PICTURES} are needed; "
            f"add some.{why}"
        )


def enqueue(database: JobDatabase, quotas: Quotas, job: Job, **changes: Any) -> None:
    """Queue a job with changes to its row, if the quotas of the owner and of all visitors allow.

    Raises:
        JobError: a quota is reached.
    """
    with database.writing() as db:
        waiting = unfinished(db)
        _refuse_too_long(db, quotas, replace(job, **changes), waiting)
        _refuse_full_queue(waiting, quotas, job.owner)
        change(
            db,
            job.id,
            state="queued",
            queued=time.time(),
            requested_state="",
            message="",
            **changes,
        )


def _refuse_too_long(
    db: sqlite3.Connection, quotas: Quotas, job: Job, waiting: Sequence[Job]
) -> None:
    owned = [other for other in waiting if other.owner == job.owner and not other.requested_state]
    taken = seconds_spent(db, job.owner) + sum(seconds_left(other) for other in owned)
    left, needed = max(quotas.hours * 3600 - taken, 0), seconds_left(job)
    if needed > left:
        raise JobError(
            f"You have {left / 60:.0f} minutes left of {quotas.hours:g} hours of training in 24 "
            f"hours, what your other jobs may still need taken off, and this one may need "
            f"{needed / 60:.0f}; choose a shorter preset, stop a job, or come back tomorrow."
        )


def seconds_left(job: Job) -> float:
    """The longest time a job may still train."""
    planned = json.loads(job.settings).get("seconds") or 0.0
    # time or kimg ends a run: the share of time left is at most the share of kimg left
    share = job.kimg / job.total_kimg if job.total_kimg else 0.0
    left = planned * max(1 - share, 0.0)
    return min(left, job.eta_seconds) if job.images_per_second else left


def _refuse_full_queue(waiting: Sequence[Job], quotas: Quotas, owner: str) -> None:
    if sum(job.owner == owner for job in waiting) >= quotas.waiting:
        raise JobError(
            f"{quotas.waiting} of your jobs wait or run already; stop one, or wait for its end."
        )
    if len(waiting) >= quotas.all_waiting:
        raise JobError(f"{len(waiting)} jobs wait already, of all visitors; try again later.")


def _free_bytes(database: JobDatabase, quotas: Quotas, owner: str, num_new: int = 0) -> int:
    """How many bytes of pictures the owner may add besides `num_new` bytes of a draft.

    Raises:
        JobError: none, or no further job is allowed.
    """
    jobs = database.select()
    owned = [job for job in jobs if job.owner == owner and job.state != "draft"]
    if len(owned) >= quotas.jobs:
        raise JobError(f"You keep {len(owned)} jobs, the most there may be; delete one first.")
    if len(jobs) >= quotas.all_jobs + MOST_DRAFTS:
        raise JobError("There is no room for another job here; try again in a few days.")
    taken = sum(job.num_bytes for job in owned) + num_new + RUN_BYTES
    left = quotas.gigabytes * GIGABYTE - taken
    if left <= 0:
        what = "Your jobs and these pictures" if num_new else "Your jobs"
        raise JobError(
            f"{what} take nearly all of your {quotas.gigabytes:g} GB; delete one first"
            f"{', or bring fewer pictures' if num_new else ''}."
        )
    left_of_all = quotas.all_gigabytes * GIGABYTE - sum(job.num_bytes for job in jobs) - RUN_BYTES
    free = shutil.disk_usage(database.folder).free - quotas.free_gigabytes * GIGABYTE
    if min(left_of_all, free) <= 0:
        raise JobError("The disk here has no room for another job; delete one, or try again later.")
    return int(min(left, left_of_all, free))


def _drop_old_drafts(database: JobDatabase, owner: str) -> None:
    drafts = database.select("owner = ? AND state = 'draft'", owner)
    for draft in drafts[: -(MOST_DRAFTS - 1)]:
        erase(database, draft.id)
