"""From a job's row and folder to the status that its owner sees."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

from gan_models.jobs.housekeeping import expires
from gan_models.jobs.job_folder import GENERATOR, RUN, files_by_step, sheet_files, snapshot_files
from gan_models.jobs.quotas import Quotas
from gan_models.jobs.records import Job, JobHealth, JobStatus


def read_health(folder: Path) -> JobHealth:
    """What the training last said of itself; "starting" where it has not yet."""
    try:
        found = json.loads((folder / RUN / "health.json").read_text("utf-8"))
        return JobHealth(str(found["state"]), str(found["sentence"]))
    except (OSError, ValueError, LookupError, TypeError):
        return JobHealth()


def latest_metrics(folder: Path) -> dict[str, float]:
    """The last measures, by name."""
    try:
        text = (folder / RUN / "metrics.csv").read_text("utf-8")
    except OSError:
        return {}
    rows = [*csv.DictReader(io.StringIO(text.rpartition("\n")[0]))]  # the last may lack its end
    return {name: float(value) for name, value in rows[-1].items() if value} if rows else {}


def status_of(job: Job, folder: Path, place: int, quotas: Quotas) -> JobStatus:
    """What the owner of a job sees; `place`: in the queue, from 1, 0 where it does not wait."""
    run = folder / RUN
    snapshots = snapshot_files(folder)
    is_stopping = job.state == "running" and job.requested_state
    eta_is_known = job.state in ("queued", "running") and math.isfinite(job.eta_seconds)
    return JobStatus(
        id=job.id,
        title=job.title,
        base=job.base,
        preset=job.preset,
        settings=json.loads(job.settings),
        state="stopping" if is_stopping else job.state,
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
        curves=_if_there(run / "curves.png"),
        nearest=_if_there(run / "nearest.png"),
        latest_metrics=latest_metrics(folder),
        has_generator=bool(snapshots) or (run / GENERATOR).is_file(),
    )


def _if_there(path: Path) -> Path | None:
    return path if path.is_file() else None
