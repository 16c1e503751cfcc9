"""Files that a fine-tuning writes while it runs: snapshots, sheets, nearest pictures, health."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch

from gan_models.finetuning.health import assess, write_health
from gan_models.media.provenance import SAMPLES_AND_DATA
from gan_models.training.loop import Callback, Progress
from gan_models.training.optim import parameters_of
from gan_models.training.run_folder import Journal, write_sheet
from gan_models.training.trainers.finetune import FinetuneTrainer

MAX_SNAPSHOTS = 12


class SnapshotWriter:
    """A callback of the loop that writes snapshots and health, then calls another callback.

    Args:
        out: folder of the run.
        trainer: the trainer of the run; called on the first need.
        callback: called after the files are written.
    """

    def __init__(
        self, out: Path, trainer: Callable[[], FinetuneTrainer], callback: Callback | None
    ) -> None:
        self.out, self.trainer, self.callback = out, trainer, callback
        self.diverged = False

    def __call__(self, progress: Progress) -> bool | None:
        """Write what is due after a step."""
        if "diverged" in progress.message:
            self.diverged = True
            self._write_health(progress)
        if progress.metrics:
            self.diverged = False
            self._write_health(progress)
            self._save_nearest()
        if progress.sheet is not None:
            self._save_pictures(progress)
        return None if self.callback is None else self.callback(progress)

    def _write_health(self, progress: Progress) -> None:
        rows = Journal(self.out).metrics.rows()
        measures = [{k: float(v) for k, v in row.items() if v} for row in rows]
        health = assess(measures, self.diverged)
        write_health(self.out, health, progress.step, progress.kimg)

    def _save_nearest(self) -> None:
        sheet = self.trainer().nearest_sheet()
        if sheet is not None:
            write_sheet(self.out / "nearest.png", sheet, SAMPLES_AND_DATA)

    def _save_pictures(self, progress: Progress) -> None:
        name, trainer = f"{progress.step:07d}", self.trainer()
        for folder in ("raw", "snapshots"):
            (self.out / folder).mkdir(exist_ok=True)
        write_sheet(self.out / "raw" / f"{name}.png", trainer.raw_sheet(), trainer.SHEET_SHOWS)
        if _is_finite(trainer):
            facts = {"kimg": progress.kimg, "steps": progress.step}
            trainer.save_snapshot(self.out / "snapshots" / f"{name}.safetensors", facts)
            thin(self.out / "snapshots")


def _is_finite(trainer: FinetuneTrainer) -> bool:
    trained = parameters_of(trainer.optimizers["generator"])
    return all(bool(torch.isfinite(parameter).all()) for parameter in trained)


def thin(folder: Path, most: int = MAX_SNAPSHOTS) -> None:
    """Delete snapshots until `most` are left, evenly spaced, the first and the last among them."""
    files = sorted(folder.glob("*.safetensors"))
    while len(files) > most:
        steps = [int(path.stem) for path in files]
        # the one whose removal leaves the smallest gap
        gaps = [steps[i + 1] - steps[i - 1] for i in range(1, len(steps) - 1)]
        files.pop(1 + gaps.index(min(gaps))).unlink()
