"""The visible ground: material, colour and slope of each sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gan_models.landscape import cover
from gan_models.landscape.layout import Layout
from gan_models.landscape.noise import cell_hash, smoothstep
from gan_models.landscape.palette import bloom_colours, ground_colours
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
    WATER,
    Scene,
)
from gan_models.landscape.terrain import Ground, path_distance, read_noise, survey
from gan_models.landscape.view import View

# how colours shift between lush and dry patches
_TURN = (np.array([1.6, 0.4, -0.8], np.float32), np.array([-0.5, 1.2, 0.6], np.float32))
# roughness of each material, as slopes
_RELIEF = {SNOW: 0.10, SAND: 0.10, GRASS: 0.15, FLOWERS: 0.15, ROCK: 0.34, PATH: 0.16, FOREST: 0.3}
_HILLS_FROM_M, _MOUNTAINS_FROM_M = 230.0, 500.0


@dataclass
class Surface:
    """Samples of the picture before lighting; the first axis of all arrays is the sample."""

    label: np.ndarray  # uint8
    albedo: np.ndarray  # [N, 3]
    normal: np.ndarray  # [N, 3] right, up, towards the camera's far side
    depth: np.ndarray
    height: np.ndarray  # over the water
    openness: np.ndarray  # share of light that reaches it
    sunlit: np.ndarray  # share of the sun that is not shadowed
    leafy: np.ndarray  # share of light that shines through

    def pick(self, index: np.ndarray) -> Surface:
        """The samples at `index`."""
        return Surface(*(value[index] for value in vars(self).values()))


@dataclass(frozen=True)
class Spot:
    """Ground hits: their positions and the land there."""

    x: np.ndarray
    z: np.ndarray
    depth: np.ndarray
    ground: Ground
    normal: np.ndarray  # [N, 3] in the camera's frame
    slope: np.ndarray
    footprint_m: np.ndarray  # width of ground one sample stands for

    def pick(self, index: np.ndarray) -> Spot:
        """The spots at `index`."""
        ground = Ground(*(part[index] for part in self.ground))
        rest = {k: v[index] for k, v in vars(self).items() if k != "ground"}
        return Spot(ground=ground, **rest)

    @staticmethod
    def join(spots: list[Spot]) -> Spot:
        """All spots of several lists, in order."""
        ground = Ground(*map(np.concatenate, zip(*(s.ground for s in spots), strict=True)))
        names = [name for name in vars(spots[0]) if name != "ground"]
        rest = {name: np.concatenate([getattr(s, name) for s in spots]) for name in names}
        return Spot(ground=ground, **rest)


def find_spots(view: View, layout: Layout, across: np.ndarray, depth: np.ndarray) -> Spot:
    """Survey the hits in directions `across` at `depth`; slopes by finite differences."""
    x, z = view.position(across, depth)
    ground = survey(layout, x, z)
    step = np.maximum(0.7, 0.0035 * depth)
    slope_x = (survey(layout, x + step, z).height - ground.height) / step
    slope_z = (survey(layout, x, z + step).height - ground.height) / step
    steep = slope_x * slope_x + slope_z * slope_z
    norm = 1.0 / np.sqrt(1.0 + steep)
    right = view.forward[1] * slope_x - view.forward[0] * slope_z
    ahead = view.forward[0] * slope_x + view.forward[1] * slope_z
    normal = np.stack([-right * norm, norm, -ahead * norm], axis=1)
    drop = (ground.height - np.float32(view.eye_m)) / depth
    facing = np.abs(normal[:, 1] * -drop - normal[:, 0] * across - normal[:, 2])
    footprint = depth / np.float32(view.focal_px) / np.sqrt(np.clip(facing, 0.02, 1.0))
    return Spot(x, z, depth, ground, normal, np.sqrt(steep), footprint)


def _grain(layout: Layout, spot: Spot, layer: int, wave_m: float) -> np.ndarray:
    """Fine noise, 0 where a sample is wider than its waves."""
    noise = read_noise(layout, "rough", layer, spot.x, spot.z, 6.0 * wave_m)
    return noise * np.clip(wave_m / (2.0 * spot.footprint_m) - 0.25, 0.0, 1.0)


def _base_labels(scene: Scene, layout: Layout, spot: Spot, ragged: np.ndarray) -> np.ndarray:
    ground, depth = spot.ground, spot.depth
    d_edge = depth * (1.0 + 0.12 * ragged)
    base = SAND if scene.biome == "desert" and layout.dunes_m > 5.0 else GRASS
    label = np.full(spot.x.shape, base, np.uint8)
    if scene.biome == "desert":
        patch = read_noise(layout, "fractal", 8, spot.x, spot.z, 120.0) + 0.3 * ragged
        label[patch > (-0.35 if layout.dunes_m < 5.0 else -9.0)] = SAND
    label[(d_edge > _HILLS_FROM_M) & (ground.hill > 2.5) & (label != SAND)] = HILL
    if cover.flower_strength(scene):
        blooming = cover.blooms(layout, spot.x, spot.z) > 0
        label[blooming & (depth < 600.0) & ((label == GRASS) | (scene.composition == "valley"))] = (
            FLOWERS
        )
    return label


def _stone_labels(
    scene: Scene, layout: Layout, spot: Spot, label: np.ndarray, ragged: np.ndarray
) -> None:
    ground = spot.ground
    bare = spot.slope + 0.09 * ragged > 1.15 - 0.65 * layout.rocky
    outcrop = read_noise(layout, "fractal", 9, spot.x, spot.z, 38.0) + 0.3 * ragged
    bare |= outcrop > 3.1 - 1.9 * layout.rocky
    if scene.biome == "desert":
        bare = (spot.slope + 0.12 * ragged > 0.62) & (ground.hill + ground.mountain > 12.0)
    far = spot.depth * (1.0 + 0.08 * ragged) > _MOUNTAINS_FROM_M
    alpine = ground.mountain + 18.0 * ragged > 70.0
    label[bare & ~(far & (spot.slope < 0.5))] = ROCK
    label[(bare & far & (ground.mountain + ground.hill > 60.0)) | (alpine & far)] = MOUNTAIN
    label[alpine & ~far] = ROCK


def _shore_labels(
    scene: Scene, layout: Layout, spot: Spot, label: np.ndarray, ragged: np.ndarray
) -> None:
    if layout.water == "none":
        return
    wide = layout.beach_m * (1.0 + 0.25 * ragged) + 0.5 * np.maximum(0.0, spot.footprint_m)
    strand = (spot.ground.shore < wide) & (label != ROCK) & (spot.slope < 0.9)
    strand &= spot.depth < 3500.0
    label[strand] = SAND


def choose_labels(scene: Scene, layout: Layout, spot: Spot) -> np.ndarray:
    """The material of every spot; later kinds cover earlier ones."""
    ragged = _grain(layout, spot, 10, 2.5) + _grain(layout, spot, 11, 30.0)
    label = _base_labels(scene, layout, spot, ragged)
    wooded = cover.woods(layout, spot.x, spot.z, spot.ground) + 0.12 * ragged > 0
    label[wooded & (spot.slope < 1.1)] = FOREST
    _stone_labels(scene, layout, spot, label, ragged)
    if scene.biome != "desert" or scene.composition == "oasis":
        _shore_labels(scene, layout, spot, label, ragged)
    snowy = cover.snow(scene, layout, spot.x, spot.z, spot.ground, spot.slope)
    snowy = snowy + 0.10 * ragged - 0.25 * ((label == FOREST) & (spot.depth > 90.0)) > 0
    label[snowy & ~((label == FOREST) & (spot.depth > 90.0))] = SNOW
    if layout.path:
        beside = path_distance(layout, spot.x, spot.z) * (1.0 + 0.12 * ragged)
        on_path = (beside < 0.5 * layout.path) & (spot.depth < 900.0) & (spot.ground.shore > 2.0)
        label[on_path & (spot.slope < 0.8)] = PATH
    if layout.water != "none":
        label[spot.ground.shore < 0.0] = WATER
    return label


def _flower_colours(scene: Scene, layout: Layout, spot: Spot, albedo: np.ndarray) -> np.ndarray:
    """Ground full of flower heads: dots nearby, their mean colour where dots are too fine."""
    first, second = bloom_colours(layout.hue)
    patch = smoothstep(-0.5, 0.5, read_noise(layout, "hills", 12, spot.x, spot.z, 30.0))
    bloom = first + (second - first) * patch[:, None]
    strength = 0.52 * cover.flower_strength(scene)
    dots = np.zeros(spot.x.shape, bool)
    for layer, base in enumerate((0.10, 0.17)):
        size = base * np.exp2(np.ceil(np.log2(np.maximum(spot.footprint_m * 1.7 / base, 1.0))))
        x, z = spot.x + layout.shift[12, 0], spot.z + layout.shift[12, 1]
        column, row = np.floor(x / size), np.floor(z / (2.0 * size))
        cell = column.astype(np.int32), row.astype(np.int32)
        off_x = x / size - column - 0.3 - 0.4 * cell_hash(*cell, 3 + 3 * layer)
        off_z = z / (2.0 * size) - row - 0.3 - 0.4 * cell_hash(*cell, 4 + 3 * layer)
        near = off_x * off_x + off_z * off_z < 0.09
        dots |= near & (cell_hash(*cell, 5 + 3 * layer) < 1.4 * strength)
    share = np.where(dots, 0.95, 0.27 * strength)[:, None]
    return albedo + (bloom - albedo) * share.astype(np.float32)


def _tones(scene: Scene, layout: Layout, spot: Spot, label: np.ndarray) -> np.ndarray:
    """Brightness of the ground's texture around 1, by material."""
    fine, medium = _grain(layout, spot, 13, 0.22), _grain(layout, spot, 14, 1.3)
    coarse, broad = _grain(layout, spot, 15, 9.0), _grain(layout, spot, 1, 70.0)
    weight = np.zeros((12, 4), np.float32)
    weight[[GRASS, FLOWERS]] = 0.20, 0.18, 0.13, 0.10
    weight[HILL] = 0.0, 0.10, 0.12, 0.13
    weight[FOREST] = 0.15, 0.22, 0.26, 0.13
    weight[ROCK] = 0.18, 0.22, 0.20, 0.10
    weight[MOUNTAIN] = 0.0, 0.10, 0.18, 0.17
    weight[SNOW] = 0.015, 0.025, 0.03, 0.03
    weight[SAND] = 0.05, 0.05, 0.05, 0.05
    weight[PATH] = 0.14, 0.10, 0.06, 0.02
    w = weight[label]
    tone = w[:, 0] * fine + w[:, 1] * medium + w[:, 2] * coarse + w[:, 3] * broad
    return np.exp(np.clip(tone, -1.2, 0.9))


