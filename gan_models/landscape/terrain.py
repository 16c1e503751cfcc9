"""Terrain: heights, shores and paths as functions of a position in the plan.

Heights are over the water level, in metres; positions are `x` to the right of and `z` ahead of the
camera's foot. Everything takes float32 arrays of one shape and is the same in every season.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gan_models.landscape.layout import Layout
from gan_models.landscape.noise import sample, smoothstep

_CELLS_A_WAVE = 190.0  # of the tables' lowest waves, which dominate them
NO_SHORE_M = 1e6
_ISLANDS_FROM_M = 500.0


class Ground(NamedTuple):
    """The terrain at each position; arrays of one shape, metres."""

    height: np.ndarray
    shore: np.ndarray  # distance to the water line, negative in the water
    hill: np.ndarray  # the hills' share of the height
    mountain: np.ndarray  # the mountains' share of the height


def read_noise(
    layout: Layout, name: str, layer: int, x: np.ndarray, z: np.ndarray, wave_m: float
) -> np.ndarray:
    """A noise table over the plan, its broadest waves `wave_m` long; `layer` gives its position."""
    scale = _CELLS_A_WAVE / wave_m
    c, s = (layout.turn[layer] * scale).tolist()
    shift_x, shift_z = layout.shift[layer].tolist()
    return sample(name, c * x - s * z + shift_x, s * x + c * z + shift_z)


def river_course(layout: Layout, z: np.ndarray) -> np.ndarray:
    """The river's x at `z`: meandering more widely with distance, away from the camera's foot."""
    side = 1.0 if layout.bends[0] > 0 else -1.0
    start = side * (0.5 * layout.shore_m + 5.0 + 6.0 * abs(layout.bends[1]))
    reach = np.maximum(z, 0.0)
    swing = (10.0 + 0.9 * layout.shore_m) * smoothstep(15.0, 110.0, reach)
    phase = 3.1 * layout.bends[2]
    meander = swing * (
        np.sin(reach / (22.0 + 2.2 * layout.shore_m) + phase) - np.sin(phase) * np.exp(-reach / 60)
    )
    return (
        start * (1 - 0.8 * smoothstep(10.0, 150.0, reach))
        + meander
        + 0.12 * reach * (layout.bends[3] * np.sin(reach / 310.0 + phase))
    )


def path_course(layout: Layout, z: np.ndarray) -> np.ndarray:
    """The path's x at `z`: winding, more widely with distance."""
    reach = np.maximum(z, 0.0)
    b0, b1, b2, b3 = layout.bends[4:8]
    wind = (0.10 + 0.06 * b0) * reach * np.sin(1.9 * np.log1p(reach / 11.0) + 3.0 * b1)
    ripple = 2.2 * np.sin(reach / 14.0 + 3.0 * b2) * smoothstep(3.0, 30.0, reach)
    return 3.2 * b3 + wind + ripple


