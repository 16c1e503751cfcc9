"""From a row and its folder to what the owner sees; also where in a job's folder things lie."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

from gan_models.jobs.housekeeping import expires
from gan_models.jobs.quotas import Quotas
from gan_models.jobs.records import Health, Job, JobError, JobStatus

PICTURES, RUN = "pictures", "run"  # what came in, and the folder of the training run
GENERATOR = "generator.safetensors"


def snapshot_file(folder: Path, step: int) -> Path:
    """Where the snapshot of a step lies; it need not be there."""
    found = {int(path.stem): path for path in snapshot_files(folder)}
    return found.get(step, folder / RUN / "snapshots" / f"{step:07d}.safetensors")


def snapshot_files(folder: Path) -> list[Path]:
    """The generators along the way, by step."""
    return _by_step(folder / RUN / "snapshots", "*.safetensors")


def sheet_files(folder: Path) -> list[Path]:
    """The sample sheets, by step."""
    return _by_step(folder / RUN / "sheets", "*.png")


def _by_step(folder: Path, pattern: str) -> list[Path]:
    return sorted((p for p in folder.glob(pattern) if p.stem.isdigit()), key=lambda p: int(p.stem))


def generator_of(folder: Path, step: int | None = None) -> Path:
    """The finished generator or the latest snapshot; with a step, the snapshot of that step.

    Raises:
        JobError: there is none.
    """
    if step is not None:
        path = snapshot_file(folder, int(step))
        if path.is_file():
            return path
        raise JobError(
            f"There is no snapshot of step {int(step)}; choose one of those that are shown."
        )
    finished, snapshots = folder / RUN / GENERATOR, snapshot_files(folder)
    if finished.is_file() or snapshots:
        return finished if finished.is_file() else snapshots[-1]
    raise JobError("This job has made no generator yet; wait for its first snapshot.")


def read_health(folder: Path) -> Health:
    """What the training last said of itself; "starting" where it has not yet."""
    try:
        found = json.loads((folder / RUN / "health.json").read_text("utf-8"))
        return Health(str(found["state"]), str(found["sentence"]))
    except (OSError, ValueError, LookupError, TypeError):
        return Health()


def latest_metrics(folder: Path) -> dict[str, float]:
    """The last measures, by name."""
    try:
        text = (folder / RUN / "metrics.csv").read_text("utf-8")
    except OSError:
        return {}
    rows = [*csv.DictReader(io.StringIO(text.rpartition("\n")[0]))]  # the last may lack its end
    return {name: float(value) for name, value in rows[-1].items() if value} if rows else {}


def describe(job: Job, folder: Path, place: int, quotas: Quotas) -> JobStatus:
    """What the owner of a job sees; `place`: in the queue, from 1, 0 where it does not wait."""
    run = folder / RUN
    snapshots = snapshot_files(folder)
    is_stopping = job.state == "running" and job.wish
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
        raw_sheets=tuple(_by_step(run / "raw", "*.png")),
        snapshots=tuple(int(path.stem) for path in snapshots),
        curves=_if_there(run / "curves.png"),
        nearest=_if_there(run / "nearest.png"),
        latest_metrics=latest_metrics(folder),
        has_generator=bool(snapshots) or (run / GENERATOR).is_file(),
    )


def _if_there(path: Path) -> Path | None:
    return path if path.is_file() else None
