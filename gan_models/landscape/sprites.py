"""Sprites of single plants and stones, drawn once from fixed seeds, to be placed in the land.

A sprite is a square canvas [CELLS, CELLS], top row first. Each cell has five channels: coverage,
the surface's normal to the right and upwards, a tint around 0, and its part (leaf, wood, blossom).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from gan_models.landscape.noise import SIZE, table

CELLS = 96
VARIANTS = 6
LEAF, WOOD, BLOOM = 0.0, 1.0, 2.0
KINDS = (
    "spruce",
    "pine",
    "oak",
    "birch",
    "palm",
    "cactus",
    "bush",
    "stone",
    "tuft",
    "flower",
    "oak bare",
    "birch bare",
    "bush bare",
)
_WIDTHS = (0.5, 0.6, 0.95, 0.55, 0.9, 0.6, 1.5, 1.5, 1.4, 1.0, 0.95, 0.55, 1.5)
ASPECT = dict(zip(KINDS, _WIDTHS, strict=True))  # width over height of the canvas
_LEVELS = (96, 48, 24, 12, 6)

_U, _Y = np.meshgrid(
    (np.arange(CELLS) + 0.5) / CELLS * 2.0 - 1.0, 1.0 - (np.arange(CELLS) + 0.5) / CELLS
)


def _grain(random: np.random.RandomState, name: str = "fractal", step: int = 2) -> np.ndarray:
    tile = table(name).reshape(SIZE + 1, SIZE + 1)[:SIZE, :SIZE]
    row, column = random.randint(SIZE, size=2)
    rolled = np.roll(tile, (-row, -column), axis=(0, 1))
    return rolled[: CELLS * step : step, : CELLS * step : step].astype(np.float64)


def _stack(
    cover: np.ndarray, nx: ArrayLike, ny: ArrayLike, tint: ArrayLike, part: ArrayLike
) -> np.ndarray:
    planes = np.broadcast_arrays(cover.astype(np.float64), nx, ny, tint, part)
    return np.stack(planes, axis=-1)


def _over(front: np.ndarray, back: np.ndarray) -> np.ndarray:
    return np.where(front[..., :1] > 0.5, front, back)


def _spruce(random: np.random.RandomState) -> np.ndarray:
    grain = _grain(random, "rough")
    num_tiers = random.uniform(8.0, 13.0)
    droop = 0.10 + 0.05 * random.rand()
    tier = (_Y + droop * np.abs(_U)) * num_tiers + 0.35 * np.sign(_U) * random.rand() + 0.12 * grain
    within = tier - np.floor(tier)
    wide = 0.96 * np.clip(1.02 - _Y, 0.0, 1.0) ** 0.85 * (1.0 - 0.42 * within) + 0.03 * grain
    crown = (np.abs(_U) < wide) & (_Y > 0.07)
    tint = 0.22 * grain + 0.9 * (within - 0.45)
    crown = _stack(crown, 0.85 * _U / np.maximum(wide, 0.05), 0.15 + 0.5 * within, tint, LEAF)
    trunk = _stack((np.abs(_U) < 0.07) & (_Y < 0.2), _U / 0.07 * 0.8, 0.1, 0.1 * grain, WOOD)
    return _over(crown, trunk)


def _clumps(random: np.random.RandomState, box: tuple, num: int, size: float) -> np.ndarray:
    """A crown of leafy balls within the ellipse `box` (middle x, middle y, half width, half
    height in canvas units)."""
    grain, fine = _grain(random), _grain(random, "rough", 3)
    middle_x, middle_y, half_x, half_y = box
    best = np.full(_U.shape, -1.0)
    nx, ny, tint = np.zeros_like(best), np.zeros_like(best), np.zeros_like(best)
    for _ in range(num):
        angle, far = random.uniform(0, 2 * np.pi), np.sqrt(random.rand())
        cx, cy = np.cos(angle) * far, np.sin(angle) * far
        radius = size * random.uniform(0.7, 1.3) * (1.0 - 0.35 * far)
        dx = ((_U - middle_x) / half_x - cx) / radius + 0.16 * grain
        dy = ((_Y - middle_y) / half_y - cy) / radius + 0.16 * fine
        inside = 1.0 - dx * dx - dy * dy
        depth = np.where(inside > 0, np.sqrt(np.maximum(inside, 0)) * radius + 1 - far, -1.0)
        front = depth > best
        best = np.where(front, depth, best)
        nx, ny = (
            np.where(front, 0.55 * dx + 0.5 * cx, nx),
            np.where(front, 0.55 * dy + 0.5 * cy, ny),
        )
        tint = np.where(front, 0.35 * random.randn() * 0.5 + 0.30 * dy, tint)
    return _stack(best > 0, nx, ny + 0.15, tint + 0.2 * fine, LEAF)


def _box(line: tuple) -> tuple[slice, slice]:
    """Rows and columns of the canvas that a stroke may touch."""
    x0, y0, x1, y1, w0, w1 = line
    margin = max(w0, w1) + 2.0 / CELLS
    left, right = (min(x0, x1) - margin + 1.0) / 2.0, (max(x0, x1) + margin + 1.0) / 2.0
    top, bottom = 1.0 - max(y0, y1) - margin, 1.0 - min(y0, y1) + margin
    edges = np.clip(np.array([top, bottom, left, right]) * CELLS, 0, CELLS).astype(int)
    return slice(edges[0], edges[1] + 1), slice(edges[2], edges[3] + 1)


def _ink(line: tuple, u: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cover, normal to the right and share of the length of a tapered stroke at (u, y)."""
    x0, y0, x1, y1, w0, w1 = line
    dx, dy = x1 - x0, y1 - y0
    along = np.clip(((u - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy + 1e-9), 0.0, 1.0)
    off_x, off_y = u - x0 - along * dx, y - y0 - along * dy
    width = np.maximum(w0 + along * (w1 - w0), 1e-4)
    in_cells = width * CELLS
    ink = np.clip(in_cells - np.hypot(off_x, off_y) * CELLS + 0.5, 0.0, 1.0)
    ink *= np.clip(in_cells, 0.35, 1.0)  # a stroke finer than a cell covers it in part
    return ink, np.clip(off_x / width, -1.0, 1.0) * 0.85, along


def _strokes(lines: list[tuple], part: float, cover_min: float = 0.9) -> np.ndarray:
    """Tapered strokes: tuples (x0, y0, x1, y1, width at 0, width at 1), canvas units of height."""
    planes = np.zeros((3, CELLS, CELLS))  # cover, normal to the right, how far along the stroke
    for line in lines:
        box = _box(line)
        ink = np.stack(_ink(line, _U[box], _Y[box]))
        planes[:, *box] = np.where(ink[0] > planes[0][box], ink, planes[:, *box])
    cover, nx, along = planes
    cover = np.where(cover > cover_min, 1.0, cover)
    return _stack(cover, nx, 0.25, 0.25 * (along - 0.5), part)


def _branches(random: np.random.RandomState, wide: float, levels: int = 5) -> list[tuple]:
    lines = []

    def grow(x: float, y: float, angle: float, length: float, width: float, level: int) -> None:
        x1, y1 = x + np.sin(angle) * length * wide, y + np.cos(angle) * length
        lines.append((x, y, x1, y1, width, 0.7 * width))
        if level:
            for side in (-1, 1) if random.rand() < 0.75 else (-1, 0.1, 1):
                turn = angle + side * random.uniform(0.25, 0.6)
                grow(x1, y1, turn, length * random.uniform(0.66, 0.86), 0.68 * width, level - 1)

    grow(0.0, 0.0, random.uniform(-0.06, 0.06), 0.27, 0.042, levels)
    return lines


def _bare(random: np.random.RandomState, wide: float, box: tuple) -> np.ndarray:
    tree = _strokes(_branches(random, wide), WOOD)
    x, y, half_x, half_y = box
    ring = ((_U - x) / half_x) ** 2 + ((_Y - y) / half_y) ** 2 + 0.25 * _grain(random)
    twigs = np.clip(1.05 - ring, 0.0, 1.0) * (0.30 + 0.25 * _grain(random, "rough", 3))
    haze = _stack(np.clip(twigs, 0.0, 0.55), 0.5 * _U, 0.3, 0.2 * _grain(random), WOOD)
    return np.where(tree[..., :1] > haze[..., :1], tree, haze)


_OAK_BOX, _BIRCH_BOX = (0.0, 0.60, 0.86, 0.36), (0.0, 0.60, 0.74, 0.36)


def _trunk(width: float, top: float) -> np.ndarray:
    return _strokes([(0.0, 0.0, 0.0, top, width, 0.6 * width)], WOOD)


def _oak(random: np.random.RandomState) -> np.ndarray:
    return _over(_clumps(random, _OAK_BOX, 26, 0.42), _trunk(0.07, 0.5))


def _birch(random: np.random.RandomState) -> np.ndarray:
    return _over(_clumps(random, _BIRCH_BOX, 40, 0.40), _trunk(0.055, 0.6))


def _pine(random: np.random.RandomState) -> np.ndarray:
    crown = np.zeros((CELLS, CELLS, 5))
    for y in np.linspace(0.5, 0.9, 4):
        side = random.uniform(-0.25, 0.25)
        pad = (side, y, 0.85 * (1.25 - y) + 0.1, 0.10)
        crown = _over(_clumps(random, pad, 9, 0.5), crown)
    return _over(crown, _trunk(0.06, 0.85))


def _palm(random: np.random.RandomState) -> np.ndarray:
    lean = random.uniform(-0.25, 0.25)
    points = [(lean * t * t, 0.74 * t) for t in np.linspace(0, 1, 5)]
    trunk = [(*a, *b, 0.03, 0.026) for a, b in pairwise(points)]
    leaves = []
    for angle in np.linspace(-2.1, 2.1, 11) + random.uniform(-0.12, 0.12, 11):
        x, y, heading = *points[-1], angle
        for step in range(5):
            length = 0.105
            x1, y1 = x + np.sin(heading) * length * 1.25, y + np.cos(heading) * length
            leaves.append((x, y, x1, y1, 0.034 * (1 - step / 6), 0.034 * (1 - (step + 1) / 6)))
            x, y, heading = x1, y1, heading + 0.33 * np.sign(heading)
    return _over(_strokes(leaves, LEAF, 0.5), _strokes(trunk, WOOD))


def _cactus(random: np.random.RandomState) -> np.ndarray:
    lines = [(0.0, 0.0, 0.0, 0.9, 0.13, 0.11)]
    for side in (-1, 1)[: 1 + (random.rand() < 0.75)]:
        low, reach, tip = (
            random.uniform(0.3, 0.5),
            random.uniform(0.4, 0.62),
            random.uniform(0.62, 0.85),
        )
        lines += [(0.0, low, side * reach, low + 0.05, 0.085, 0.085)]
        lines += [(side * reach, low + 0.05, side * reach, tip, 0.085, 0.075)]
    sprite = _strokes(lines, LEAF)
    sprite[..., 3] = 0.25 * np.sin(_U * 55.0)
    return sprite


def _bush(random: np.random.RandomState) -> np.ndarray:
    return _clumps(random, (0.0, 0.42, 0.85, 0.46), 16, 0.5)


def _bush_bare(random: np.random.RandomState) -> np.ndarray:
    fan = [
        (
            random.uniform(-0.2, 0.2),
            0.0,
            x,
            random.uniform(0.35, 0.9) * (1.1 - 0.6 * abs(x)),
            0.012,
            0.008,
        )
        for x in random.uniform(-0.85, 0.85, 34)
    ]
    return _strokes(fan, WOOD)


def _stone(random: np.random.RandomState) -> np.ndarray:
    """A convex body of random facets, seen from the front."""
    normals = random.randn(22, 3) * [1.0, 0.9, 0.8]
    normals[:, 2] = np.abs(normals[:, 2]) + 0.15
    normals = np.concatenate([normals, [[-1, 0.3, 0.2], [1, 0.3, 0.2], [0, 1, 0.3], [0, 0.2, 1.0]]])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    offsets = random.uniform(0.62, 0.9, len(normals))
    x, y = _U[..., None] * 1.0, (_Y[..., None] - 0.25) * 1.25
    front = (offsets - x * normals[:, 0] - y * normals[:, 1]) / normals[:, 2]
    facet = normals[np.argmin(front, axis=-1)]
    facet = 0.65 * facet + 0.45 * np.stack([x[..., 0], y[..., 0], 0.6 + 0.0 * _U], axis=-1)
    grain = _grain(random, "rough")
    cover = front.min(axis=-1) + 0.03 * grain > 0
    return _stack(cover, facet[..., 0], facet[..., 1], 0.16 * grain, LEAF)


def _blades(random: np.random.RandomState, num: int, tall: float) -> list[tuple]:
    lines = []
    for foot in random.uniform(-0.6, 0.6, num):
        height = tall * random.uniform(0.45, 1.0) * (1.0 - 0.5 * abs(foot))
        lean = 0.5 * foot + 0.25 * random.randn()
        lines.append((foot, 0.0, foot + lean * height, height, 0.022, 0.008))
    return lines


def _tuft(random: np.random.RandomState) -> np.ndarray:
    sprite = _strokes(_blades(random, 34, 0.95), LEAF)
    sprite[..., 1:3] = 0.0, 0.85
    sprite[..., 3] = 0.55 * (_Y - 0.25)
    return sprite


def _flower(random: np.random.RandomState) -> np.ndarray:
    stems = _blades(random, 20, 0.9)
    sprite = _strokes(stems, LEAF)
    sprite[..., 1:3] = 0.0, 0.85
    sprite[..., 3] = 0.5 * (_Y - 0.25)
    for stem in stems[:13]:
        inside = np.hypot(_U - stem[2], _Y - stem[3]) < random.uniform(0.055, 0.085)
        sprite[inside] = (1.0, 0.0, 0.6, 0.3 * random.randn(), BLOOM)
    return sprite


_MAKERS: dict[str, Callable[[np.random.RandomState], np.ndarray]] = {
    "spruce": _spruce,
    "pine": _pine,
    "oak": _oak,
    "birch": _birch,
    "palm": _palm,
    "cactus": _cactus,
    "bush": _bush,
    "stone": _stone,
    "tuft": _tuft,
    "flower": _flower,
    "oak bare": lambda random: _bare(random, 1.05, _OAK_BOX),
    "birch bare": lambda random: _bare(random, 0.9, _BIRCH_BOX),
    "bush bare": _bush_bare,
}


def _shrink(sprite: np.ndarray) -> np.ndarray:
    """Half the size: coverage averaged, the other channels weighted by it."""
    size = sprite.shape[0] // 2
    blocks = sprite.reshape(size, 2, size, 2, 5)
    cover = blocks[..., :1].mean(axis=(1, 3))
    rest = (blocks[..., 1:] * blocks[..., :1]).mean(axis=(1, 3)) / np.maximum(cover, 1e-6)
    return np.concatenate([cover, rest], axis=-1)


@cache
def atlas() -> tuple[np.ndarray, np.ndarray]:
    """All sprites at all sizes: cells float32 [N, 5], and the start of each,
    [level, kind, variant]."""
    sheets, starts, total = [], [], 0
    originals = [
        [_MAKERS[kind](np.random.RandomState(1000 + 31 * k + v)) for v in range(VARIANTS)]
        for k, kind in enumerate(KINDS)
    ]
    for size in _LEVELS:
        cells = np.asarray(originals, np.float32).reshape(-1, 5)
        sheets.append(cells)
        grid = np.arange(len(KINDS) * VARIANTS).reshape(len(KINDS), VARIANTS) * size * size
        starts.append(total + grid)
        total += len(cells)
        originals = [[_shrink(sprite) for sprite in row] for row in originals]
    return np.concatenate(sheets), np.asarray(starts)


def level_for(height_px: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Atlas level and its canvas size for sprites that are `height_px` tall in the picture."""
    level = np.searchsorted(-np.asarray(_LEVELS[1:]), -np.asarray(height_px, np.float64) * 0.9)
    level = np.minimum(level, len(_LEVELS) - 1)
    return level, np.asarray(_LEVELS)[level]
