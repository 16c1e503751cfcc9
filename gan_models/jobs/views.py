"""Make the status of a job from its row and its folder."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

from gan_models.jobs.housekeeping import expires
from gan_models.jobs.job_folder import GENERATOR, RUN, files_by_step, sheet_files, snapshot_files
from gan_models.jobs.quotas import Quotas
from gan_models.jobs.records import Job, JobHealth, JobStatus, NotFound, State


def read_health(folder: Path) -> JobHealth:
    """The health a training last wrote; "starting" if it has written none yet."""
    try:
        found = json.loads((folder / RUN / "health.json").read_text("utf-8"))
        return JobHealth(str(found["state"]), str(found["sentence"]))
    except (OSError, ValueError, LookupError, TypeError):
        return JobHealth()


def latest_metrics(folder: Path) -> dict[str, float]:
    """The latest measures, by name."""
    try:
        text = (folder / RUN / "metrics.csv").read_text("utf-8")
    except OSError:
        return {}
    rows = [*csv.DictReader(io.StringIO(text.rpartition("\n")[0]))]  # the last row may be partial
    return {name: float(value) for name, value in rows[-1].items() if value} if rows else {}


def status_of(job: Job, folder: Path, place: int, quotas: Quotas) -> JobStatus:
    """The status of a job; `place`: in the queue, from 1; 0: not queued.

    Raises:
        NotFound: it is a draft.
    """
    if job.state == "draft":
        raise NotFound
    run = folder / RUN
    snapshots = snapshot_files(folder)
    state: State = "stopping" if job.state == "running" and job.requested_state else job.state
    eta_is_known = job.state in ("queued", "running") and math.isfinite(job.eta_seconds)
    return JobStatus(
        id=job.id,
        title=job.title,
        base=job.base,
        preset=job.preset,
        settings=json.loads(job.settings),
        state=state,
        place=place,
        step=job.step,
        kimg=job.kimg,
        total_kimg=job.total_kimg,
        eta_seconds=job.eta_seconds if eta_is_known and job.images_per_second else None,
        images_per_second=job.images_per_second if job.state == "running" else 0.0,
        health=read_health(folder),
        message=job.message,
        num_pictures=job.num_pictures,
        num_bytes=job.num_bytes,
        created=job.created,
        expires=expires(job, quotas),
        sheets=tuple(sheet_files(folder)),
        raw_sheets=tuple(files_by_step(run / "raw", "*.png")),
        snapshots=tuple(int(path.stem) for path in snapshots),
        curves=_existing(run / "curves.png"),
        nearest=_existing(run / "nearest.png"),
        latest_metrics=latest_metrics(folder),
        has_generator=bool(snapshots) or (run / GENERATOR).is_file(),
    )


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None
