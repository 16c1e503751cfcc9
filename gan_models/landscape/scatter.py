"""Plants and stones: the position of each, and the samples of the picture that it covers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gan_models.landscape import cover
from gan_models.landscape.ground import Spot, Surface, choose_labels, find_spots
from gan_models.landscape.layout import Layout
from gan_models.landscape.noise import cell_hash, smoothstep
from gan_models.landscape.palette import PALE_WOOD, WOOD, bloom_colours, leaf_colours, linear
from gan_models.landscape.scene import FLOWERS, FOREST, GRASS, HILL, ROCK, SAND, SNOW, Scene
from gan_models.landscape.sprites import ASPECT, BLOOM, KINDS, VARIANTS, atlas, level_for
from gan_models.landscape.sprites import WOOD as WOOD_PART
from gan_models.landscape.terrain import path_distance
from gan_models.landscape.view import Sweep, View

_LABELS = {"stone": ROCK, "tuft": GRASS, "flower": FLOWERS}
_BARE_IN_WINTER = ("oak", "birch", "bush")
Choice = tuple[np.ndarray, np.ndarray, np.ndarray]  # kind, height in m, present or not
_TREE_RINGS = ((14.0, 120.0, 5.5), (120.0, 420.0, 8.0), (420.0, 1500.0, 14.0))
_MAX_CELLS = 3_000_000  # of all sprites of a picture; the nearest beyond it are left out


@dataclass(frozen=True)
class Stand:
    """Single plants or stones; arrays of one length."""

    kind: np.ndarray  # index in KINDS
    draw: np.ndarray  # [N] a random number in [0, 1) for each
    spot: Spot
    across: np.ndarray
    tall_m: np.ndarray


def _jittered(
    view: View, layout: Layout, near: float, far: float, spacing: float, salt: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth, direction and a random number of one point a cell of a square grid in the plan,
    for the cells in view."""
    half = float(view.across[-1]) * 1.05 + 0.02
    corner_x, corner_z = view.position(
        np.array([-half, half, -half, half]), np.array([near, near, far, far])
    )
    columns = np.arange(np.floor(corner_x.min() / spacing), np.ceil(corner_x.max() / spacing) + 1)
    rows = np.arange(np.floor(corner_z.min() / spacing), np.ceil(corner_z.max() / spacing) + 1)
    column, row = np.meshgrid(columns.astype(np.int32), rows.astype(np.int32))
    own = (layout.shift[salt % len(layout.shift)] * 64.0).astype(np.int32)  # the place's own part
    cell = column + own[0], row + own[1]
    x = (column + 0.9 * cell_hash(*cell, salt)) * np.float32(spacing)
    z = (row + 0.9 * cell_hash(*cell, salt + 1)) * np.float32(spacing)
    depth, across = view.seen_from(x.astype(np.float32), z.astype(np.float32))
    inside = (depth > near) & (depth <= far) & (np.abs(across) < half + 4.0 / np.maximum(depth, 1))
    return depth[inside], across[inside], cell_hash(*cell, salt + 2)[inside]


def _choose_trees(scene: Scene, layout: Layout, spot: Spot, draw: np.ndarray) -> Choice:
    """Kind, height and presence of trees at spots of the woods and sometimes outside."""
    wood = cover.woods(layout, spot.x, spot.z, spot.ground)
    other = (draw * 7.31) % 1.0
    dense = wood + 0.5 * (other - 0.5) > 0.12
    lonely = (draw < 0.012 * layout.trees * (spot.depth < 420.0)) & (wood > -4.5)
    lonely &= (spot.ground.shore > 3.0) & (spot.ground.mountain < 120.0)
    conifer = (draw * 13.7) % 1.0 < layout.conifers
    names = ("pine", "spruce") if scene.biome in ("coast", "tundra") else ("spruce", "spruce")
    evergreen = np.where(other < 0.6, KINDS.index(names[0]), KINDS.index(names[1]))
    leafy = np.where(other < 0.62, KINDS.index("oak"), KINDS.index("birch"))
    kind = np.where(conifer, evergreen, leafy)
    tall = layout.tree_m * (0.62 + 0.55 * ((draw * 29.3) % 1.0))
    return kind, tall, (dense | lonely) & (spot.slope < 1.2)


