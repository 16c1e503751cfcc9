"""Make an exact label map similar to a hand-painted one: fewer details, shifted round edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def roughen(label_map: NDArray, random: np.random.RandomState) -> NDArray:
    """A label map [H, W] similar to a hand-painted one, of the same size and type.

    It is distorted slightly, reduced to the majority labels of a coarse grid of random size, and
    enlarged with round edges.
    """
    height, width = label_map.shape[:2]
    labels = np.unique(label_map)
    bent = _distort(label_map, random, strength_px=random.uniform(0.0, 0.03) * width)
    cells = random.uniform(14.0, 48.0)
    coarse = (max(round(height * cells / width), 2), max(round(cells), 2))
    votes = np.stack([_resample(bent == label, coarse) for label in labels])
    # votes are compared after smooth enlargement, for round edges instead of steps
    smooth = np.stack([_resample(vote, (height, width)) for vote in votes])
    return labels[smooth.argmax(0)].astype(label_map.dtype)


def _resample(plane: NDArray, size: tuple[int, int]) -> NDArray[np.float32]:
    """Resize a plane [H, W], antialiased."""
    image = Image.fromarray(plane.astype(np.float32))
    return np.asarray(image.resize((size[1], size[0]), Image.Resampling.BICUBIC))


def _distort(label_map: NDArray, random: np.random.RandomState, strength_px: float) -> NDArray:
    """Shift every pixel along a smooth random field of up to about `strength_px`."""
    height, width = label_map.shape[:2]
    field = random.randn(2, 5, 5).astype(np.float32) * strength_px
    dy, dx = (_resample(plane, (height, width)) for plane in field)
    rows = np.clip(np.round(np.arange(height)[:, None] + dy), 0, height - 1).astype(np.int64)
    columns = np.clip(np.round(np.arange(width)[None] + dx), 0, width - 1).astype(np.int64)
    return label_map[rows, columns]
