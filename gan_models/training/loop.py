"""The training loop of all recipes and of fine-tuning: `run`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch

from gan_models.device import is_out_of_memory
from gan_models.training.errors import TrainingError, explain_failures
from gan_models.training.optim import Batch, Losses, ema_decay, parameters_of, update_average
from gan_models.training.run_folder import (
    Journal,
    RunFolder,
    random_state,
    set_random_state,
    set_trainer_state,
    trainer_state,
)
from gan_models.training.signals import stop_signals
from gan_models.training.trainers.base import Trainer

FORMAT = 1
MAX_ROLLBACKS = 6
LEAST_DECAY = 0.02
LOSS_LIMIT = 1e4  # beyond this the run has diverged, finite or not


class Data(Protocol):
    """A source of batches, which the seed and the number of examples seen determine."""

    def batch(self, seed: int, images_seen: int, size: int) -> Batch:
        """The next `size` examples after `images_seen`."""
        ...


@dataclass(frozen=True)
class Settings:
    """The settings of the loop itself."""

    recipe: str
    batch: int
    kimg: float
    data: str = ""  # a description of the training data
    seed: int = 0
    ema_half_life_kimg: float = 10.0
    ema_ramp: float = 0.05  # limit of the half-life, as a share of the pictures seen
    first_snapshot_seconds: float = 15.0
    snapshot_seconds: float = 45.0
    sheet_seconds: float = 150.0
    metrics_seconds: float = 480.0
    seconds: float | None = None  # of training, over all processes; None: only `kimg` ends a run
    decay_from: float = 1.0  # share of the run after which rates decay linearly to 0
    opening: bool = False  # measure and save a sheet before the first step, too


@dataclass(frozen=True)
class Progress:
    """The progress of a run, as given to the callback."""

    step: int
    kimg: float
    total_kimg: float
    images_per_second: float
    eta_seconds: float
    losses: Losses = field(default_factory=dict)
    metrics: Losses = field(default_factory=dict)
    sheet: Path | None = None
    message: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a call to `run` ended."""

    finished: bool
    step: int
    kimg: float
    folder: Path


Callback = Callable[[Progress], bool | None]  # False stops the run after a snapshot


def is_over(settings: Settings, images: int, seconds: float, total_kimg: float) -> bool:
    """Whether a run is complete, by pictures seen or by time."""
    is_late = settings.seconds is not None and seconds >= settings.seconds
    return is_late or images >= total_kimg * 1000


def run(
    settings: Settings,
    make_trainer: Callable[[], Trainer],
    make_data: Callable[[], Data],
    folder: Path,
    *,
    resume: bool = False,
    kimg: float | None = None,
    warm_files: Mapping[str, Path] | None = None,
    callback: Callback | None = None,
) -> Outcome:
    """Train until `kimg` thousand pictures were seen, or until asked to stop.

    Args:
        settings: numbers of the recipe.
        make_trainer: builds networks and optimisers; called after the random streams are seeded.
        make_data: opens the data; not called if the run is finished.
        folder: of snapshot, curves, sheets and the finished generator.
        resume: continue from the folder's snapshot; start a new run if there is none.
        kimg: total length instead of that of the recipe or the interrupted run.
        warm_files: finished networks to start from when resuming without a snapshot.
        callback: called after every step.

    Raises:
        TrainingError: the folder is in use or holds a run; the run diverges repeatedly; the disk
            is full, memory runs out, or the device is lost: the last snapshot stays.
    """
    with explain_failures(folder), RunFolder(folder) as run_folder:
        if not resume:
            run_folder.refuse_second_run()
        state = run_folder.read_state() if resume else None
        if state is not None and (state.get("format"), state.get("recipe")) != (
            FORMAT,
            settings.recipe,
        ):
            raise TrainingError(
                f"{folder} holds a run of {state.get('recipe')!r}; choose another folder."
            )
        planned = state["total_kimg"] if state else settings.kimg
        total = planned if kimg is None else kimg
        if (
            run_folder.is_exported
            and state
            and state["finished"]
            and is_over(settings, state["images"], state["seconds"], total)
        ):
            return Outcome(True, state["step"], state["images"] / 1000, folder)
        torch.manual_seed(settings.seed)
        session = Session(settings, make_trainer(), make_data(), run_folder, total, callback)
        session.start(state, warm_files if resume else None)
        with stop_signals(session.request_stop):
            return session.train()


