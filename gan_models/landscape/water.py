"""Water: reflection, transparency, glitter, foam and ice."""

from __future__ import annotations

import numpy as np

from gan_models.landscape.layout import Layout
from gan_models.landscape.light import Light
from gan_models.landscape.noise import smoothstep
from gan_models.landscape.palette import linear
from gan_models.landscape.scene import Scene
from gan_models.landscape.terrain import read_noise
from gan_models.landscape.view import Sweep, View

_DEEP = {
    "alpine": (22, 84, 92),
    "coast": (14, 74, 98),
    "desert": (24, 92, 92),
    "forest": (30, 58, 56),
    "meadow": (38, 72, 74),
    "tundra": (34, 60, 70),
}
_SHALLOW = {
    "alpine": (96, 150, 142),
    "coast": (112, 182, 168),
    "desert": (120, 160, 120),
    "forest": (84, 88, 62),
    "meadow": (98, 108, 80),
    "tundra": (96, 98, 84),
}
_WIND = {"clear": 0.7, "fair": 1.0, "cloudy": 1.3, "overcast": 0.9, "fog": 0.35}


def _ripples(
    layout: Layout, x: np.ndarray, z: np.ndarray, footprint: np.ndarray, layer: int
) -> np.ndarray:
    """Slope of the waves, about unit size nearby, long ones only in the distance."""
    total = np.zeros_like(x)
    for wave, weight in ((0.9, 0.8), (5.0, 0.8), (28.0, 0.9)):
        seen = np.clip(wave / (1.5 * footprint) - 0.2, 0.0, 1.0)
        total += weight * seen * read_noise(layout, "rough", layer, x, 1.7 * z, 6.0 * wave)
        layer = (layer + 1) % 16
    return total


def _mirrored_row(
    view: View,
    profiles: Sweep,
    depth_map: np.ndarray,
    column: np.ndarray,
    near: np.ndarray,
    up: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Row of the picture whose sample the water reflects, and whether there is one.

    A reflected ray stays in the plane of its column. A point that it hits at depth d is lower in
    the picture, seen directly, than its reflection by twice the eye's height over d.
    """
    land = profiles.heights > 0.02
    index = np.where(land, np.arange(len(profiles.depths))[:, None], len(profiles.depths) - 1)
    next_land = np.minimum.accumulate(index[::-1], axis=0)[::-1]
    start = np.minimum(np.searchsorted(profiles.depths, near * 1.01), len(profiles.depths) - 1)
    target = profiles.depths[next_land[start, column]]
    row = np.zeros_like(column)
    for _ in range(3):
        row = view.horizon_px - view.focal_px * (up - 2.0 * view.eye_m / target)
        row = np.clip(row, 0, depth_map.shape[0] - 1).astype(np.int64)
        found = depth_map[row, column]
        target = np.where(found > near, np.minimum(found, 1e7), target)
    return row, depth_map[row, column] > near


def _under(scene: Scene, light: Light, shore: np.ndarray) -> np.ndarray:
    depth = np.maximum(-shore, 0.0) * 0.09
    clear = np.exp(-depth / 0.55)[:, None]
    deep, shallow = linear(_DEEP[scene.biome]), linear(_SHALLOW[scene.biome])
    glow = 0.55 * light.ambient + 0.35 * light.key_colour * max(float(light.key[1]), 0.0)
    return (deep + (shallow - deep) * clear) * glow


def _foam(
    scene: Scene, layout: Layout, shore: np.ndarray, x: np.ndarray, z: np.ndarray
) -> np.ndarray:
    """Share of white water: the wash at the edge and breakers, [N]."""
    if layout.water != "sea":
        return np.zeros_like(shore)
    wander = read_noise(layout, "fractal", 2, x, z, 60.0)
    lace = read_noise(layout, "rough", 3, x, z, 9.0)
    wind = _WIND[scene.weather]
    reach = np.clip(1.7 + 0.6 * wander + 0.5 * lace, 0.7, 4.0)
    wash = smoothstep(-reach, -0.4, shore)
    phase = shore / 8.5 + 0.55 * wander
    crest = smoothstep(0.72, 0.95, np.sin(2.0 * np.pi * phase) + 0.16 * lace)
    surf = crest * smoothstep(-34.0 * wind, -8.0, shore)
    return np.clip(np.maximum(wash, 0.85 * surf), 0.0, 1.0)


def is_frozen(scene: Scene, layout: Layout) -> bool:
    """Whether the water is frozen: still fresh water in a hard winter."""
    cold = scene.biome in ("alpine", "tundra") and scene.season == "winter"
    return cold and layout.water in ("lake", "ponds")


def shade_water(
    scene: Scene,
    layout: Layout,
    view: View,
    light: Light,
    profiles: Sweep,
    picture: tuple[np.ndarray, np.ndarray],
    samples: tuple[np.ndarray, np.ndarray],
    shore: np.ndarray,
) -> np.ndarray:
    """Light from the water at `samples` (rows, columns), [N, 3].

    `picture` is the picture without water: colour [H, W, 3] and depth [H, W]; `shore` [N] is the
    distance to the water line, negative.
    """
    row, column = samples
    colour, depth_map = picture
    up, across, near = -view.up[row], view.across[column], depth_map[row, column]
    x, z = view.position(across, near)
    footprint = near / np.float32(view.focal_px) / np.sqrt(np.maximum(up, 0.01))
    calm = 0.25 if is_frozen(scene, layout) else _WIND[scene.weather]
    calm *= 1.0 if layout.water == "sea" else 0.35
    wave = _ripples(layout, x, z, footprint, 4) * np.float32(0.016 * calm)
    side = _ripples(layout, x, z, footprint, 9) * np.float32(0.018 * calm)
    lifted = 0.5 * (up + wave + np.sqrt((up + wave) ** 2 + (0.035 * calm) ** 2))
    seen_row, seen = _mirrored_row(view, profiles, depth_map, column, near, lifted)
    shifted = np.clip(column + np.rint(0.35 * side * view.focal_px), 0, len(view.across) - 1)
    mirrored = colour[seen_row, shifted.astype(np.int64)]
    mirrored = np.where(seen[:, None], mirrored, colour[seen_row, column])
    facing = lifted / np.sqrt(1.0 + lifted * lifted + across * across)
    fresnel = (0.03 + 0.97 * (1.0 - facing) ** 5)[:, None] * np.float32(0.92)
    under = _under(scene, light, shore)
    if is_frozen(scene, layout):
        pale = read_noise(layout, "fractal", 2, x, z, 30.0)[:, None]
        ice = linear((164, 186, 204)) * (1.0 + 0.12 * pale)
        under = ice * (0.9 * light.ambient + 0.6 * light.key_colour * max(float(light.key[1]), 0))
        fresnel = fresnel * 0.45
    out = under + (mirrored - under) * fresnel
    ray = np.stack([across + 2.0 * side, lifted, np.ones_like(across)], axis=1)
    ray /= np.linalg.norm(ray, axis=1, keepdims=True)
    aligned = ray[:, 0] * light.key[0] + ray[:, 1] * light.key[1] + ray[:, 2] * light.key[2]
    aligned = np.clip(aligned, 0.0, 1.0)
    glint = 1.6 * aligned**600 + 0.35 * aligned**90
    out = out + glint[:, None] * light.key_colour * np.float32(1.0 - light.grey)
    foam = _foam(scene, layout, shore, x, z)[:, None]
    white = 0.80 * (0.9 * light.ambient + light.key_colour * (0.25 + 0.5 * max(light.key[1], 0.0)))
    return (out + (white - out) * foam).astype(np.float32)