def _relief(scene: Scene, layout: Layout, spot: Spot, label: np.ndarray) -> np.ndarray:
    """Normals with relief too small for the height field: tufts, drifts, ripples of sand."""
    strength = np.zeros(12, np.float32)
    strength[list(_RELIEF)] = list(_RELIEF.values())
    right = _grain(layout, spot, 0, 0.7) + 1.2 * _grain(layout, spot, 3, 4.5)
    ahead = _grain(layout, spot, 5, 0.7) + 1.2 * _grain(layout, spot, 6, 4.5)
    bump = strength[label]
    right, ahead = right * bump, ahead * bump
    if scene.biome in ("desert", "coast"):
        warp = read_noise(layout, "fractal", 7, spot.x, spot.z, 9.0)
        phase = (spot.z * layout.turn[8, 0] + spot.x * layout.turn[8, 1]) / 0.5 + 0.9 * warp
        seen = np.clip(0.5 / (2.5 * spot.footprint_m) - 0.4, 0.0, 1.0) * (label == SAND)
        ahead = ahead + 0.16 * seen * np.sin(2.0 * np.pi * phase)
    normal = spot.normal + np.stack([right, np.zeros_like(right), ahead], axis=1)
    return (normal / np.sqrt((normal * normal).sum(axis=1, keepdims=True))).astype(np.float32)


