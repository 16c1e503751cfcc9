"""Cast shadows of the land, of plants and stones, and of clouds.

Computed on a coarse grid over the view, in steps of the logarithm of depth by steps across, as
seen from a point some way behind the camera: fine nearby, but not finer than a shadow's blur.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gan_models.landscape.layout import Layout
from gan_models.landscape.light import Light
from gan_models.landscape.noise import smoothstep
from gan_models.landscape.scatter import Stand
from gan_models.landscape.scene import Scene
from gan_models.landscape.terrain import read_noise, survey
from gan_models.landscape.view import FAR_M, View

_LAND_CELLS = (88, 44)  # depth, across
_PLANT_CELLS = (300, 176)
_PLANTS_FAR_M = 450.0
_CLOUD_SHADE = {"clear": 0.0, "fair": 0.45, "cloudy": 0.6, "overcast": 0.0, "fog": 0.0}


_BACK_M = 12.0  # distance of the grid's origin behind the camera


@dataclass(frozen=True)
class _Grid:
    values: np.ndarray  # [D, A]
    log_step: float
    left: float
    step: float

    def cell(self, depth: np.ndarray, across: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Row and column, with fractions, of a place in the view."""
        row = np.log1p(np.maximum(depth, 0.0) / _BACK_M) / self.log_step
        return row, (across * depth / (depth + _BACK_M) - self.left) / self.step

    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Depth and direction of all cells, each [D, A]."""
        rows, columns = self.values.shape
        depth = _BACK_M * np.expm1(self.log_step * np.arange(rows)) + 0.5
        sideways = self.left + self.step * np.arange(columns)
        across = sideways[None, :] * ((depth + _BACK_M) / depth)[:, None]
        depth = np.broadcast_to(depth[:, None], across.shape)
        return depth.astype(np.float32), across.astype(np.float32)

    def cell_m2(self, row: np.ndarray) -> np.ndarray:
        """Ground area of a cell in `row`."""
        return (_BACK_M * np.exp(self.log_step * row)) ** 2 * self.log_step * self.step

    def at(self, depth: np.ndarray, across: np.ndarray) -> np.ndarray:
        """Bilinear lookup, the edge's value outside."""
        rows, columns = self.values.shape
        row, column = self.cell(depth, across)
        r, c = np.clip(row, 0, rows - 1.001), np.clip(column, 0, columns - 1.001)
        r0, c0 = r.astype(np.int64), c.astype(np.int64)
        fr, fc = r - r0, c - c0
        v = self.values
        low = v[r0, c0] * (1 - fc) + v[r0, c0 + 1] * fc
        high = v[r0 + 1, c0] * (1 - fc) + v[r0 + 1, c0 + 1] * fc
        return low * (1 - fr) + high * fr


def _make_grid(view: View, shape: tuple[int, int], farthest: float) -> _Grid:
    edge = float(view.across[-1]) * 1.05
    return _Grid(
        values=np.zeros(shape, np.float32),
        log_step=float(np.log1p(farthest / _BACK_M)) / (shape[0] - 1),
        left=-edge,
        step=2.0 * edge / (shape[1] - 1),
    )


def _key_in_plan(view: View, light: Light) -> tuple[float, float, float]:
    """Direction of the light in the plan (x, z, unit length) and its rise per metre."""
    right, up, ahead = (float(v) for v in light.key)
    flat = max(float(np.hypot(right, ahead)), 1e-3)
    x = (view.forward[1] * right + view.forward[0] * ahead) / flat
    z = (view.forward[1] * ahead - view.forward[0] * right) / flat
    return x, z, up / flat


def _land_light(view: View, layout: Layout, light: Light) -> _Grid:
    """Share of the sun that the land does not block: rays are marched from a coarse grid."""
    grid = _make_grid(view, _LAND_CELLS, FAR_M)
    depth, across = grid.places()
    x, z = view.position(across, depth)
    start = np.maximum(survey(layout, x, z).height, 0.0)
    dx, dz, rise = _key_in_plan(view, light)
    blocked = np.zeros_like(x)
    for i in range(11):
        away = np.minimum((12.0 + 0.03 * depth) * np.float32(1.62**i), 5000.0)
        ground = survey(layout, x + dx * away, z + dz * away).height
        over = (ground - start - away * np.float32(rise)) / (2.0 + 0.05 * away)
        blocked = np.maximum(blocked, over)
    return replace(grid, values=1.0 - smoothstep(-0.3, 1.0, blocked))


