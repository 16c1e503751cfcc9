"""Find pictures that are the same except for size and compression.

Differences are compared with the contrast around them: a difference that is noise beside the edges
of a photograph matters on a plain ground. Every part of two pictures must agree, so that a large
equal ground does not compensate for small differences.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image

SIDE_PX = 64  # size at which pictures are compared
_COARSE = 16  # cells a side of the first, cheap comparison
_REACH = 3  # pixels on each side whose contrast counts
_LEVELS, _CONTRAST_SHARE = 6.0, 0.15  # tolerance on plain ground, and per level of contrast
_PLAIN, _BUSY = 0.36, 1.0  # factors of the tolerance without and with detail everywhere
_LEAST_LEVELS = 4.5  # change by compression in plain, strong colours
_CONTRAST_LEVELS = 24  # of a pixel with detail
_COARSE_SLACK = 1.5  # so that the cheap comparison misses nothing


@dataclass(frozen=True, eq=False)
class Fingerprint:
    """What is compared of a picture."""

    pixels: NDArray[np.uint8]  # [S, S, 3]
    tolerance: NDArray[np.float32]  # [S, S] levels
    busy: float  # share of pixels with detail around them

    @cached_property
    def coarse(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Means of cells [16, 16, 3], and the largest tolerance in each [16, 16, 1]."""
        means = _cells(self.pixels.astype(np.float32)).mean((1, 3))
        return means, _cells(self.tolerance[..., None]).max((1, 3))


def fingerprint(picture: Image.Image, side: int = SIDE_PX) -> Fingerprint:
    """The fingerprint of an RGB picture.

    Args:
        side: a multiple of 16 that all pictures compared share.
    """
    small = picture.resize((side, side), Image.Resampling.BOX)
    pixels = np.asarray(small)
    contrast = _range_around(pixels).max(2)
    detail = _range_around(np.asarray(small.convert("L"))[..., None]) > _CONTRAST_LEVELS
    return Fingerprint(pixels, _LEVELS + _CONTRAST_SHARE * contrast, float(detail.mean()))


def _range_around(levels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The range of the 7x7 levels around each pixel of each channel, [S, S, C]."""
    high = low = levels
    for axis in (0, 1):
        padding = [(_REACH, _REACH) if k == axis else (0, 0) for k in range(3)]
        window = (2 * _REACH + 1, axis)
        high = sliding_window_view(np.pad(high, padding, "edge"), *window).max(-1)
        low = sliding_window_view(np.pad(low, padding, "edge"), *window).min(-1)
    return (high - low).astype(np.float32)


def _cells(array: NDArray) -> NDArray:
    """[S, S, C] to [16, S / 16, 16, S / 16, C]."""
    side, channels = array.shape[0] // _COARSE, array.shape[2]
    return array.reshape(_COARSE, side, _COARSE, side, channels)


class FingerprintIndex:
    """The pictures so far, to search for duplicates."""

    def __init__(self) -> None:
        self.fingerprints: list[Fingerprint] = []
        self._coarse = np.empty((0, _COARSE, _COARSE, 3), np.float32)  # with spare rows
        self._allowed = np.empty((0, _COARSE, _COARSE, 1), np.float32)

    def add(self, one: Fingerprint) -> None:
        """Add a picture."""
        count = len(self.fingerprints)
        if count == len(self._coarse):
            self._coarse, self._allowed = _longer(self._coarse), _longer(self._allowed)
        self._coarse[count], self._allowed[count] = one.coarse
        self.fingerprints.append(one)

    def find(self, one: Fingerprint) -> int | None:
        """The place of the first picture that is the same; None where there is none."""
        coarse, allowed = one.coarse
        gap = np.abs(self._coarse[: len(self.fingerprints)] - coarse)  # [N, 16, 16, 3]
        alike = gap <= _COARSE_SLACK * np.maximum(self._allowed[: len(self.fingerprints)], allowed)
        candidates = np.flatnonzero(alike.all((1, 2, 3)))
        return next((int(k) for k in candidates if are_same(self.fingerprints[k], one)), None)


def _longer(array: NDArray) -> NDArray:
    """An array [N, …] with spare rows for twice as many."""
    return np.concatenate([array, np.empty_like(array, shape=(len(array) + 16, *array.shape[1:]))])


def are_same(a: Fingerprint, b: Fingerprint) -> bool:
    """Whether two pictures agree in every part."""
    gap = np.abs(_blurred(a.pixels.astype(np.float32) - b.pixels)).max(-1)  # [S, S]
    share = _PLAIN + (_BUSY - _PLAIN) * max(a.busy, b.busy)
    allowed = share * np.maximum(a.tolerance, b.tolerance)
    return bool((gap <= np.maximum(allowed, _LEAST_LEVELS)).all())


def _blurred(array: NDArray[np.float32]) -> NDArray[np.float32]:
    """[S, S, C] with each number the mean of the nine around it."""
    side = array.shape[0]
    padded = np.pad(array, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = padded[:side] + padded[1 : side + 1] + padded[2:]
    total = rows[:, :side] + rows[:, 1 : side + 1] + rows[:, 2:]
    return (total / 9).astype(np.float32, copy=False)