def _choose_desert_plants(layout: Layout, spot: Spot, draw: np.ndarray) -> Choice:
    oasis = (spot.ground.shore < 22.0) & (spot.ground.shore > 1.0)
    present = draw < np.where(oasis, 0.30 * layout.trees, 0.035 * layout.trees)
    kind = np.where(oasis, KINDS.index("palm"), KINDS.index("cactus"))
    tall = layout.tree_m * (0.6 + 0.6 * ((draw * 29.3) % 1.0))
    present &= (spot.slope < 0.5) & (spot.depth < 500.0) & (spot.ground.shore > 1.0)
    return kind, tall, present


def _choose_bushes(scene: Scene, layout: Layout, spot: Spot, draw: np.ndarray) -> Choice:
    wood = cover.woods(layout, spot.x, spot.z, spot.ground)
    fringe = np.exp(-((wood / 0.5) ** 2)) * (layout.forest > 0)
    bare = {"desert": 0.22, "tundra": 0.30, "coast": 0.12}.get(scene.biome, 0.04)
    if layout.dunes_m > 5.0:
        bare = 0.02
    present = draw < 0.45 * fringe + bare * (0.3 + layout.trees)
    low = 0.55 if scene.biome == "tundra" else 1.0
    tall = low * (0.5 + 1.3 * ((draw * 29.3) % 1.0))
    present &= (spot.slope < 0.9) & (spot.ground.shore > 3.0 + 0.8 * layout.beach_m)
    present &= spot.ground.mountain < 150.0
    return np.full(draw.shape, KINDS.index("bush")), tall, present


def _choose_stones(layout: Layout, spot: Spot, draw: np.ndarray) -> Choice:
    size = (draw * 29.3) % 1.0
    present = draw < 0.13 * layout.boulders**1.5
    tall = 0.25 + 1.9 * size**3
    return np.full(draw.shape, KINDS.index("stone")), tall, present & (spot.ground.shore > -1.5)


def _choose_herbs(scene: Scene, layout: Layout, spot: Spot, draw: np.ndarray) -> Choice:
    """Nearby grass and flowers, by season."""
    label = choose_labels(scene, layout, spot)
    flowery = (label == FLOWERS) & (draw < 0.8)
    share = {"desert": 0.10, "tundra": 0.45}.get(scene.biome, 0.75)
    grassy = np.isin(label, (GRASS, FLOWERS, HILL, FOREST)) & (draw < share)
    poking = (label == SNOW) & (draw < 0.10 * (1.2 - cover.snow_amount(scene)) + 0.012)
    dune_grass = (label == SAND) & (draw < 0.05) & (spot.ground.shore > 0.6 * layout.beach_m)
    kind = np.where(flowery, KINDS.index("flower"), KINDS.index("tuft"))
    low = 0.6 if scene.biome in ("tundra", "alpine") else 1.0
    tall = low * (0.16 + 0.26 * ((draw * 29.3) % 1.0))
    return kind, tall, flowery | grassy | poking | (dune_grass & (scene.biome != "alpine"))


def _stands(scene: Scene, view: View, layout: Layout) -> list[Stand]:
    groups = [("tree", *ring, 20 + 3 * i) for i, ring in enumerate(_TREE_RINGS)]
    groups += [("bush", 7.0, 240.0, 6.5, 40), ("stone", 4.0, 220.0, 5.0, 50)]
    groups += [("herb", 1.2, 11.0, 0.55, 60), ("herb", 11.0, 34.0, 1.0, 70)]
    stands = []
    for group, near, far, spacing, salt in groups:
        depth, across, draw = _jittered(view, layout, near, far, spacing, salt)
        spot = find_spots(view, layout, across, depth)
        if group == "tree" and scene.biome == "desert":
            kind, tall, present = _choose_desert_plants(layout, spot, draw)
        elif group == "tree":
            kind, tall, present = _choose_trees(scene, layout, spot, draw)
        elif group == "bush":
            kind, tall, present = _choose_bushes(scene, layout, spot, draw)
        elif group == "stone":
            kind, tall, present = _choose_stones(layout, spot, draw)
        else:
            kind, tall, present = _choose_herbs(scene, layout, spot, draw)
        if layout.path and group != "herb":
            present &= path_distance(layout, spot.x, spot.z) > 0.5 * layout.path + 0.8
        here = np.flatnonzero(present)
        stands.append(Stand(kind[here], draw[here], spot.pick(here), across[here], tall[here]))
    return [*stands, _framing_tree(scene, view, layout)]


