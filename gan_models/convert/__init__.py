"""Foreign checkpoint formats -> our networks, one module a family, strict about every key."""

from __future__ import annotations

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

from torch import nn

try:
    from ..weights import read_tensors
except ImportError:
    from ._weights_shim import read_tensors
from . import dcgan
from .reading import FormatError, unwrap

__all__ = ["FORMATS", "FormatError", "load_generator"]

FORMATS: dict[str, Callable[..., nn.Module]] = {
    "dcgan-pytorch": dcgan.load,
}


def load_generator(path: str | PathLike[str], format: str, **options: Any) -> nn.Module:
    """Read a foreign generator checkpoint into our own network, in eval mode.

    The configuration is read from the tensors' shapes; what no tensor tells is an option, named as
    in the reference's constructor and with its default.

    Args:
        path: a .safetensors, .pth, .pt, .bin, .tar or NVIDIA .pkl file.
        format: one of `FORMATS`.
        options: see the `load` function of the format.

    Raises:
        FormatError: the file is of another family, or a tensor is missing, extra or misshaped.
        UnsafeWeightsError: the file wants to run code.
        ValueError: there is no such format or option.
    """
    if format not in FORMATS:
        raise ValueError(
            f"There is no format {format!r}. Choose from: {', '.join(sorted(FORMATS))}."
        )
    tensors, _ = unwrap(read_tensors(Path(path)))
    return FORMATS[format](tensors, **options)
