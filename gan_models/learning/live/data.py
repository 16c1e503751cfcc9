"""Data that the live trainings learn: points in the plane, or on a line."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.floating[Any]]  # [N, dim]
Random = np.random.RandomState

EXTENT = 3.0  # what is shown and drawn lies in [-EXTENT, EXTENT]
DEVIATION = 0.05  # of the noise around centres and curves
REACH = 0.2  # a point that is at most this far from a mode is near it
MAX_DRAWN, MAX_DRAWN_MODES = 500, 24


@dataclass(frozen=True)
class DataSet:
    """A distribution of points.

    Attributes:
        draw: gives N points [N, dim].
        modes: [K, dim], the centres of a mixture, or places along a curve, `REACH` apart from the
            next point of the curve at most.
        has_modes: whether the data consists of separate modes; else `modes` are parts of a curve.
        deviation: of a mode, for one-dimensional data.
    """

    draw: Callable[[Random, int], Points]
    modes: NDArray[np.float64]
    has_modes: bool
    deviation: float = DEVIATION

    @property
    def dim(self) -> int:
        """1 or 2."""
        return self.modes.shape[1]

    def density(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The density of one-dimensional data at places [N]; [N]."""
        z = (x[:, None] - self.modes[:, 0]) / self.deviation
        return np.exp(-z * z / 2).mean(axis=1) / (self.deviation * math.sqrt(2 * math.pi))


def mixture(centres: NDArray[np.float64], deviation: float = DEVIATION) -> DataSet:
    """Normal distributions of one deviation around centres [K, dim], each as likely."""

    def draw(random: Random, count: int) -> Points:
        chosen = centres[random.randint(len(centres), size=count)]
        noise = random.standard_normal((count, centres.shape[1]))
        return (chosen + deviation * noise).astype(np.float32)

    return DataSet(draw, centres, has_modes=True, deviation=deviation)


def along(curve: Callable[[NDArray[np.float64]], NDArray[np.float64]], parts: int) -> DataSet:
    """Points near a curve, which takes places [N] in [0, 1) to points [N, 2]."""

    def draw(random: Random, count: int) -> Points:
        places = curve(random.random_sample(count))
        return (places + DEVIATION * random.standard_normal(places.shape)).astype(np.float32)

    middle = (np.arange(parts) + 0.5) / parts
    return DataSet(draw, curve(middle), has_modes=False)


def drawn(points: NDArray[np.float64]) -> DataSet:
    """Points [N, 2] that a visitor has drawn, with noise around them."""
    centres = points[spread_out(points)]
    source = mixture(points, DEVIATION)
    return DataSet(source.draw, centres, has_modes=False)


def spread_out(points: NDArray[np.float64]) -> list[int]:
    """Places in [N, 2] of at most `MAX_DRAWN_MODES` points, each the farthest from those before."""
    chosen = [0]
    nearest = np.linalg.norm(points - points[0], axis=1)
    while len(chosen) < MAX_DRAWN_MODES and nearest.max() > REACH:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, np.linalg.norm(points - points[chosen[-1]], axis=1))
    return chosen


def _ring() -> NDArray[np.float64]:
    angles = 2 * math.pi * np.arange(8) / 8
    return 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _grid() -> NDArray[np.float64]:
    return np.array([(x, y) for x in range(-2, 3) for y in range(-2, 3)], float)


def _moons(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two half circles of radius 1.4, one in each half of [0, 1)."""
    second = places >= 0.5
    angles = math.pi * 2 * (places % 0.5)
    x = np.where(second, 0.7 - 1.4 * np.cos(angles), -0.7 + 1.4 * np.cos(angles))
    y = np.where(second, 0.4 - 1.4 * np.sin(angles), -0.4 + 1.4 * np.sin(angles))
    return np.stack([x, y], axis=1)


def _spiral(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """One and a half turns, from radius 0.4 to 2.2, of even density along the curve."""
    radius = np.sqrt(0.4**2 + places * (2.2**2 - 0.4**2))
    angles = 3 * math.pi * (radius - 0.4) / 1.8
    return radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _line(places: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([4 * places - 2, 2 * places - 1], axis=1)


DATA: dict[str, DataSet] = {
    "ring": mixture(_ring()),
    "grid": mixture(_grid()),
    "moons": along(_moons, 22),
    "spiral": along(_spiral, 30),
    "line": along(_line, 12),
    "bump": mixture(np.array([[1.0]]), 0.4),
    "bumps": mixture(np.array([[-1.5], [0.0], [1.5]]), 0.2),
}
DRAWN = "drawn"  # the one whose points a visitor draws