def _framing_tree(scene: Scene, view: View, layout: Layout) -> Stand:
    """In some places one tree near the picture's edge; none in the others."""
    side = layout.frame
    x = np.array([np.sign(side) * 0.42 * layout.frame_m], np.float32)
    depth, across = view.seen_from(x, np.array([layout.frame_m], np.float32))
    spot = find_spots(view, layout, across, np.maximum(depth, 1.0))
    draw = np.array([(abs(side) * 97.0) % 1.0], np.float32)
    kind, tall, _ = _choose_trees(scene, layout, spot, draw)
    grown = abs(side) > 0.62 and depth[0] > 4.0 and layout.forest > 0.0
    grown = grown and bool((spot.ground.shore > 2.0)[0] and (spot.slope < 0.7)[0])
    if layout.path:
        grown = grown and bool(path_distance(layout, spot.x, spot.z)[0] > layout.path)
    here = np.flatnonzero([grown])
    return Stand(kind[here], draw[here], spot.pick(here), across[here], 0.7 * tall[here])


def _join(stands: list[Stand]) -> Stand:
    return Stand(
        kind=np.concatenate([s.kind for s in stands]),
        draw=np.concatenate([s.draw for s in stands]),
        spot=Spot.join([s.spot for s in stands]),
        across=np.concatenate([s.across for s in stands]),
        tall_m=np.concatenate([s.tall_m for s in stands]).astype(np.float32),
    )


def _visible(view: View, profiles: Sweep, stand: Stand) -> np.ndarray:
    """Whether a part of each plant is visible above the ground before it."""
    column = np.clip(np.searchsorted(view.across, stand.across), 0, len(view.across) - 1)
    before = np.maximum(np.searchsorted(profiles.depths, stand.spot.depth) - 1, 0)
    top = (stand.spot.ground.height + stand.tall_m - view.eye_m) / stand.spot.depth
    return top > profiles.crests[before, column]


def plant(scene: Scene, view: View, layout: Layout, profiles: Sweep) -> Stand:
    """Everything that stands in view, far to near."""
    stand = _join(_stands(scene, view, layout))
    shown = np.flatnonzero(_visible(view, profiles, stand))
    order = shown[np.argsort(-stand.spot.depth[shown], kind="stable")]
    return Stand(
        stand.kind[order],
        stand.draw[order],
        stand.spot.pick(order),
        stand.across[order],
        stand.tall_m[order],
    )


def _dressed(scene: Scene, kind: np.ndarray) -> np.ndarray:
    """The kinds of sprites in the season: broad-leaved plants are bare in winter."""
    table = np.arange(len(KINDS))
    if scene.season == "winter":
        for name in _BARE_IN_WINTER:
            table[KINDS.index(name)] = KINDS.index(f"{name} bare")
    return table[kind]


@dataclass(frozen=True)
class Cells:
    """Covered samples of the picture, far to near: flat sample index, plant and sprite cell."""

    sample: np.ndarray
    plant: np.ndarray
    cell: np.ndarray
    rise: np.ndarray  # height within the plant, 0 at the foot, 1 at the top

    def pick(self, index: np.ndarray) -> Cells:
        """The covered samples at `index`."""
        return Cells(*(value[index] for value in vars(self).values()))


