"""Land cover: woods, flowers and snow as fields over the plan; there is cover where they exceed 0.

Only the field of snow depends on the season.
"""

from __future__ import annotations

import numpy as np

from gan_models.landscape.layout import Layout
from gan_models.landscape.noise import smoothstep
from gan_models.landscape.scene import Scene
from gan_models.landscape.terrain import Ground, path_distance, read_noise

_TREELINE_M = 380.0
# biome -> snow cover of level ground by season; above 0 most of it is covered
_SNOW_COVER = {
    "alpine": {"spring": -0.50, "summer": -2.0, "autumn": -1.2, "winter": 0.75},
    "coast": {"spring": -2.0, "summer": -2.0, "autumn": -2.0, "winter": 0.10},
    "desert": {"spring": -2.0, "summer": -2.0, "autumn": -2.0, "winter": -0.24},
    "forest": {"spring": -2.0, "summer": -2.0, "autumn": -2.0, "winter": 0.60},
    "meadow": {"spring": -2.0, "summer": -2.0, "autumn": -2.0, "winter": 0.48},
    "tundra": {"spring": -0.08, "summer": -1.6, "autumn": -0.8, "winter": 0.85},
}
_SNOW_LINE_M = {"spring": 480.0, "summer": 880.0, "autumn": 660.0, "winter": 150.0}
_DRY_SNOW_LINE_M = {"spring": 1200.0, "summer": 3000.0, "autumn": 2000.0, "winter": 330.0}
# the snow line of lower mountains, as a share of their height
_SNOW_LINE_SHARE = {"spring": 0.36, "summer": 0.62, "autumn": 0.50, "winter": 0.10}


def snow_amount(scene: Scene) -> float:
    """The share of the snow cover of a full winter, 0 to 1."""
    return float(np.clip(0.5 + _SNOW_COVER[scene.biome][scene.season], 0.0, 1.0))


def woods(layout: Layout, x: np.ndarray, z: np.ndarray, ground: Ground) -> np.ndarray:
    """Above 0 under trees, about `layout.forest` of the land."""
    if layout.forest <= 0.0:
        return np.full_like(x, -2.0)
    d = np.sqrt(x * x + z * z)
    field = read_noise(layout, "fractal", 3, x, z, layout.forest_wave_m)
    field += 1.5 * (2.0 * layout.forest - 1.0)
    field -= 4.0 * (1.0 - smoothstep(layout.clearing_m, 2.2 * layout.clearing_m + 12.0, d))
    field -= 3.0 * smoothstep(_TREELINE_M, _TREELINE_M + 160.0, ground.height)
    field -= 4.0 * (1.0 - smoothstep(2.0, 9.0, ground.shore))
    if layout.water == "sea":
        field -= 4.0 * (1.0 - smoothstep(layout.beach_m, layout.beach_m + 25.0, ground.shore))
    if layout.path:
        field -= 4.0 * (
            1.0 - smoothstep(layout.path, layout.path + 5.0, path_distance(layout, x, z))
        )
    return field


def blooms(layout: Layout, x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Above 0 where flowers grow in their season."""
    field = read_noise(layout, "fractal", 4, x, z, 55.0)
    field += 0.35 * read_noise(layout, "rough", 5, x, z, 60.0)
    return field + 1.9 * (layout.flowers - 0.72)


def flower_strength(scene: Scene) -> float:
    """The density of flowers in the season, 0 to 1."""
    rich = {"spring": 1.0, "summer": 0.8, "autumn": 0.0, "winter": 0.0}[scene.season]
    if scene.biome == "desert":
        return 1.0 if scene.season == "spring" else 0.0
    return rich


def snow(
    scene: Scene, layout: Layout, x: np.ndarray, z: np.ndarray, ground: Ground, slope: np.ndarray
) -> np.ndarray:
    """Above 0 under snow: by season, height and slope; not along the sea."""
    base = _SNOW_COVER[scene.biome][scene.season]
    line = (_DRY_SNOW_LINE_M if scene.biome == "desert" else _SNOW_LINE_M)[scene.season]
    grain = 0.20 * read_noise(layout, "fractal", 6, x, z, 45.0)
    grain += 0.14 * read_noise(layout, "fractal", 7, x, z, 420.0)
    if scene.biome != "desert" and layout.mountains_m:
        line = np.clip(_SNOW_LINE_SHARE[scene.season] * layout.mountains_m, 0.45 * line, line)
    high = np.clip((ground.height - line) / 220.0, -1.5, 0.9)
    field = np.maximum(base, high) + grain - 0.55 * np.maximum(slope - 0.75, 0.0)
    if layout.water != "none":
        dry = 4.0 if layout.water == "sea" else 0.5
        field -= 1.5 * (1.0 - smoothstep(0.3 * dry, dry, ground.shore))
    return field
