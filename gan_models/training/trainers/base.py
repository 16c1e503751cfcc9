"""The base class of trainers: networks, their optimisers, and one step.

Trainers define losses; the training loop handles time, files and failures.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, TypedDict

import torch
from PIL import Image

from gan_models import weights
from gan_models.media.provenance import SAMPLES_AND_DATA
from gan_models.networks.base import Network
from gan_models.training.optim import Batch, Losses


class Metadata(TypedDict):
    """What an exported file states of itself."""

    title: str
    licence: str
    source: str


class Trainer(ABC):
    """Base of all trainers. `averages` has the moving averages of networks of the same name."""

    # names of networks and optimisers in older snapshots -> present names
    RENAMED: ClassVar[Mapping[str, str]] = {}
    SHEET_SHOWS: ClassVar[str] = SAMPLES_AND_DATA  # or `SAMPLES`, or "" for data alone

    networks: dict[str, Network]
    averages: dict[str, Network]
    optimizers: dict[str, torch.optim.Optimizer]

    @abstractmethod
    def step(self, batch: Batch, num_chunks: int) -> Losses:
        """Train all networks on one batch, in `num_chunks` parts to save memory."""

    @abstractmethod
    def sheet(self) -> Image.Image:
        """A sheet of samples, always of the same inputs."""

    @abstractmethod
    def evaluate(self) -> dict[str, float]:
        """Measures of the present networks; must not change any random stream."""

    @abstractmethod
    def export(self, folder: Path, training: dict[str, Any]) -> None:
        """Write the networks into `folder`, the main one as generator.safetensors."""

    def extra_state(self) -> dict[str, Any]:
        """Other state for snapshots: tensors, numbers, text, lists and dicts of them."""
        return {}

    def load_extra_state(self, state: dict[str, Any]) -> None:  # noqa: B027 - most have none
        """Restore the result of `extra_state`."""

    def warm_start(self, files: Mapping[str, Path]) -> list[str]:
        """Load finished networks that fit, by the names of `export`; the names of those loaded."""
        return []


def to_channels_last(network: Network, device: torch.device) -> Network:
    """Move a network to a device, its convolution weights with the channels last."""
    network = network.to(device)
    return network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  # not in torch's stubs


def load_fitting(network: Network, path: Path | None) -> bool:
    """Load a self-describing file into `network` if it exists and has the same shape."""
    if path is None or not path.exists():
        return False
    loaded, info = weights.load_checkpoint(path)
    if info["family"] != network.family or loaded.config != network.config:
        return False
    network.load_state_dict(loaded.state_dict())
    return True


def load_all_fitting(
    networks: Mapping[str, Network],
    averages: Mapping[str, Network],
    files: Mapping[str, Path | None],
    main: str = "generator",
) -> list[str]:
    """Load the networks whose files exist and fit; none if that of `main` does not.

    A trained discriminator gives an untrained generator no useful gradient.
    """
    if not load_fitting(networks[main], files.get(main)):
        return []
    others = [name for name in networks if name != main]
    found = [name for name in others if load_fitting(networks[name], files.get(name))]
    for name, average in averages.items():
        average.load_state_dict(networks[name].state_dict())
    return [main, *found]


def load_matching_tensors(network: Network, path: Path | None) -> bool:
    """Load from a self-describing file all tensors of the same name and shape as in `network`."""
    if path is None or not path.exists():
        return False
    stored, present = weights.load_checkpoint(path)[0].state_dict(), network.state_dict()
    matching = {
        name: x for name, x in stored.items() if name in present and present[name].shape == x.shape
    }
    network.load_state_dict(matching, strict=False)
    return bool(matching)
