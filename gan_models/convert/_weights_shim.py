"""Stands in for `gan_models.weights` until it is there."""

from pathlib import Path

import torch
from safetensors.torch import load_file


class WeightsError(RuntimeError):
    """A sentence for the user."""


class UnsafeWeightsError(WeightsError):
    """The file wants to run code."""


def read_tensors(path: Path) -> dict:
    """Read a file."""
    if Path(path).suffix == ".safetensors":
        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)