def _shadow_points(
    view: View, light: Light, stand: Stand, chosen: np.ndarray, counts: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth, direction and area of points distributed over the shadows of the `chosen`."""
    dx, dz, rise = _key_in_plan(view, light)
    tall = stand.tall_m[chosen]
    reach = np.minimum(tall / max(rise, 1e-3), 7.0 * tall)
    up, side = np.meshgrid(np.linspace(0.02, 1.0, counts[0]), np.linspace(-1.0, 1.0, counts[1]))
    up, side = up.ravel().astype(np.float32), side.ravel().astype(np.float32)
    half = 0.24 * tall[:, None] * np.sqrt(np.clip(1.15 - up, 0.05, 1.0))[None, :]
    along = reach[:, None] * up
    x = stand.spot.x[chosen][:, None] - dx * along + dz * half * side
    z = stand.spot.z[chosen][:, None] - dz * along - dx * half * side
    area = np.repeat(0.5 * tall * reach / len(up), len(up))
    return *view.seen_from(x.ravel(), z.ravel()), area


def _falls_on_level(layout: Layout, view: View, light: Light, stand: Stand) -> np.ndarray:
    """Whether the middle of each shadow is at about the height of its plant's foot."""
    dx, dz, rise = _key_in_plan(view, light)
    half = 0.5 * np.minimum(stand.tall_m / max(rise, 1e-3), 7.0 * stand.tall_m)
    there = survey(layout, stand.spot.x - dx * half, stand.spot.z - dz * half).height
    return there < stand.spot.ground.height + 0.5 * stand.tall_m


def _plant_shade(layout: Layout, view: View, light: Light, stand: Stand) -> _Grid:
    """Share of the ground under the shadows of plants and stones."""
    grid = _make_grid(view, _PLANT_CELLS, _PLANTS_FAR_M)
    rows, columns = _PLANT_CELLS
    casting = _falls_on_level(layout, view, light, stand) & (stand.tall_m > 0.35)
    near = stand.spot.depth < 75.0
    far = ~near & (stand.spot.depth < _PLANTS_FAR_M)
    cover = np.zeros(rows * columns)
    for group, counts in ((near, (80, 21)), (far, (16, 7))):
        chosen = np.flatnonzero(casting & group)
        depth, across, area = _shadow_points(view, light, stand, chosen, counts)
        row, column = (np.rint(part).astype(np.int64) for part in grid.cell(depth, across))
        inside = (depth > 0) & (row < rows) & (column >= 0) & (column < columns)
        row, column = row[inside], column[inside]
        share = area[inside] / grid.cell_m2(row)
        cover += np.bincount(row * columns + column, share, rows * columns)
    shade = 1.0 - np.exp(-1.6 * _blurred(_blurred(cover.reshape(rows, columns))))
    return replace(grid, values=shade.astype(np.float32))


def _blurred(values: np.ndarray) -> np.ndarray:
    padded = np.pad(values, 1, mode="edge")
    rows = padded[:-2] + 2.0 * padded[1:-1] + padded[2:]
    return (rows[:, :-2] + 2.0 * rows[:, 1:-1] + rows[:, 2:]) / 16.0


class Shadows:
    """The shares of sunlight that reach places of a scene."""

    def __init__(
        self, scene: Scene, view: View, layout: Layout, light: Light, stand: Stand
    ) -> None:
        self._layout, self._clouds = layout, _CLOUD_SHADE[scene.weather]
        self._land = _land_light(view, layout, light)
        self._plants = _plant_shade(layout, view, light, stand)

    def over(self, spot_x: np.ndarray, spot_z: np.ndarray, depth: np.ndarray) -> np.ndarray:
        """Share of the sun that clouds do not block, [N]."""
        if not self._clouds:
            return np.ones_like(depth)
        wave = read_noise(self._layout, "hills", 13, spot_x, spot_z, 1100.0)
        return 1.0 - self._clouds * smoothstep(0.15, 0.9, wave)

    def of_land(self, depth: np.ndarray, across: np.ndarray) -> np.ndarray:
        """Share of the sun that the land does not block, [N]."""
        return self._land.at(depth, across)

    def of_plants(self, depth: np.ndarray, across: np.ndarray) -> np.ndarray:
        """Share of the sun that plants and stones do not block, [N]."""
        fade = 1.0 - smoothstep(0.7 * _PLANTS_FAR_M, _PLANTS_FAR_M, depth)
        return 1.0 - 0.92 * fade * self._plants.at(depth, across)
