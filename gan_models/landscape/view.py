"""Visibility: every image column is a vertical plane, swept once from near to far.

The camera has no roll and its picture plane stands upright, so that a column of the picture looks
along one line of the plan. The heights along that line, seen from the eye, give a profile of
elevations; its running maximum answers for all rows of the column at once which stretch of ground
they hit, and the crossing within that stretch is solved exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gan_models.landscape.layout import Layout
from gan_models.landscape.scene import Camera
from gan_models.landscape.terrain import survey

FAR_M = 9000.0
_STEPS = 620


@dataclass(frozen=True)
class View:
    """The picture's sample grid; directions as tangents, depth measured along the view."""

    across: np.ndarray  # [W] to the right
    up: np.ndarray  # [H] from top to bottom, decreasing
    focal_px: float  # samples a unit of tangent
    horizon_px: float  # row of the horizon
    eye_m: float  # over the water level
    over_ground_m: float  # the eye over the ground
    forward: tuple[float, float]  # of the view in the plan, x and z

    def position(self, across: np.ndarray, depth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Plan position at `depth` in direction `across`."""
        ahead, right = self.forward[1], self.forward[0]
        return depth * (right + ahead * across), depth * (ahead - right * across)

    def seen_from(self, x: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Depth and direction `across` of a plan position (the inverse of `position`)."""
        ahead, right = self.forward[1], self.forward[0]
        depth = right * x + ahead * z
        return depth, (ahead * x - right * z) / np.maximum(depth, 1e-3)


def make_view(camera: Camera, layout: Layout, samples: int) -> View:
    """The sample grid of a square picture of `samples` per side."""
    half = float(np.tan(np.radians(camera.fov_degrees) / 2.0))
    focal = samples / (2.0 * half)
    steps = np.arange(samples, dtype=np.float32) + 0.5
    horizon = camera.horizon * samples
    origin = np.zeros(1, np.float32)
    foot = float(survey(layout, origin, origin).height[0])
    yaw = float(np.radians(camera.yaw_degrees))
    return View(
        across=(steps - samples / 2.0) / np.float32(focal),
        up=(np.float32(horizon) - steps) / np.float32(focal),
        focal_px=focal,
        horizon_px=horizon,
        eye_m=max(foot, 0.3) + camera.eye_height_m,
        over_ground_m=camera.eye_height_m,
        forward=(float(np.sin(yaw)), float(np.cos(yaw))),
    )


@dataclass(frozen=True)
class Sweep:
    """Profiles of all columns and what the rows hit."""

    depths: np.ndarray  # [K] sampled depths
    crests: np.ndarray  # [K, W] running maximum of the elevation tangent
    heights: np.ndarray  # [K, W] of the surface, water included
    depth: np.ndarray  # [H, W] depth of the hit, infinite for sky


def _sample_depths(view: View) -> np.ndarray:
    """Depths from the picture's foot to the far plane: coarse steps near, fine ones far."""
    lowest = max(-float(view.up[-1]), 0.02)
    nearest = max(0.3 * view.over_ground_m / lowest, 0.4)
    split = 60.0 + 3.0 * nearest
    near = np.geomspace(nearest, split, _STEPS // 3, endpoint=False)
    far = np.geomspace(split, FAR_M, _STEPS - len(near))
    return np.concatenate([near, far]).astype(np.float32)


def sweep(view: View, layout: Layout) -> Sweep:
    """Sample the surface along every column and find what each row of it hits."""
    depths = _sample_depths(view)
    x, z = view.position(view.across[None, :], depths[:, None])
    heights = survey(layout, x, z).height
    if layout.water != "none":
        heights = np.maximum(heights, 0.0)
    tangents = (heights - np.float32(view.eye_m)) / depths[:, None]
    tangents[-1] = np.maximum(tangents[-1], 0.0)  # the plain ends at the horizon
    crests = np.maximum.accumulate(tangents, axis=0)
    columns = np.ascontiguousarray(crests.T)
    rising = np.ascontiguousarray(view.up[::-1])
    first = np.stack([np.searchsorted(column, rising) for column in columns], axis=1)[::-1]
    return Sweep(depths, crests, heights, _solve_depth(view, depths, heights, first))


def _solve_depth(
    view: View, depths: np.ndarray, heights: np.ndarray, first: np.ndarray
) -> np.ndarray:
    """Exact crossing of each ray with the stretch of ground that ends at sample `first`."""
    far = np.minimum(first, len(depths) - 1)
    near = np.maximum(far - 1, 0)
    column = np.arange(heights.shape[1])
    h0, h1 = heights[near, column], heights[far, column]
    d0, d1 = depths[near], depths[far]
    up = view.up[:, None]
    drop = (h1 - h0) - up * (d1 - d0)
    share = (up * d0 + np.float32(view.eye_m) - h0) / np.where(np.abs(drop) < 1e-6, 1e-6, drop)
    depth = d0 + np.clip(share, 0.0, 1.0) * (d1 - d0)
    straight = (np.float32(view.eye_m) - h0) / np.maximum(-up, 1e-4)
    depth = np.where((first == 0) & (up < 0), straight, depth)
    return np.where(first < len(depths), depth, np.float32(np.inf)).astype(np.float32)
