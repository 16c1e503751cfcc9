"""What the one training loop plays: networks, their optimisers, and one step.

A recipe's trainer knows the losses; the loop knows time, files and failure.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch
from PIL import Image
from torch import nn

from gan_models import weights
from gan_models.training.optim import Batch, Losses


class Trainer(ABC):
    """Base of all trainers. `averages` hold moving averages of networks of the same name."""

    # names that networks and optimisers have in older snapshots -> those of today
    RENAMED: ClassVar[Mapping[str, str]] = {}

    networks: dict[str, nn.Module]
    averages: dict[str, nn.Module]
    optimizers: dict[str, torch.optim.Optimizer]

    @abstractmethod
    def step(self, batch: Batch, num_chunks: int) -> Losses:
        """Train all networks on one batch, taken in `num_chunks` parts to save memory."""

    @abstractmethod
    def sheet(self) -> Image.Image:
        """A picture of where training stands: always the same inputs."""

    @abstractmethod
    def evaluate(self) -> dict[str, float]:
        """Measures of where training stands; must leave all random streams alone."""

    @abstractmethod
    def export(self, folder: Path, training: dict[str, Any]) -> None:
        """Write the finished networks into `folder`, the main one as generator.safetensors."""

    def extra_state(self) -> dict[str, Any]:
        """Whatever else must survive a restart: tensors, numbers, text, lists and dicts of them."""
        return {}

    def load_extra_state(self, state: dict[str, Any]) -> None:  # noqa: B027 - most have none
        """Take back what `extra_state` gave."""

    def warm_start(self, files: Mapping[str, Path]) -> list[str]:
        """Begin from finished networks, files by the name `export` gives them; those that fit."""
        return []


def load_fitting(network: nn.Module, path: Path | None) -> bool:
    """Load a self-describing file into `network` if it is there and of the same shape."""
    if path is None or not path.exists():
        return False
    loaded, info = weights.load_checkpoint(path)
    if info["family"] != network.family or loaded.config != network.config:
        return False
    network.load_state_dict(loaded.state_dict())
    return True


def begin_from(
    networks: Mapping[str, nn.Module],
    averages: Mapping[str, nn.Module],
    files: Mapping[str, Path | None],
    main: str = "generator",
) -> list[str]:
    """Load the networks whose files are there and fit; none where that of `main` does not.

    A trained discriminator gives an untrained generator no useful gradient.
    """
    if not load_fitting(networks[main], files.get(main)):
        return []
    others = [name for name in networks if name != main]
    found = [name for name in others if load_fitting(networks[name], files.get(name))]
    for name, average in averages.items():
        average.load_state_dict(networks[name].state_dict())
    return [main, *found]


def load_alike(network: nn.Module, path: Path | None) -> bool:
    """Load from a self-describing file all that has the same name and shape in `network`."""
    if path is None or not path.exists():
        return False
    theirs, ours = weights.load_checkpoint(path)[0].state_dict(), network.state_dict()
    alike = {name: x for name, x in theirs.items() if name in ours and ours[name].shape == x.shape}
    network.load_state_dict(alike, strict=False)
    return bool(alike)
