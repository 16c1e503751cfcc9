"""Render a scene to a picture and its label map."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from gan_models.landscape.ground import Surface, find_spots, shade_ground
from gan_models.landscape.layout import plan_layout
from gan_models.landscape.light import Light, apply_air, develop, make_light, sky_colour
from gan_models.landscape.scatter import dress, plant, rasterise
from gan_models.landscape.scene import LABELS, SKY, WATER, Scene
from gan_models.landscape.shadows import Shadows
from gan_models.landscape.sky import paint_sky
from gan_models.landscape.view import View, make_view, sweep
from gan_models.landscape.water import shade_water

SAMPLES = 3  # per side of a pixel
_SWALLOWED = 0.025  # share of its own light below which a sample becomes sky
MIN_RESOLUTION, MAX_RESOLUTION = 16, 1024


class Rendering(NamedTuple):
    """A picture and its label map, pixel for pixel."""

    image: np.ndarray  # uint8 [H, W, 3]
    label_map: np.ndarray  # uint8 [H, W], indices of LABELS


def _light_up(surface: Surface, light: Light) -> np.ndarray:
    """Light leaving the samples towards the camera, [N, 3]."""
    nx, ny, nz = surface.normal.T
    facing = nx * light.key[0] + ny * light.key[1] + nz * light.key[2]
    direct = np.maximum(facing, 0.0) * (1.0 - 0.5 * surface.leafy)
    direct += surface.leafy * (0.35 + 0.30 * np.abs(facing))
    from_above = 0.62 + 0.38 * ny
    glow = light.key_colour * (direct * surface.openness * surface.sunlit)[:, None]
    glow += light.ambient * (from_above * surface.openness)[:, None]
    bounced = 0.06 * light.key_colour * max(float(light.key[1]), 0.0)
    return surface.albedo * (glow + bounced)


def _air_colours(view: View, light: Light) -> np.ndarray:
    """The colour of distant air, [1 or H, W, 3]: the sky just over the horizon; in fog, which
    hides high things, the sky behind each sample."""
    up = np.maximum(view.up, 0.015) if light.mist else np.full(1, 0.015, np.float32)
    return sky_colour(light, view.across[None, :], up[:, None])


class _Canvas:
    """The sample grid: colour, depth and label, flat."""

    def __init__(self, view: View, light: Light) -> None:
        self.shape = len(view.up), len(view.across)
        size = self.shape[0] * self.shape[1]
        self.colour = np.zeros((size, 3), np.float32)
        self.depth = np.full(size, np.inf, np.float32)
        self.label = np.full(size, SKY, np.uint8)
        self.light = light
        self.air = _air_colours(view, light)

    def put(self, index: np.ndarray, surface: Surface, colour: np.ndarray) -> None:
        """Add lit samples with aerial perspective; those hidden by air become sky."""
        row, column = np.divmod(index, self.shape[1])
        air = self.air[np.minimum(row, len(self.air) - 1), column]
        self.colour[index] = apply_air(colour, surface.depth, surface.height, air, self.light)
        self.depth[index] = surface.depth
        hidden = np.exp(-surface.depth / self.light.visibility_m) < _SWALLOWED
        self.label[index] = np.where(hidden, SKY, surface.label)


def _render_samples(scene: Scene, num_samples: int) -> tuple[np.ndarray, np.ndarray, Light]:
    """Linear light [S, S, 3] and labels [S, S] of the sample grid."""
    layout = plan_layout(scene)
    view = make_view(scene.camera, layout, num_samples)
    light = make_light(scene, layout)
    profiles = sweep(view, layout)
    canvas = _Canvas(view, light)
    ground_depth = profiles.depth.ravel()
    sky_rows = int(np.flatnonzero(np.isinf(profiles.depth).any(axis=1)).max(initial=0)) + 2
    sky_rows = min(sky_rows, num_samples)
    sky, sky_label = paint_sky(view, sky_rows, scene, layout, light)
    canvas.colour[: sky_rows * num_samples] = sky.reshape(-1, 3)
    canvas.label[: sky_rows * num_samples] = sky_label.ravel()

    hits = np.flatnonzero(np.isfinite(ground_depth))
    spot = find_spots(view, layout, view.across[hits % num_samples], ground_depth[hits])
    ground = shade_ground(scene, layout, spot)
    stand = plant(scene, view, layout, profiles)
    shadows = Shadows(scene, view, layout, light, stand)
    across = view.across[hits % num_samples]
    ground.sunlit = shadows.of_land(spot.depth, across) * shadows.of_plants(spot.depth, across)
    ground.sunlit *= shadows.over(spot.x, spot.z, spot.depth)
    canvas.put(hits, ground, _light_up(ground, light))

    shown = rasterise(scene, view, stand, profiles.depth)
    winner = np.full(num_samples * num_samples, -1)
    winner[shown.sample] = np.arange(len(shown.sample))  # far to near: the nearest stays
    covered = np.flatnonzero(winner >= 0)
    shown = shown.pick(winner[covered])
    plants = dress(scene, layout, stand, shown)
    foot = stand.spot.pick(shown.plant)
    plants.sunlit = shadows.of_land(foot.depth, stand.across[shown.plant])
    plants.sunlit *= shadows.over(foot.x, foot.z, foot.depth)
    canvas.put(covered, plants, _light_up(plants, light))

    wet = np.flatnonzero((ground.label == WATER) & (winner[hits] < 0))
    if len(wet):
        index = hits[wet]
        picture = canvas.colour.reshape(*canvas.shape, 3), canvas.depth.reshape(canvas.shape)
        where = index // num_samples, index % num_samples
        shore = spot.ground.shore[wet]
        water = shade_water(scene, layout, view, light, profiles, picture, where, shore)
        canvas.put(index, ground.pick(wet), water)
    return canvas.colour, canvas.label, light


def _majority(label: np.ndarray, resolution: int) -> np.ndarray:
    """The most frequent label of each pixel's samples; among equals that of the first sample."""
    blocks = label.reshape(resolution, SAMPLES, resolution, SAMPLES)
    votes = blocks.transpose(0, 2, 1, 3).reshape(resolution, resolution, SAMPLES * SAMPLES)
    counts = (votes[..., :, None] == votes[..., None, :]).sum(axis=-1)
    best = counts.argmax(axis=-1)
    return np.take_along_axis(votes, best[..., None], axis=-1)[..., 0]


def render(scene: Scene, resolution: int = 128) -> Rendering:
    """Render a scene as a square picture of `resolution` pixels with its exact label map.

    Each pixel is the mean of `SAMPLES` x `SAMPLES` samples, with the most frequent label of them.

    Raises:
        ValueError: the resolution is not a whole number from 16 to 1024.
    """
    if resolution != int(resolution) or not MIN_RESOLUTION <= resolution <= MAX_RESOLUTION:
        raise ValueError(
            f"A landscape can be {MIN_RESOLUTION} to {MAX_RESOLUTION} pixels wide, "
            f"not {resolution!r}. Choose a whole number in between."
        )
    resolution = int(resolution)
    colour, label, light = _render_samples(scene, resolution * SAMPLES)
    shown = develop(colour, light).reshape(resolution, SAMPLES, resolution, SAMPLES, 3)
    image = np.rint(shown.mean(axis=(1, 3)) * 255.0).astype(np.uint8)
    return Rendering(image, _majority(label, resolution))


def label_shares(label_map: np.ndarray) -> np.ndarray:
    """The share of the picture each label takes, [12]."""
    return np.bincount(label_map.ravel(), minlength=len(LABELS)) / label_map.size
