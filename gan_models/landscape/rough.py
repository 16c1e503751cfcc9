"""Label maps similar to hand-painted ones: a few broad strokes and blobs, without fine detail."""

from __future__ import annotations

import numpy as np

from gan_models.landscape.scene import (
    CLOUD,
    FLOWERS,
    FOREST,
    GRASS,
    HILL,
    LABELS,
    MOUNTAIN,
    PATH,
    ROCK,
    SAND,
    SKY,
    SNOW,
    WATER,
)

_GROUNDS = (GRASS, GRASS, GRASS, SAND, SNOW, SNOW, HILL, ROCK, FOREST, WATER)
_PATCHES = (WATER, FOREST, FOREST, FLOWERS, SAND, ROCK, SNOW, GRASS, HILL)
_SHARE_OF_CHANCE = 0.3  # maps without any order


def _wave(random: np.random.RandomState, x: np.ndarray, roughness: float) -> np.ndarray:
    """A smooth random line over [0, 1], about unit size."""
    total = np.zeros_like(x)
    for octave in range(4):
        phase, weight = random.uniform(0.0, 2.0 * np.pi), random.randn() * roughness**octave
        total += weight * np.sin(2.0 * np.pi * (0.7 * 2**octave) * x + phase)
    return total


def _blob(random: np.random.RandomState, u: np.ndarray, v: np.ndarray, box: tuple) -> np.ndarray:
    """A wobbly disc: `box` is middle u, middle v, half width, half height."""
    middle_u, middle_v, half_u, half_v = box
    du, dv = (u - middle_u) / half_u, (v - middle_v) / half_v
    angle = np.arctan2(dv, du)
    edge = np.ones_like(angle)
    for k in range(2, 6):
        edge += random.randn() * 0.16 / np.sqrt(k) * np.cos(k * angle + random.uniform(0.0, 6.3))
    return np.hypot(du, dv) < edge


def _stroke(
    random: np.random.RandomState, u: np.ndarray, v: np.ndarray, width: float
) -> np.ndarray:
    """A thick curved line from one point to another."""
    start, end, bend = random.uniform(0.0, 1.0, (3, 2))
    inside = np.zeros(u.shape, bool)
    for t in np.linspace(0.0, 1.0, 40):
        point = (1 - t) ** 2 * start + 2 * t * (1 - t) * bend + t * t * end
        inside |= np.hypot(u - point[0], v - point[1]) < width
    return inside


def _ordered(random: np.random.RandomState, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Sky over far land over near ground, with patches, perhaps a path."""
    label = np.full(u.shape, SKY, np.uint8)
    horizon = random.uniform(0.25, 0.65)
    for _ in range(random.randint(0, 4)):
        box = (random.rand(), horizon * random.rand() * 0.8, random.uniform(0.08, 0.3), 0.06)
        label[_blob(random, u, v, box)] = CLOUD
    if random.rand() < 0.08:
        label[:] = CLOUD
    if random.rand() < 0.6:
        far = random.choice([MOUNTAIN, MOUNTAIN, SNOW, HILL])
        tall = random.uniform(0.06, 0.28) * (1.0 + 0.5 * np.abs(_wave(random, u, 0.6)))
        label[v > horizon - tall] = far
    if random.rand() < 0.6:
        middle = random.choice([HILL, FOREST, FOREST, GRASS])
        label[v > horizon - 0.05 + 0.04 * _wave(random, u, 0.45)] = middle
    line = horizon + random.uniform(0.0, 0.1)
    flat = random.choice([0.0, 0.02, 0.04])
    label[v > line + flat * _wave(random, u, 0.4)] = random.choice(_GROUNDS)
    for _ in range(random.randint(0, 5)):
        middle_v = random.uniform(line + 0.03, 1.0)
        wide = random.uniform(0.08, 0.45)
        box = (random.rand(), middle_v, wide, wide * random.uniform(0.25, 0.7))
        below = v > line - 0.04
        label[_blob(random, u, v, box) & below] = random.choice(_PATCHES)
    if random.rand() < 0.3:
        span = np.clip((v - line) / (1.0 - line), 0.0, 1.0)
        middle = random.uniform(0.3, 0.7) + 0.22 * span * _wave(random, span, 0.5)
        width = 0.008 + random.uniform(0.05, 0.12) * span
        label[(np.abs(u - middle) < width) & (v > line)] = random.choice([PATH, PATH, WATER])
    return label


def _chance(random: np.random.RandomState, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Blobs and strokes of any label anywhere."""
    label = np.full(u.shape, random.randint(len(LABELS)), np.uint8)
    for _ in range(random.randint(3, 11)):
        size = random.uniform(0.08, 0.42)
        if random.rand() < 0.75:
            box = (random.rand(), random.rand(), size, size * random.uniform(0.4, 1.3))
            shape = _blob(random, u, v, box)
        else:
            shape = _stroke(random, u, v, 0.3 * size)
        label[shape] = random.randint(len(LABELS))
    return label


def rough_label_map(seed: int, resolution: int = 128) -> np.ndarray:
    """A label map similar to a hand-painted one, uint8 [H, W], the same at any resolution.

    70 % have the order of a landscape, with the sky at the top; the others are random blobs and
    strokes of any label.

    Raises:
        ValueError: the seed is not from 0 to 2^32 - 1, or the resolution is under 1.
    """
    if not 0 <= seed < 2**32 or resolution < 1:
        raise ValueError(
            f"No rough map has seed {seed} and {resolution} pixels. Choose a seed from 0 to "
            "4294967295 and a resolution of 1 or more."
        )
    random = np.random.RandomState(seed)
    steps = (np.arange(resolution) + 0.5) / resolution
    u, v = np.meshgrid(steps, steps)
    draw = _chance if random.rand() < _SHARE_OF_CHANCE else _ordered
    return draw(random, u, v)