class Session:
    """The part of a run in one process."""

    def __init__(
        self,
        settings: Settings,
        trainer: Trainer,
        data: Data,
        folder: RunFolder,
        total_kimg: float,
        callback: Callback | None,
    ) -> None:
        self.settings, self.trainer, self.data = settings, trainer, data
        self.folder, self.total_kimg, self.callback = folder, total_kimg, callback
        self.journal = Journal(folder.path)
        self.step = self.images = self.rollbacks = 0
        self.num_chunks, self.rate_scale = 1, 1.0
        self.decay = 1.0  # present factor on all rates by `decay_rates`
        self.seconds = 0.0  # of training, over all processes
        self.finished = self.stopping = False
        self.speed = 0.0  # pictures a second, running mean
        self.metrics: Losses = {}  # the latest
        self.snapshot_due = self.sheet_due = self.metrics_due = 0.0

    def request_stop(self) -> None:
        """Stop after the current step."""
        self.stopping = True

    def start(self, state: dict[str, Any] | None, warm_files: Mapping[str, Path] | None) -> None:
        """Restore the snapshot, or start a new run, from finished networks if there are any."""
        if state is not None:
            self.restore(state)
            self.report(f"Resuming from step {self.step}.")
        else:
            if names := " and ".join(self.trainer.warm_start(warm_files or {})):
                self.report(f"No snapshot: starting from {names}, with new optimisers.")
            elif any(path.exists() for path in (warm_files or {}).values()):
                self.report("No snapshot, and finished networks of another shape: starting anew.")
            self.journal.cut(-1)
            self.save()
        if self.settings.opening and not self.journal.metrics.rows():
            self.measure()
            self.save_sheet()
        now = time.monotonic()
        self.snapshot_due = now + self.settings.first_snapshot_seconds
        self.sheet_due = now + self.settings.sheet_seconds
        self.metrics_due = now + self.settings.metrics_seconds

    def train(self) -> Outcome:
        """Step until the run is complete or a stop is requested; end with a snapshot."""
        while not self.is_over and not self.stopping:
            started = time.monotonic()
            self.advance()
            self.run_due_tasks()
            self.seconds += time.monotonic() - started
        if self.is_over:
            self.save()  # measuring may take minutes
            self.finished = True
            self.measure()
            self.trainer.export(self.folder.path, self.facts())
        self.save_sheet()
        if not self.save():
            self.roll_back()
        return Outcome(self.finished, self.step, self.images / 1000, self.folder.path)

    @property
    def is_over(self) -> bool:
        """Whether the run is complete."""
        return is_over(self.settings, self.images, self.seconds, self.total_kimg)

    def advance(self) -> None:
        """One step of the trainer; if memory runs out, the next try uses smaller parts."""
        started = time.monotonic()
        size = self.settings.batch
        self.decay_rates()
        before = random_state()
        try:
            batch = self.data.batch(self.settings.seed, self.images, size)
            losses = self.trainer.step(batch, self.num_chunks)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or self.num_chunks >= size:
                raise
            self.num_chunks = min(2 * self.num_chunks, size)
            self.free_memory()
            set_random_state(before)
            self.report(f"Memory ran out: batches are now processed in {self.num_chunks} parts.")
            return
        if any(not math.isfinite(v) or abs(v) > LOSS_LIMIT for v in losses.values()):
            self.roll_back()
            return
        self.step += 1
        self.images += size
        half_life, ramp = self.settings.ema_half_life_kimg, self.settings.ema_ramp
        decay = ema_decay(size, self.images, half_life, ramp)
        for name, average in self.trainer.averages.items():
            update_average(average, self.trainer.networks[name], decay)
        self.journal.losses.append({"step": self.step, "kimg": self.images / 1000, **losses})
        elapsed = time.monotonic() - started
        now = size / max(elapsed, 1e-9)
        self.speed = now if not self.speed else 0.95 * self.speed + 0.05 * now
        self.report(losses=losses)

    def decay_rates(self) -> None:
        """Decay the rates in the last part of a run, as in the papers on CycleGAN and SPADE."""
        left = 1 - self.images / (self.total_kimg * 1000)
        last = 1 - self.settings.decay_from
        decay = max(left / last, LEAST_DECAY) if left < last else 1.0
        self.scale_rates(decay / self.decay)
        self.decay = decay

    def scale_rates(self, factor: float) -> None:
        """Multiply all learning rates."""
        for optimizer in self.trainer.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] *= factor

    def free_memory(self) -> None:
        """Release the gradients and cached memory of a failed step."""
        for optimizer in self.trainer.optimizers.values():
            optimizer.zero_grad(set_to_none=True)
        if torch.accelerator.is_available():
            torch.accelerator.empty_cache()

    def run_due_tasks(self) -> None:
        """Snapshot, sheet and measures, each if it is due."""
        now = time.monotonic()
        if now >= min(self.snapshot_due, self.metrics_due):  # measuring may take minutes
            self.snapshot_due = now + self.settings.snapshot_seconds
            if not self.save():
                self.roll_back()
                return
        if now >= self.sheet_due:
            self.save_sheet()
            self.sheet_due = time.monotonic() + self.settings.sheet_seconds
        if now >= self.metrics_due:
            self.measure()
            self.metrics_due = time.monotonic() + self.settings.metrics_seconds

    def report(
        self,
        message: str = "",
        *,
        losses: Losses | None = None,
        metrics: Losses | None = None,
        sheet: Path | None = None,
    ) -> None:
        """Call the callback, which may request a stop."""
        if self.callback is None:
            return
        left = max(self.total_kimg * 1000 - self.images, 0)
        eta = left / self.speed if self.speed else math.inf
        if self.settings.seconds is not None:
            eta = min(eta, max(self.settings.seconds - self.seconds, 0.0))
        progress = Progress(
            step=self.step,
            kimg=self.images / 1000,
            total_kimg=self.total_kimg,
            images_per_second=self.speed,
            eta_seconds=eta,
            losses=losses or {},
            metrics=metrics or {},
            sheet=sheet,
            message=message,
        )
        if self.callback(progress) is False:
            self.stopping = True

    def facts(self) -> dict[str, Any]:
        """The metadata of finished networks about their training."""
        return {
            "recipe": self.settings.recipe,
            "kimg": self.images / 1000,
            "steps": self.step,
            "batch": self.settings.batch,
            "hours": round(self.seconds / 3600, 3),
            "data": self.settings.data,
            "metrics": self.metrics,
        }

    def measure(self) -> None:
        """Evaluate and store the measures."""
        self.metrics = metrics = self.trainer.evaluate()
        rows = self.journal.metrics.rows()
        if metrics and not (rows and int(rows[-1]["step"]) == self.step):
            self.journal.metrics.append({"step": self.step, "kimg": self.images / 1000, **metrics})
            self.report(metrics=metrics)

    def save_sheet(self) -> None:
        """Save a sample sheet and the curves."""
        path = self.folder.save_sheet(self.trainer.sheet(), self.step, self.trainer.SHEET_SHOWS)
        self.journal.draw()
        self.report(sheet=path)

    def save(self) -> bool:
        """Write a snapshot; False, and none is written, if a weight is not finite."""
        trained = [p for opt in self.trainer.optimizers.values() for p in parameters_of(opt)]
        if not all(bool(p.isfinite().all()) for p in trained):
            return False
        self.folder.write_state(
            {
                "format": FORMAT,
                "recipe": self.settings.recipe,
                "total_kimg": self.total_kimg,
                "step": self.step,
                "images": self.images,
                "seconds": self.seconds,
                "num_chunks": self.num_chunks,
                "rate_scale": self.rate_scale,
                "decay": self.decay,
                "rollbacks": self.rollbacks,
                "finished": self.finished,
                "random": random_state(),
                **trainer_state(self.trainer),
            }
        )
        return True

    def restore(self, state: dict[str, Any]) -> None:
        """Restore a snapshot, curves included."""
        set_trainer_state(self.trainer, state)
        for name in ("step", "images", "seconds", "num_chunks", "rate_scale", "rollbacks"):
            setattr(self, name, state[name])
        self.decay = state.get("decay", 1.0)  # older snapshots have none
        self.journal.cut(self.step)
        self.folder.cut(self.step)
        set_random_state(state["random"])

    def roll_back(self) -> None:
        """After NaN or divergence: restore the last snapshot and halve the learning rate."""
        rollbacks = self.rollbacks + 1
        if rollbacks > MAX_ROLLBACKS:
            raise TrainingError(
                f"Training diverged {rollbacks} times, the last at step {self.step}; "
                "begin again with a lower learning rate or other pictures."
            )
        scale = self.rate_scale / 2
        state = self.folder.read_state()
        if state is None:
            raise TrainingError("Training diverged and its snapshot is gone; begin again.")
        self.restore(state)
        self.scale_rates(scale / self.rate_scale)
        self.rollbacks, self.rate_scale = rollbacks, scale
        self.save()
        self.report(f"Training diverged: back at step {self.step}, at half the learning rate.")
