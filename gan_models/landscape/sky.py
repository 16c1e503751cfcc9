"""The sky of a picture: gradient, sun, stars, and clouds with light and shade."""

from __future__ import annotations

import numpy as np

from gan_models.landscape.layout import Layout
from gan_models.landscape.light import Light, sky_colour
from gan_models.landscape.noise import cell_hash, sample, smoothstep
from gan_models.landscape.scene import CLOUD, SKY, Scene
from gan_models.landscape.view import View

_NUM_HEAPS = {"clear": (0, 2), "fair": (4, 9), "cloudy": (9, 15), "overcast": (0, 1), "fog": (0, 1)}
_VEIL = {"clear": 1.9, "fair": 1.45, "cloudy": 0.35, "overcast": -3.0, "fog": 9.0}


def _heap_field(
    view: View, up: np.ndarray, random: np.random.RandomState, num: int
) -> tuple[np.ndarray, np.ndarray]:
    """Thickness of heaped clouds and height within them, [R, W]: soft balls on flat bases."""
    field = np.zeros((len(up), len(view.across)), np.float32)
    level = np.zeros_like(field)
    for _ in range(num):
        base = float(0.03 + 0.6 * random.rand() ** 1.5)
        size = (0.06 + 0.46 * base) * float(random.uniform(0.5, 1.2))
        middle = float(random.uniform(-0.85, 0.85))
        tall = float(random.uniform(0.10, 0.42))
        row = np.linspace(-0.8, 0.8, 9) + random.uniform(-0.09, 0.09, 9)
        heap = np.clip(0.28 * random.randn(12), -0.5, 0.5)
        for i, offset in enumerate([*row, *heap]):
            radius = size * float(random.uniform(0.15, 0.28)) * (1.1 - 0.6 * abs(offset))
            lift = 0.0 if i < len(row) else tall * float(random.rand()) * (1.0 - 1.2 * abs(offset))
            centre = base + 0.55 * radius + size * lift
            _add_ball(view, up, field, level, (middle + offset * size, centre, radius, base, size))
    return field, level


def _add_ball(
    view: View,
    up: np.ndarray,
    field: np.ndarray,
    level: np.ndarray,
    ball: tuple[float, float, float, float, float],
) -> None:
    across, centre, radius, base, size = ball
    left, right = np.searchsorted(view.across, [across - radius, across + radius])
    top, bottom = np.searchsorted(-up, [-(centre + radius), -max(centre - radius, base - 0.02)])
    if left >= right or top >= bottom:
        return
    dx = (view.across[left:right] - across) / radius
    dy = (up[top:bottom] - centre) / radius
    depth = np.clip(1.0 - dx[None, :] ** 2 - dy[:, None] ** 2, 0.0, None)
    flat = smoothstep(base - 0.01, base + 0.08 * size + 0.004, up[top:bottom])
    field[top:bottom, left:right] += depth * flat[:, None]
    above = np.clip((up[top:bottom] - base) / (0.8 * size), 0.0, 1.0)
    level[top:bottom, left:right] = np.maximum(
        level[top:bottom, left:right], above[:, None] * (depth > 0.05)
    )


def _heaps(
    view: View, up: np.ndarray, layout: Layout, random: np.random.RandomState, weather: str
) -> tuple[np.ndarray, np.ndarray]:
    """Cover in [0, 1] and brightness of heaped clouds, [R, W]."""
    num = random.randint(*_NUM_HEAPS[weather])
    field, level = _heap_field(view, up, random, num)
    scale = 95.0 / (0.25 + np.maximum(up, 0.0))[:, None]
    shift = layout.shift[14]
    u, v = view.across[None, :] * scale + shift[0], up[:, None] * 1.5 * scale + shift[1]
    billow = sample("fractal", u, v) + 0.35 * sample("rough", 2.0 * u, 2.0 * v)
    body = np.sqrt(field) + 0.26 * billow * np.minimum(3.0 * field, 1.0)
    cover = smoothstep(0.30, 0.52, body)
    return cover, 0.8 * body + 0.5 * level


