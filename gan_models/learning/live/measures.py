"""How well generated points cover the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gan_models.learning.live.data import REACH, DataSet, Points
from gan_models.learning.live.training import Training

NUM_POINTS = 4000
LEAST_SHARE = 0.02  # of the points: what covers a mode


@dataclass(frozen=True)
class Coverage:
    """Which modes have generated points.

    Attributes:
        shares: of the points that are near each mode, [K].
    """

    shares: tuple[float, ...]

    @property
    def num_modes(self) -> int:
        """Modes of the data, or parts of its curve."""
        return len(self.shares)

    @property
    def modes_covered(self) -> int:
        """Modes with at least 2 % of the points."""
        return sum(share >= LEAST_SHARE for share in self.shares)

    @property
    def share_near(self) -> float:
        """The share of the points that are near a mode."""
        return sum(self.shares)


def coverage(points: Points, data: DataSet) -> Coverage:
    """Count points [N, dim] within `REACH` of a mode, each at its nearest one.

    In one dimension modes overlap, and a point counts within twice the mode's deviation.
    """
    reach = REACH if data.dim == 2 else 2 * data.deviation
    modes = data.modes.astype(np.float32)
    # |x - m|^2 without the tensor [N, K, dim]
    squares = np.square(points).sum(axis=1)[:, None] - 2 * points @ modes.T
    squares += np.square(modes).sum(axis=1)
    nearest = squares.argmin(axis=1)
    near = squares[np.arange(len(points)), nearest] <= reach**2
    counts = np.bincount(nearest[near], minlength=len(modes))
    return Coverage(tuple((counts / len(points)).tolist()))


def measure(training: Training) -> Coverage:
    """The coverage by 4,000 points of the generator; the training goes on as if unmeasured."""
    noise = training.draw_noise(NUM_POINTS, np.random.RandomState(training.settings.seed))
    return coverage(training.generator(noise), training.data)
