"""Read ncnn's `.bin` files: the tensors of a network in order, without names or sizes.

A convolution's weights [out, in, k, k] follow a tag of 4 bytes that gives their type, padded to
4 bytes; its bias and the slopes of a PReLU are float32 without a tag. All is little-endian.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gan_models.convert.reading import ExpectedTensor, FormatError
from gan_models.weights.errors import disk_errors

HALF_TAG, FLOAT_TAG = 0x01306B47, 0
TYPES = {HALF_TAG: np.dtype("<f2"), FLOAT_TAG: np.dtype("<f4")}
TAG_BYTES = 4

Layout = Mapping[str, ExpectedTensor]  # in the order of the file


@dataclass
class _FaultError(Exception):
    """The first fault of a file against a layout."""

    at: int  # bytes from the start
    message: str


def read(path: Path, layouts: Sequence[Layout]) -> tuple[int, dict[str, Tensor]]:
    """The tensors of a file, float32, and which of the layouts it has.

    Raises:
        FormatError: it has none of them; the message names the first fault against the layout
            that fits furthest.
    """
    with disk_errors(path), open(path, "rb") as file:
        size = path.stat().st_size
        data = file.read(1 + max(map(_most_bytes, layouts)))
    faults = []
    for index, layout in enumerate(layouts):
        try:
            return index, _parse(data, size, layout)
        except _FaultError as fault:
            faults.append(fault)
    first = max(faults, key=lambda fault: fault.at)
    raise FormatError(
        f"{path.name} {first.message}. Get the file again, and check that it is the .bin of a "
        "Real-ESRGAN network."
    )


def begins_like(path: Path) -> bool:
    """Whether a file starts with the tag of half-precision weights."""
    with disk_errors(path), open(path, "rb") as file:
        return file.read(TAG_BYTES) == HALF_TAG.to_bytes(TAG_BYTES, "little")


def _most_bytes(layout: Layout) -> int:
    """The size of a file that has all its weights in float32."""
    return sum(
        4 * math.prod(wanted.shape) + TAG_BYTES * _tagged(wanted) for wanted in layout.values()
    )


def _tagged(wanted: ExpectedTensor) -> bool:
    return len(wanted.shape) == 4


def _parse(data: bytes, size: int, layout: Layout) -> dict[str, Tensor]:
    """The tensors by name; `size` is the whole file's, of which `data` may be the first part.

    Raises:
        _FaultError: the first one.
    """
    at, tensors, name = 0, {}, ""
    for name, wanted in layout.items():
        kind = TYPES[FLOAT_TAG]
        if _tagged(wanted):
            kind = _type_at(data, at, name)
            at += TAG_BYTES
        values, at = _numbers(data, at, name, math.prod(wanted.shape), kind)
        tensors[name] = values.reshape(wanted.shape)
    if at < size:
        raise _FaultError(at, f"has {size - at:,} bytes left over behind {name!r}, its last tensor")
    return tensors


def _type_at(data: bytes, at: int, name: str) -> np.dtype:
    """The type given by the tag before a weight."""
    if at + TAG_BYTES > len(data):
        raise _FaultError(at, f"ends at byte {len(data):,}, before {name!r}")
    tag = int.from_bytes(data[at : at + TAG_BYTES], "little")
    if tag not in TYPES:
        raise _FaultError(
            at,
            f"has the tag 0x{tag:08X} at byte {at:,}, where {name!r} begins and 0x{HALF_TAG:08X} "
            "(float16) or 0 (float32) should stand",
        )
    return TYPES[tag]


def _numbers(data: bytes, at: int, name: str, count: int, kind: np.dtype) -> tuple[Tensor, int]:
    """`count` numbers from byte `at` on as float32, and where the next tensor starts."""
    end = at + -(-count * kind.itemsize // 4) * 4
    if end > len(data):
        raise _FaultError(len(data), f"ends at byte {len(data):,}, inside {name!r}")
    values = np.frombuffer(data, kind, count, at).astype(np.float32)
    if not np.isfinite(values).all():
        raise _FaultError(at, f"holds numbers that are not finite in {name!r}")
    return torch.from_numpy(values), end