def _wet(layout: Layout, spot: Spot, label: np.ndarray) -> np.ndarray:
    """Brightness factor of wet ground near the water, 1 for dry."""
    if layout.water == "none":
        return np.ones_like(spot.x)
    reach = 0.35 * layout.beach_m if layout.water == "sea" else 0.6
    wet = 1.0 - smoothstep(0.3 * reach, reach, spot.ground.shore)
    return 1.0 - 0.45 * wet * (label != WATER)


def shade_ground(scene: Scene, layout: Layout, spot: Spot) -> Surface:
    """Label, colour and slope of every ground hit; water without its own colour."""
    label = choose_labels(scene, layout, spot)
    albedo = ground_colours(scene, layout.hue)[label]
    dry = _grain(layout, spot, 2, 16.0) + 0.8 * read_noise(
        layout, "fractal", 8, spot.x, spot.z, 240.0
    )
    vivid = 0.15 if (scene.biome, scene.season) == ("tundra", "autumn") else 0.08
    warm = np.clip(vivid * dry, -0.3, 0.3) * np.isin(label, (GRASS, HILL, FLOWERS, FOREST))
    albedo = albedo * (1.0 + warm[:, None] * _TURN[scene.season == "autumn"])
    flowers = np.flatnonzero(label == FLOWERS)
    if len(flowers):
        albedo[flowers] = _flower_colours(scene, layout, spot.pick(flowers), albedo[flowers])
    albedo = albedo * (_tones(scene, layout, spot, label) * _wet(layout, spot, label))[:, None]
    if scene.biome == "desert":
        strata = np.sin(spot.ground.height * 0.35 + 0.8 * _grain(layout, spot, 3, 30.0))
        banded = np.isin(label, (ROCK, MOUNTAIN))
        albedo = albedo * (1.0 + 0.14 * strata * banded)[:, None]
    openness = np.where(label == FOREST, 0.75, 1.0).astype(np.float32)
    return Surface(
        label=label,
        albedo=albedo.astype(np.float32),
        normal=_relief(scene, layout, spot, label),
        depth=spot.depth,
        height=spot.ground.height,
        openness=openness,
        sunlit=np.ones_like(spot.x),
        leafy=np.zeros_like(spot.x),
    )
