"""The folder of one training run: its lock, its snapshot, its curves and its sheets."""

from __future__ import annotations

import copy
import csv
import io
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import torch
from PIL import Image

from gan_models import weights
from gan_models.media.curves import read_curves
from gan_models.media.images import add_provenance, save_png
from gan_models.paths import atomic_write
from gan_models.training.curves import draw_curves
from gan_models.training.errors import TrainingError
from gan_models.training.trainers.base import Trainer

STATE = "state.pt"
GENERATOR = "generator.safetensors"
LOCK = "lock"
BY_STEP = ("sheets", "raw", "snapshots")  # folders of files named by their step


class RunFolder:
    """The folder of at most one run, trained by at most one process at a time.

    Raises (on entering):
        TrainingError: another process trains here.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # released by the system when the process ends
        self._lock = filelock.FileLock(path / LOCK, thread_local=False)

    def __enter__(self) -> RunFolder:
        self.path.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout as error:
            raise TrainingError(
                f"Another process is training in {self.path}; wait for it, stop it, "
                "or choose another folder."
            ) from error
        for rest in self.path.glob(f"{Path(STATE).stem}.*.part.pt"):  # of a killed process
            rest.unlink()
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    @property
    def holds_run(self) -> bool:
        """Whether there is a snapshot or a finished network in the folder."""
        return (self.path / STATE).exists() or self.is_exported

    def refuse_second_run(self) -> None:
        """Make sure that a run can start here.

        Raises:
            TrainingError: the folder holds one.
        """
        if self.holds_run:
            raise TrainingError(
                f"{self.path} holds a run already; add --resume to go on with it, "
                "or choose another folder."
            )

    @property
    def is_exported(self) -> bool:
        """Whether the finished main network exists."""
        return (self.path / GENERATOR).exists()

    def read_state(self) -> dict[str, Any] | None:
        """The last snapshot; None: there is none.

        Raises:
            TrainingError: it is damaged.
        """
        path = self.path / STATE
        if not path.exists():
            return None
        try:
            # a copy, so that the file is not mapped any more when the next snapshot replaces it
            return copy.deepcopy(weights.read_tensors(path))
        except weights.WeightsError as error:
            raise TrainingError(
                f"{path} is damaged: remove it to start anew, or choose another folder."
            ) from error

    def write_state(self, state: dict[str, Any]) -> None:
        """Replace the snapshot; the old one stays intact until the new one is complete."""
        atomic_write(self.path / STATE, lambda path: torch.save(state, path))

    def cut(self, step: int) -> None:
        """Delete the stored sheets and networks of later steps."""
        for name in BY_STEP:
            for path in (self.path / name).glob("*.*"):
                if path.stem.isdigit() and int(path.stem) > step:
                    path.unlink()

    def save_sheet(self, sheet: Image.Image, step: int, shows: str) -> Path:
        """Store a sample sheet, named by its step; `shows`: as `write_sheet`."""
        path = self.path / "sheets" / f"{step:07d}.png"
        path.parent.mkdir(exist_ok=True)
        write_sheet(path, sheet, shows)
        return path


def write_sheet(path: Path, sheet: Image.Image, shows: str) -> None:
    """Write a sheet of a training as a PNG that says what it shows.

    Args:
        shows: `SAMPLES`, `SAMPLES_AND_DATA`, or "" for data alone.
    """
    if shows:
        add_provenance(sheet, {"version": 1, "task": shows})
    atomic_write(path, lambda part: save_png(sheet, part))


class Table:
    """A CSV file that grows by rows keyed by their step, and can be cut back to a step."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, row: Mapping[str, float]) -> None:
        """Append a row; for new columns the whole file is rewritten."""
        columns = self._columns()
        if not set(row) <= set(columns):
            rows = self.rows()
            columns += [name for name in row if name not in columns]
            self._write(rows, columns)
        with open(self.path, "a", newline="") as file:
            csv.DictWriter(file, columns).writerow(row)

    def cut(self, step: int) -> None:
        """Remove the rows after `step`, and an incomplete last row."""
        if self.path.exists():
            columns = self._columns()
            self._write([row for row in self.rows() if int(row["step"]) <= step], columns)

    def rows(self) -> list[dict[str, str]]:
        """All complete rows, as text."""
        if not self.path.exists():
            return []
        whole = self.path.read_text().rpartition("\n")[0]  # the last row may be incomplete
        return list(csv.DictReader(io.StringIO(whole)))

    def _columns(self) -> list[str]:
        if not self.path.exists():
            return []
        with open(self.path, newline="") as file:
            return next(csv.reader(file), [])

    def _write(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        def write(path: Path) -> None:
            with open(path, "w", newline="") as file:
                writer = csv.DictWriter(file, columns)
                writer.writeheader()
                writer.writerows(rows)

        atomic_write(self.path, write)


class Journal:
    """The losses of every step and the measures, as CSV files and as a picture."""

    def __init__(self, folder: Path) -> None:
        self.losses = Table(folder / "losses.csv")
        self.metrics = Table(folder / "metrics.csv")
        self.picture = folder / "curves.png"

    def cut(self, step: int) -> None:
        """Remove everything after `step`."""
        self.losses.cut(step)
        self.metrics.cut(step)

    def draw(self) -> None:
        """Draw all curves again."""
        if panels := read_curves(self.picture.parent):
            atomic_write(self.picture, draw_curves(panels).save)


def random_state() -> dict[str, Any]:
    """The state of all random streams, in a form that a snapshot can store."""
    numpy_state: Mapping[str, Any] = np.random.get_state(legacy=False)
    state: dict[str, Any] = {
        "torch": torch.get_rng_state(),
        "numpy": [
            numpy_state["bit_generator"],
            torch.from_numpy(numpy_state["state"]["key"].astype(np.int64)),
            numpy_state["state"]["pos"],
            numpy_state["has_gauss"],
            numpy_state["gauss"],
        ],
        "python": random.getstate(),
    }
    if torch.accelerator.is_available():
        module = torch.get_device_module(torch.accelerator.current_accelerator())
        state["accelerator"] = module.get_rng_state()
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Set all random streams to the result of `random_state`."""
    torch.set_rng_state(state["torch"])
    kind, keys, *rest = state["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    if "accelerator" in state and torch.accelerator.is_available():
        module = torch.get_device_module(torch.accelerator.current_accelerator())
        module.set_rng_state(state["accelerator"])


def trainer_state(trainer: Trainer) -> dict[str, Any]:
    """All networks, averages and optimisers of a trainer, by name."""
    return {
        "networks": {name: net.state_dict() for name, net in trainer.networks.items()},
        "averages": {name: net.state_dict() for name, net in trainer.averages.items()},
        "optimizers": {name: opt.state_dict() for name, opt in trainer.optimizers.items()},
        "extra": trainer.extra_state(),
    }


def set_trainer_state(trainer: Trainer, state: dict[str, Any]) -> None:
    """Restore a trainer from the result of `trainer_state`.

    Raises:
        TrainingError: the state is that of another recipe.
    """
    try:
        for kind in ("networks", "averages", "optimizers"):
            parts = getattr(trainer, kind)
            states = {trainer.RENAMED.get(name, name): x for name, x in state[kind].items()}
            if set(parts) != set(states):
                raise KeyError(kind)
            for name, part in parts.items():
                part.load_state_dict(states[name])
        trainer.load_extra_state(state["extra"])
    except (KeyError, RuntimeError, ValueError) as error:
        raise TrainingError(
            "The snapshot was made by another recipe or with other settings; "
            "use those again, or choose another folder."
        ) from error
