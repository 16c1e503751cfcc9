"""The files in the folder of a job."""

from __future__ import annotations

from pathlib import Path

from gan_models.jobs.records import JobError

PICTURES, RUN = "pictures", "run"  # the user's pictures, and the folder of the training run
GENERATOR = "generator.safetensors"


def snapshot_file(folder: Path, step: int) -> Path:
    """The path of the snapshot of a step; it need not exist."""
    found = {int(path.stem): path for path in snapshot_files(folder)}
    return found.get(step, folder / RUN / "snapshots" / f"{step:07d}.safetensors")


def snapshot_files(folder: Path) -> list[Path]:
    """The snapshots, ordered by step."""
    return files_by_step(folder / RUN / "snapshots", "*.safetensors")


def sheet_files(folder: Path) -> list[Path]:
    """The sample sheets, ordered by step."""
    return files_by_step(folder / RUN / "sheets", "*.png")


def files_by_step(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder whose names are step numbers, in order."""
    """The files of a pattern that are named by their step, by step."""
    return sorted((p for p in folder.glob(pattern) if p.stem.isdigit()), key=lambda p: int(p.stem))


def generator_of(folder: Path, step: int | None = None) -> Path:
    """The finished generator or the latest snapshot; with `step`, the snapshot of that step.

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
