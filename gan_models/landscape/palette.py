"""Colours by biome and season: albedo in linear light."""

from __future__ import annotations

import numpy as np

from gan_models.landscape.scene import (
    FLOWERS,
    FOREST,
    GRASS,
    HILL,
    MOUNTAIN,
    PATH,
    ROCK,
    SAND,
    SNOW,
    Scene,
)

Colour = tuple[int, int, int]

_GRASS: dict[str, dict[str, Colour]] = {
    "alpine": {
        "spring": (116, 134, 74),
        "summer": (104, 126, 66),
        "autumn": (158, 130, 70),
        "winter": (136, 126, 92),
    },
    "coast": {
        "spring": (116, 148, 74),
        "summer": (124, 142, 78),
        "autumn": (166, 136, 82),
        "winter": (128, 120, 92),
    },
    "desert": {
        "spring": (134, 140, 80),
        "summer": (150, 138, 88),
        "autumn": (152, 120, 70),
        "winter": (138, 130, 100),
    },
    "forest": {
        "spring": (104, 130, 66),
        "summer": (86, 110, 56),
        "autumn": (150, 112, 58),
        "winter": (118, 108, 82),
    },
    "meadow": {
        "spring": (116, 150, 68),
        "summer": (130, 148, 74),
        "autumn": (182, 150, 80),
        "winter": (146, 136, 98),
    },
    "tundra": {
        "spring": (128, 122, 84),
        "summer": (108, 122, 70),
        "autumn": (150, 96, 62),
        "winter": (128, 112, 92),
    },
}
_ROCK: dict[str, Colour] = {
    "alpine": (124, 122, 120),
    "coast": (118, 110, 102),
    "desert": (172, 104, 70),
    "forest": (112, 108, 100),
    "meadow": (128, 124, 116),
    "tundra": (110, 110, 112),
}
_SAND: dict[str, Colour] = {
    "alpine": (158, 150, 136),
    "coast": (216, 194, 152),
    "desert": (218, 168, 108),
    "forest": (150, 132, 106),
    "meadow": (172, 152, 116),
    "tundra": (140, 132, 120),
}
_DESERT_SAND: dict[str, Colour] = {
    "spring": (214, 172, 122),
    "summer": (230, 182, 116),
    "autumn": (204, 142, 88),
    "winter": (196, 166, 134),
}
_LEAVES: dict[str, tuple[Colour, ...]] = {  # broad leaves; each tree takes one of them
    "spring": ((116, 150, 62), (130, 158, 72), (106, 142, 60), (144, 162, 84)),
    "summer": ((74, 112, 44), (84, 120, 50), (66, 102, 42), (92, 124, 54)),
    "autumn": ((206, 120, 36), (192, 82, 32), (218, 160, 46), (158, 118, 50)),
    "winter": ((112, 98, 84), (104, 92, 80), (118, 104, 92), (100, 90, 80)),
}
_NEEDLES: dict[str, tuple[Colour, ...]] = {
    "spring": ((62, 92, 52), (70, 100, 56), (58, 86, 52), (76, 104, 58)),
    "summer": ((48, 78, 46), (56, 86, 50), (46, 72, 44), (60, 90, 50)),
    "autumn": ((58, 80, 46), (66, 86, 48), (54, 74, 44), (74, 88, 48)),
    "winter": ((50, 70, 54), (56, 76, 58), (48, 66, 52), (60, 80, 60)),
}
_SHRUBS: dict[str, tuple[Colour, ...]] = {
    "spring": ((124, 150, 72), (140, 152, 84), (112, 140, 70), (152, 152, 84)),
    "summer": ((102, 120, 66), (116, 124, 72), (92, 112, 62), (128, 128, 76)),
    "autumn": ((186, 84, 40), (170, 64, 40), (198, 122, 50), (150, 96, 52)),
    "winter": ((116, 100, 82), (106, 92, 78), (122, 108, 90), (100, 90, 78)),
}
_BLOOMS: tuple[Colour, ...] = (
    (236, 196, 48),
    (226, 92, 130),
    (196, 118, 206),
    (240, 236, 226),
    (222, 66, 52),
    (132, 110, 214),
)
WOOD: Colour = (86, 70, 58)
PALE_WOOD: Colour = (190, 184, 174)
_SNOW: Colour = (236, 241, 248)


def linear(colour: object) -> np.ndarray:
    """Display colours 0 to 255, [..., 3], in linear light."""
    return ((np.asarray(colour, np.float64) / 255.0) ** 2.2).astype(np.float32)


def _mix(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    return a + (b - a) * np.float32(share)


def ground_colours(scene: Scene, hue: np.ndarray) -> np.ndarray:
    """Albedo of the ground by label, [12, 3]; `hue` is the tint of the place."""
    biome, season = scene.biome, scene.season
    table = np.full((12, 3), 0.2, np.float32)
    grass, rock = linear(_GRASS[biome][season]), linear(_ROCK[biome])
    forest = linear(np.mean((_LEAVES if biome != "alpine" else _NEEDLES)[season], axis=0))
    table[GRASS] = grass
    table[HILL] = _mix(grass, rock, 0.35)
    table[ROCK] = rock
    table[MOUNTAIN] = _mix(rock, linear((112, 112, 128)), 0.45)
    table[SNOW] = linear(_SNOW)
    table[FOREST] = _mix(forest, linear((70, 66, 44)), 0.35) * np.float32(0.75)
    table[FLOWERS] = grass
    table[SAND] = linear(_DESERT_SAND[season] if biome == "desert" else _SAND[biome])
    table[PATH] = _mix(linear((168, 142, 108)), table[SAND] * 0.8, 0.3)
    if biome == "desert":
        table[PATH] = table[SAND] * 0.45
    elif season == "winter":
        table[PATH] = _mix(table[PATH], table[SNOW], 0.22)
    tint = 1.0 + 0.05 * np.clip(hue[:3], -2.0, 2.0)
    table[:] = table * tint.astype(np.float32) * np.float32(1.0 + 0.06 * np.clip(hue[3], -2, 2))
    return np.clip(table, 0.0, 0.95)


def leaf_colours(kind: str, scene: Scene) -> np.ndarray:
    """The four albedos a plant of `kind` may have, [4, 3]."""
    if kind in ("spruce", "pine"):
        return linear(_NEEDLES[scene.season])
    if kind == "palm":
        return linear(((92, 122, 54), (102, 130, 60), (84, 114, 52), (110, 132, 62)))
    if kind == "cactus":
        return linear(((84, 112, 72), (92, 120, 76), (78, 104, 68), (100, 122, 78)))
    if kind.startswith("bush"):
        return linear(_SHRUBS[scene.season])
    if kind in ("tuft", "flower"):
        grass = np.asarray(_GRASS[scene.biome][scene.season], np.float64)
        return linear([grass * k for k in (0.86, 0.95, 1.0, 1.08)])
    if kind == "stone":
        rock = np.asarray(_ROCK[scene.biome], np.float64)
        return linear([rock * k for k in (0.9, 1.0, 1.06, 0.96)])
    return linear(_LEAVES[scene.season])


def bloom_colours(hue: np.ndarray) -> np.ndarray:
    """The two albedos flowers have in this place, [2, 3]."""
    first = int(abs(hue[4]) * 1000) % len(_BLOOMS)
    second = (first + 1 + int(abs(hue[5]) * 1000) % (len(_BLOOMS) - 1)) % len(_BLOOMS)
    return linear((_BLOOMS[first], _BLOOMS[second]))