def path_distance(layout: Layout, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Metres from the path's middle, measured across it."""
    here = path_course(layout, z)
    slant = (path_course(layout, z + 0.5) - here) * 2.0
    return np.abs(x - here) / np.sqrt(1.0 + slant * slant)


def _sea_shore(layout: Layout, x: np.ndarray, z: np.ndarray, d: np.ndarray) -> np.ndarray:
    out = float(np.sin(layout.shore_angle)), float(np.cos(layout.shore_angle))
    straight = layout.shore_m - out[0] * x - out[1] * z
    bays = read_noise(layout, "hills", 11, x, z, 1300.0) * (170.0 + 80.0 * layout.bends[1])
    coves = read_noise(layout, "fractal", 12, x, z, 110.0) * 7.0
    shore = straight + bays * smoothstep(20.0, 500.0, d) + coves * smoothstep(5.0, 120.0, d)
    islands = (read_noise(layout, "hills", 13, x, z, 1500.0) - 1.25) * 260.0
    return np.maximum(shore, islands - 400.0 * (1 - smoothstep(_ISLANDS_FROM_M, 1500.0, d)))


def _lake_shore(layout: Layout, x: np.ndarray, z: np.ndarray, d: np.ndarray) -> np.ndarray:
    size = min(layout.lake_width_m, layout.lake_depth_m)
    off_x = (x - 0.35 * layout.bends[0] * layout.lake_width_m) / layout.lake_width_m
    off_z = (z - layout.shore_m - layout.lake_depth_m) / layout.lake_depth_m
    ring = (np.sqrt(off_x * off_x + off_z * off_z) - 1.0) * 0.8 * size
    ragged = read_noise(layout, "fractal", 11, x, z, 1.4 * size) * 0.13 * size
    return ring + ragged * smoothstep(0.3 * layout.shore_m, 2.0 * layout.shore_m, d)


def shore_distance(layout: Layout, x: np.ndarray, z: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Metres to the water line, negative in the water; `NO_SHORE_M` where there is no water."""
    if layout.water == "sea":
        return _sea_shore(layout, x, z, d)
    if layout.water == "lake":
        return _lake_shore(layout, x, z, d)
    if layout.water == "river":
        here = river_course(layout, z)
        slant = river_course(layout, z + 1.0) - here
        across = np.abs(x - here) / np.sqrt(1.0 + slant * slant) - 0.5 * layout.shore_m
        return across + read_noise(layout, "fractal", 11, x, z, 40.0) * 0.07 * layout.shore_m
    if layout.water == "ponds":
        wet = read_noise(layout, "fractal", 11, x, z, 260.0)
        return 32.0 * (0.35 - wet) + 40.0 * (1 - smoothstep(8.0, 45.0, d))
    return np.full_like(x, NO_SHORE_M)


def _dunes(layout: Layout, x: np.ndarray, z: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Long windward slopes, sharp crests, steep lee sides."""
    wave = layout.dunes_wave_m
    c, s = layout.turn[5].tolist()
    warp = read_noise(layout, "hills", 6, x, z, 5.0 * wave)
    phase = (c * x + s * z) / wave + 0.55 * warp + layout.bends[0]
    phase -= np.floor(phase)
    profile = np.where(phase < 0.7, (phase / 0.7) ** 1.4, ((1.0 - phase) / 0.3) ** 1.15)
    swell = np.clip(0.65 + 0.4 * read_noise(layout, "hills", 7, x, z, 3.4 * wave), 0.05, None)
    return layout.dunes_m * profile * swell * smoothstep(6.0, 0.8 * wave, d)


def _mesas(layout: Layout, x: np.ndarray, z: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Table mountains: a slope of scree, a wall, a flat top, and a second step."""
    plan = read_noise(layout, "hills", 8, x, z, 900.0)
    plan += 0.05 * read_noise(layout, "fractal", 3, x, z, 220.0)
    plan *= smoothstep(250.0, 650.0, d)
    wall = 0.6 * smoothstep(0.52, 0.66, plan) + 0.28 * smoothstep(1.02, 1.14, plan)
    return layout.mesas_m * (wall + 0.22 * smoothstep(0.1, 0.58, plan))


def _mountains(layout: Layout, x: np.ndarray, z: np.ndarray, d: np.ndarray) -> np.ndarray:
    start = layout.mountains_from_m
    mask = smoothstep(start, 2.1 * start, d)
    wave = layout.mountains_wave_m
    warp = 0.16 * wave * read_noise(layout, "hills", 12, x, z, 0.9 * wave)
    crest = read_noise(layout, "ridges", 9, x + warp, z - warp, wave)
    massif = 0.62 + 0.4 * read_noise(layout, "hills", 10, x, z, 2.4 * wave)
    return layout.mountains_m * mask * np.clip(massif, 0.08, None) * (0.12 + crest)


def _free_ground(
    layout: Layout, x: np.ndarray, z: np.ndarray, d: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Height without water, and the parts of it that are hill and mountain."""
    near = smoothstep(2.0, 26.0, d)
    height = read_noise(layout, "hills", 0, x, z, layout.roll_wave_m)
    if layout.dunes_m < 5.0:
        height += 0.18 * read_noise(layout, "fractal", 1, x, z, 0.22 * layout.roll_wave_m)
    height *= layout.roll_m * near
    swell = np.clip(0.45 + 0.6 * read_noise(layout, "hills", 2, x, z, layout.hills_wave_m), 0, None)
    rise = smoothstep(layout.hills_from_m, 2.2 * layout.hills_from_m + 250.0, d)
    hill = layout.hills_m * rise * swell
    if layout.valley_m:
        aside = np.abs(x - 0.15 * layout.bends[3] * z)
        flank = smoothstep(layout.valley_width_m, 4.5 * layout.valley_width_m, aside)
        grain = 0.8 + 0.2 * read_noise(layout, "fractal", 4, x, z, 500.0)
        hill += layout.valley_m * flank * grain * smoothstep(60.0, 700.0, d)
    if layout.mesas_m:
        hill += _mesas(layout, x, z, d)
    if layout.dunes_m:
        height += _dunes(layout, x, z, d)
    mountain = _mountains(layout, x, z, d) if layout.mountains_m else np.zeros_like(x)
    return height + hill + mountain, hill, mountain


def _beside_water(layout: Layout, free: np.ndarray, shore: np.ndarray) -> np.ndarray:
    """The free ground, raised above the water on land and lowered below it along the shore."""
    reach = {"sea": 110.0, "lake": 45.0, "ponds": 25.0}.get(layout.water, 18.0)
    land = 0.5 * (free + np.sqrt(free * free + 3.0))
    bank = 1.6 * (1.0 - np.exp(-0.045 * np.maximum(shore, 0.0)))
    bed = np.maximum(0.09 * shore, -9.0)
    if layout.cliff_m:
        foot = layout.beach_m
        bank += layout.cliff_m * smoothstep(foot, foot + 7.0, shore)
    return np.where(shore > 0.0, bank + land * smoothstep(0.0, reach, shore), bed)


def survey(layout: Layout, x: np.ndarray, z: np.ndarray) -> Ground:
    """The ground at positions `x`, `z` of the plan."""
    d = np.sqrt(x * x + z * z)
    height, hill, mountain = _free_ground(layout, x, z, d)
    shore = shore_distance(layout, x, z, d)
    if layout.water != "none":
        height = _beside_water(layout, height, shore)
    return Ground(height, shore, hill, mountain)