def rasterise(scene: Scene, view: View, stand: Stand, depth: np.ndarray) -> Cells:
    """The samples each sprite covers and is not hidden in; `depth` [H, W] is the ground's."""
    num_rows, num_columns = depth.shape
    kind = _dressed(scene, stand.kind)
    aspect = np.array([ASPECT[name] for name in KINDS])[kind]
    tall = view.focal_px * stand.tall_m / stand.spot.depth
    wide = tall * aspect
    middle = view.focal_px * stand.across + 0.5 * num_columns
    foot = view.horizon_px - view.focal_px * (
        (stand.spot.ground.height - view.eye_m) / stand.spot.depth
    )
    foot = foot + 0.03 * tall
    top = np.clip(np.floor(foot - tall), 0, num_rows).astype(np.int64)
    bottom = np.clip(np.ceil(foot), 0, num_rows).astype(np.int64)
    left = np.clip(np.floor(middle - 0.5 * wide), 0, num_columns).astype(np.int64)
    right = np.clip(np.ceil(middle + 0.5 * wide), 0, num_columns).astype(np.int64)
    width = np.maximum(right - left, 0)
    count = width * np.maximum(bottom - top, 0)
    count[np.cumsum(count) > _MAX_CELLS] = 0
    plant = np.repeat(np.arange(len(count)), count)
    local = np.arange(len(plant)) - np.repeat(np.cumsum(count) - count, count)
    row, column = top[plant] + local // width[plant], left[plant] + local % width[plant]
    u = (column + 0.5 - middle[plant]) / wide[plant] + 0.5
    v = 1.0 - (foot[plant] - row - 0.5) / tall[plant]
    sample = row * num_columns + column
    inside = (u >= 0) & (u < 1) & (v >= 0) & (v < 1)
    inside &= stand.spot.depth[plant] * 0.985 < depth.ravel()[sample]
    plant, u, v, sample = plant[inside], u[inside], v[inside], sample[inside]
    cells, starts = atlas()
    level, size = level_for(tall)
    variant = (stand.draw * 997.0).astype(np.int64) % VARIANTS
    size = size[plant]
    flipped = (stand.draw * 3137.0) % 1.0 < 0.5
    u = np.where(flipped[plant], 1.0 - u, u)
    u = np.clip(u, 0.0, 0.999999)
    cell = starts[level, kind, variant][plant]
    cell = cell + (v * size).astype(np.int64) * size + (u * size).astype(np.int64)
    threshold = 0.22 + 0.42 * cell_hash((sample % num_columns) * 3, sample // num_columns, 8)
    solid = cells[:, 0].take(cell) > threshold
    return Cells(sample[solid], plant[solid], cell[solid], (1.0 - v[solid]).astype(np.float32))


def _albedo(
    scene: Scene, layout: Layout, stand: Stand, shown: Cells, part: np.ndarray
) -> np.ndarray:
    kind = stand.kind[shown.plant]
    choice = ((stand.draw * 61.7) % 1.0 * 4).astype(np.int64)[shown.plant]
    leaves = np.stack([leaf_colours(name, scene) for name in KINDS])
    albedo = leaves[kind, choice]
    if scene.season == "spring" and scene.biome in ("meadow", "forest"):
        blossoming = (stand.kind == KINDS.index("oak")) & ((stand.draw * 17.3) % 1.0 < 0.22)
        albedo = np.where(blossoming[shown.plant][:, None], linear((232, 186, 200)), albedo)
    pale = (kind == KINDS.index("birch")) & (shown.rise < 0.42)  # a birch's twigs are dark
    wood = np.where(pale[:, None], linear(PALE_WOOD), linear(WOOD))
    albedo = np.where((part == WOOD_PART)[:, None], wood, albedo)
    blooms = bloom_colours(layout.hue)[(choice < 2).astype(np.int64)]
    return np.where((part == BLOOM)[:, None], blooms, albedo)


def dress(scene: Scene, layout: Layout, stand: Stand, shown: Cells) -> Surface:
    """Colour, normal and label of the covered samples."""
    cells, _ = atlas()
    _, nx, ny, tint, part = cells[shown.cell].T
    nx = np.where(((stand.draw * 3137.0) % 1.0 < 0.5)[shown.plant], -nx, nx)
    part = np.round(part)
    albedo = _albedo(scene, layout, stand, shown, part) * np.exp(0.9 * tint)[:, None]
    spot = stand.spot.pick(shown.plant)
    snowy = cover.snow(scene, layout, spot.x, spot.z, spot.ground, 0.0 * spot.slope) > 0.08
    stone = stand.kind[shown.plant] == KINDS.index("stone")
    on_top = ny + 0.5 * tint + 0.12 * shown.rise > np.where(
        stone, 0.5, np.where(part == WOOD_PART, 0.38, 0.30)
    )
    white = snowy & on_top & (part != BLOOM)
    albedo = np.where(white[:, None], linear((232, 238, 246)), albedo)
    away = -np.sqrt(np.clip(1.0 - nx * nx - ny * ny, 0.05, 1.0))
    normal = np.stack([nx, ny, away], axis=1)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    labels = np.array([_LABELS.get(name, FOREST) for name in KINDS], np.uint8)
    return Surface(
        label=labels[stand.kind[shown.plant]],
        albedo=albedo.astype(np.float32),
        normal=normal.astype(np.float32),
        depth=spot.depth,
        height=spot.ground.height + shown.rise * stand.tall_m[shown.plant],
        openness=0.45 + 0.55 * smoothstep(0.0, 0.7, shown.rise),
        sunlit=np.ones_like(spot.x),
        leafy=np.where(stone, 0.0, 0.35 * (part != WOOD_PART)).astype(np.float32),
    )