def _veil(
    view: View, up: np.ndarray, layout: Layout, threshold: float
) -> tuple[np.ndarray, np.ndarray]:
    """Cover and texture of a flat layer seen in perspective, [R, W]."""
    distance = 1.0 / (np.maximum(up, 0.0) + 0.07)[:, None]
    u = view.across[None, :] * distance * 22.0 + layout.shift[15][0]
    v = distance * 30.0 + layout.shift[15][1]
    texture = sample("fractal", u, v)
    fine = sample("fractal", 3.1 * u + 7.0, 2.3 * v)
    cover = smoothstep(threshold, threshold + 0.55, texture + 0.25 * fine)
    return cover * smoothstep(0.0, 0.03, up)[:, None], texture + 0.3 * fine


def _lit(light: Light, body: np.ndarray, view: View) -> np.ndarray:
    """Light on heaped clouds from the slope of their thickness, [R, W] in [0, 1]."""
    scale = np.float32(0.045 * view.focal_px)
    down, right = np.gradient(body)
    slope_x, slope_y = -right * scale, down * scale
    norm = 1.0 / np.sqrt(1.0 + slope_x**2 + slope_y**2)
    facing = slope_x * light.key[0] + slope_y * light.key[1] + 0.55 - 0.45 * light.key[2]
    return np.clip(0.35 + 0.65 * facing * norm, 0.0, 1.0)


def _add_stars(colour: np.ndarray, view: View, up: np.ndarray, light: Light) -> None:
    strength = float(np.clip((-6.0 - light.sun_degrees) / 6.0, 0.0, 1.0)) * (1.0 - light.grey)
    if strength == 0.0:
        return
    column = np.floor(view.across * 150.0).astype(np.int32)[None, :]
    row = np.floor(up * 150.0).astype(np.int32)[:, None]
    column, row = np.broadcast_arrays(column, row)
    star = smoothstep(0.988, 1.0, cell_hash(column, row, 5)) * smoothstep(0.02, 0.3, up)[:, None]
    colour += (0.22 * strength * star)[..., None].astype(np.float32)


def paint_sky(
    view: View, num_rows: int, scene: Scene, layout: Layout, light: Light
) -> tuple[np.ndarray, np.ndarray]:
    """Colour [num_rows, W, 3] and label [num_rows, W] of the top rows of the sample grid."""
    up = view.up[:num_rows]
    random = np.random.RandomState((scene.seed ^ 0x0C10D5) & 0xFFFFFFFF)
    colour = sky_colour(light, view.across[None, :], np.maximum(up, 0.0)[:, None])
    _add_stars(colour, view, up, light)
    veil, texture = _veil(view, up, layout, _VEIL[scene.weather])
    heap, body = _heaps(view, up, layout, random, scene.weather)
    bright = 0.55 * light.key_colour + 0.9 * light.ambient + 0.10 * light.horizon
    dim = 0.72 * light.ambient + 0.22 * light.horizon + 0.05 * light.key_colour
    dim = dim * np.float32(1.0 if light.grey < 0.5 else 0.9)
    thin = np.clip(0.62 - 0.22 * texture, 0.0, 1.0)[..., None]
    veil_opacity = 1.0 if scene.weather == "overcast" else 0.82
    haze = np.exp(-np.maximum(up, 0.0) / 0.045)[:, None, None] * 0.75
    for cover, lit in (
        (veil * veil_opacity, thin),
        (heap, _lit(light, body, view)[..., None]),
    ):
        shade = dim + (bright - dim) * lit
        shade = shade + (colour - shade) * haze
        colour = colour + (shade - colour) * cover[..., None]
    label = np.where(np.maximum(veil, heap) > 0.5, CLOUD, SKY).astype(np.uint8)
    return colour.astype(np.float32), label
