"""The plan of a place: the parameters of its heights, water, woods and path."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from gan_models.landscape.scene import Scene

Range = tuple[float, float]


@dataclass(frozen=True)
class Layout:
    """A place in numbers, metres throughout; fixed by seed, biome and composition.

    The origin is the foot of the camera and z its viewing direction.
    """

    water: str  # none, lake, river, sea, ponds
    roll_m: float  # gentle relief of the ground around
    roll_wave_m: float
    hills_m: float
    hills_wave_m: float
    hills_from_m: float  # distance at which hills begin
    mountains_m: float
    mountains_wave_m: float
    mountains_from_m: float
    valley_m: float  # rise of the flanks left and right
    valley_width_m: float
    dunes_m: float
    dunes_wave_m: float
    mesas_m: float
    cliff_m: float  # height of the land over the sea
    beach_m: float  # width of the sand along the water
    shore_m: float  # distance of the water, or width of a river
    shore_angle: float  # of a coast, radians
    lake_width_m: float
    lake_depth_m: float
    forest: float  # share of the land under trees
    forest_wave_m: float
    trees: float  # single trees in the open, 0 to 1
    tree_m: float  # height
    conifers: float  # share
    frame: float  # a tree close by, left or right, where it is far from 0
    frame_m: float  # how far ahead that tree stands
    flowers: float
    boulders: float
    rocky: float  # share of rock on the ground
    path: float  # width in m, 0 for none
    clearing_m: float  # distance of woods from the camera
    bends: tuple[float, ...]  # of path, river and coast
    heading: float  # compass direction of the view, radians from north
    shift: np.ndarray  # [16, 2] where the noise tables are read, in cells
    turn: np.ndarray  # [16, 2] cosine and sine of how they are turned
    hue: np.ndarray  # [6] tint of the place, normal numbers


_COMMON: dict[str, Range] = {
    "roll_m": (0.6, 2.5),
    "roll_wave_m": (70.0, 160.0),
    "hills_m": (15.0, 60.0),
    "hills_wave_m": (500.0, 1100.0),
    "hills_from_m": (90.0, 320.0),
    "mountains_m": (0.0, 0.0),
    "mountains_wave_m": (2200.0, 3800.0),
    "mountains_from_m": (1100.0, 2600.0),
    "valley_m": (0.0, 0.0),
    "valley_width_m": (120.0, 300.0),
    "dunes_m": (0.0, 0.0),
    "dunes_wave_m": (60.0, 160.0),
    "mesas_m": (0.0, 0.0),
    "cliff_m": (0.0, 0.0),
    "beach_m": (1.0, 4.0),
    "shore_m": (20.0, 60.0),
    "shore_angle": (-0.9, 0.9),
    "lake_width_m": (120.0, 420.0),
    "lake_depth_m": (150.0, 600.0),
    "forest": (0.2, 0.6),
    "forest_wave_m": (250.0, 600.0),
    "trees": (0.1, 0.6),
    "tree_m": (10.0, 18.0),
    "conifers": (0.3, 0.7),
    "flowers": (0.2, 0.6),
    "boulders": (0.1, 0.5),
    "rocky": (0.1, 0.4),
    "path": (0.0, 0.0),
    "clearing_m": (12.0, 45.0),
    "frame": (-1.0, 1.0),
    "frame_m": (9.0, 18.0),
}

_BIOMES: dict[str, dict[str, Range]] = {
    "alpine": {
        "mountains_m": (800.0, 1800.0),
        "hills_m": (20.0, 110.0),
        "forest": (0.3, 0.75),
        "conifers": (0.85, 1.0),
        "tree_m": (12.0, 22.0),
        "rocky": (0.4, 0.8),
        "boulders": (0.3, 0.9),
    },
    "coast": {
        "hills_m": (25.0, 110.0),
        "hills_from_m": (200.0, 600.0),
        "forest": (0.05, 0.45),
        "trees": (0.05, 0.4),
        "tree_m": (7.0, 12.0),
        "conifers": (0.2, 0.8),
        "beach_m": (14.0, 40.0),
        "rocky": (0.3, 0.7),
        "boulders": (0.2, 0.8),
    },
    "desert": {
        "forest": (0.0, 0.0),
        "trees": (0.1, 0.6),
        "tree_m": (3.0, 6.0),
        "hills_m": (5.0, 35.0),
        "flowers": (0.1, 0.5),
        "boulders": (0.1, 0.6),
        "dunes_m": (0.5, 3.0),
        "rocky": (0.3, 0.7),
    },
    "forest": {
        "hills_m": (30.0, 140.0),
        "forest": (0.75, 0.97),
        "trees": (0.4, 0.9),
        "tree_m": (14.0, 24.0),
        "conifers": (0.15, 0.85),
        "flowers": (0.1, 0.5),
    },
    "meadow": {
        "hills_m": (25.0, 110.0),
        "roll_m": (1.0, 4.0),
        "forest": (0.1, 0.4),
        "conifers": (0.05, 0.4),
        "flowers": (0.5, 0.9),
        "tree_m": (9.0, 16.0),
        "boulders": (0.0, 0.25),
        "rocky": (0.0, 0.15),
    },
    "tundra": {
        "hills_m": (8.0, 45.0),
        "roll_m": (0.6, 2.2),
        "forest": (0.0, 0.0),
        "trees": (0.05, 0.3),
        "tree_m": (1.2, 2.6),
        "conifers": (0.2, 0.5),
        "mountains_m": (0.0, 500.0),
        "mountains_from_m": (2200.0, 3600.0),
        "flowers": (0.2, 0.6),
        "boulders": (0.4, 1.0),
        "rocky": (0.3, 0.7),
        "beach_m": (0.5, 2.5),
    },
}

_PLACES: dict[tuple[str, str], dict[str, Range]] = {
    ("alpine", "lake"): {"mountains_from_m": (900.0, 1900.0), "valley_m": (0.0, 120.0)},
    ("alpine", "valley"): {
        "valley_m": (150.0, 420.0),
        "path": (1.6, 3.0),
        "flowers": (0.4, 0.9),
        "mountains_from_m": (900.0, 2000.0),
    },
    ("alpine", "ridge"): {
        "roll_m": (4.0, 10.0),
        "rocky": (0.8, 1.0),
        "mountains_from_m": (500.0, 1100.0),
        "forest": (0.1, 0.4),
        "boulders": (0.7, 1.0),
    },
    ("alpine", "river"): {"valley_m": (120.0, 380.0), "mountains_from_m": (1000.0, 2200.0)},
    ("coast", "beach"): {"shore_m": (8.0, 28.0), "shore_angle": (-1.25, 1.25)},
    ("coast", "cliffs"): {
        "cliff_m": (18.0, 55.0),
        "beach_m": (4.0, 14.0),
        "shore_m": (14.0, 40.0),
        "shore_angle": (-1.3, 1.3),
        "flowers": (0.4, 0.8),
        "path": (0.0, 2.2),
    },
    ("coast", "bay"): {"shore_m": (50.0, 180.0), "shore_angle": (-0.8, 0.8)},
    ("desert", "dunes"): {"dunes_m": (8.0, 26.0), "trees": (0.0, 0.15), "boulders": (0.0, 0.1)},
    ("desert", "mesas"): {"mesas_m": (90.0, 260.0), "trees": (0.2, 0.8), "path": (0.0, 3.0)},
    ("desert", "valley"): {
        "mountains_m": (350.0, 900.0),
        "trees": (0.4, 1.0),
        "flowers": (0.4, 0.9),
        "path": (1.8, 3.5),
    },
    ("desert", "oasis"): {
        "dunes_m": (3.0, 14.0),
        "shore_m": (14.0, 30.0),
        "lake_width_m": (30.0, 80.0),
        "lake_depth_m": (25.0, 70.0),
        "trees": (0.6, 1.0),
        "tree_m": (7.0, 11.0),
        "beach_m": (1.0, 3.0),
    },
    ("forest", "trail"): {"path": (1.8, 3.2), "clearing_m": (4.0, 14.0)},
    ("forest", "overlook"): {
        "hills_m": (80.0, 220.0),
        "hills_from_m": (60.0, 200.0),
        "clearing_m": (20.0, 60.0),
        "mountains_m": (0.0, 700.0),
    },
    ("forest", "lake"): {"shore_m": (12.0, 35.0), "mountains_m": (0.0, 800.0)},
    ("meadow", "path"): {"path": (1.6, 3.2), "mountains_m": (0.0, 500.0)},
    ("meadow", "flowers"): {"flowers": (0.85, 1.0), "mountains_m": (0.0, 700.0)},
    ("meadow", "brook"): {"roll_m": (1.0, 3.0)},
    ("meadow", "pond"): {
        "shore_m": (12.0, 28.0),
        "lake_width_m": (25.0, 80.0),
        "lake_depth_m": (25.0, 80.0),
    },
    ("tundra", "fells"): {"mountains_m": (400.0, 900.0), "mountains_from_m": (1400.0, 2600.0)},
    ("tundra", "plain"): {"path": (0.0, 2.0)},
}

_WATER = {
    **dict.fromkeys((("alpine", "lake"), ("forest", "lake"), ("desert", "oasis")), "lake"),
    **dict.fromkeys([("coast", name) for name in ("beach", "cliffs", "bay")], "sea"),
    **dict.fromkeys([(biome, "river") for biome in ("alpine", "forest", "tundra")], "river"),
    ("meadow", "brook"): "river",
    ("meadow", "pond"): "lake",
    ("tundra", "ponds"): "ponds",
}
_RIVER_WIDTH_M = {"alpine": (8.0, 22.0), "forest": (8.0, 20.0), "meadow": (2.5, 6.0)}


def plan_layout(scene: Scene) -> Layout:
    """Draw the place of a scene; it depends on seed, biome and composition only."""
    random = np.random.RandomState((scene.seed ^ 0x5EED1A2D) & 0xFFFFFFFF)
    place = (scene.biome, scene.composition)
    water = _WATER.get(place, "none")
    ranges = {**_COMMON, **_BIOMES[scene.biome], **_PLACES.get(place, {})}
    if water == "river":
        ranges["shore_m"] = _RIVER_WIDTH_M.get(scene.biome, (10.0, 30.0))
    names = [field.name for field in fields(Layout) if field.name in ranges]
    drawn = {name: float(random.uniform(*ranges[name])) for name in names}
    # peaks stay below the top of the picture, so that there is sky
    drawn["mountains_m"] = min(drawn["mountains_m"], 0.72 * drawn["mountains_from_m"] + 150.0)
    if drawn["path"] < 1.2:
        drawn["path"] = 0.0
    angles = random.uniform(0.0, 2.0 * np.pi, 16)
    return Layout(
        water=water,
        bends=tuple(float(v) for v in random.uniform(-1.0, 1.0, 8)),
        heading=float(random.uniform(0.0, 2.0 * np.pi)),
        shift=random.uniform(0.0, 512.0, (16, 2)).astype(np.float32),
        turn=np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32),
        hue=random.randn(6),
        **drawn,
    )
