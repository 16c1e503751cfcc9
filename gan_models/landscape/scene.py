"""Scenes: named parameters, checked when created, or drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

LABELS = (
    "sky",
    "cloud",
    "mountain",
    "hill",
    "rock",
    "snow",
    "grass",
    "forest",
    "flowers",
    "sand",
    "water",
    "path",
)
SKY, CLOUD, MOUNTAIN, HILL, ROCK, SNOW, GRASS, FOREST, FLOWERS, SAND, WATER, PATH = range(12)

BIOMES = ("alpine", "coast", "desert", "forest", "meadow", "tundra")
SEASONS = ("spring", "summer", "autumn", "winter")
CLASSES = tuple(f"{biome}-{season}" for biome in BIOMES for season in SEASONS)
WEATHERS = ("clear", "fair", "cloudy", "overcast", "fog")
COMPOSITIONS = {
    "alpine": ("lake", "valley", "ridge", "river"),
    "coast": ("beach", "cliffs", "bay"),
    "desert": ("dunes", "mesas", "valley", "oasis"),
    "forest": ("clearing", "lake", "trail", "overlook", "river"),
    "meadow": ("path", "flowers", "brook", "pond"),
    "tundra": ("ponds", "plain", "fells", "river"),
}
_WEATHER_ODDS = (0.22, 0.36, 0.22, 0.13, 0.07)
_MAX_SEED = 2**32 - 1


def _require_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:  # also refuses NaN
        raise ValueError(f"A scene's {name} lies between {low:g} and {high:g}, not at {value!r}.")


def _require_one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"Unknown {name} {value!r}. Choose one of: {', '.join(allowed)}.")


@dataclass(frozen=True)
class Camera:
    """The camera; without roll and pitch, the horizon shifted as with a shift lens."""

    eye_height_m: float = 2.0  # above the ground
    yaw_degrees: float = 0.0  # to the right of the default view
    horizon: float = 0.45  # of the picture's height, from the top
    fov_degrees: float = 58.0  # across the picture

    def __post_init__(self) -> None:
        _require_range("eye_height_m", self.eye_height_m, 0.5, 500.0)
        _require_range("yaw_degrees", self.yaw_degrees, -180.0, 180.0)
        _require_range("horizon", self.horizon, 0.1, 0.9)
        _require_range("fov_degrees", self.fov_degrees, 20.0, 100.0)


@dataclass(frozen=True)
class Scene:
    """One place at one moment. Seed, biome and composition determine the place: heights, water,
    paths, trees; season, hour and weather only its colours and light."""

    seed: int
    biome: str = "alpine"
    composition: str = "lake"
    season: str = "summer"
    hour: float = 14.0  # of the day, 0 to 24; the sun is highest at 12
    weather: str = "fair"
    camera: Camera = Camera()

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, (int, np.integer)):
            raise TypeError(f"A scene's seed is a whole number, not {self.seed!r}.")
        _require_range("seed", self.seed, 0, _MAX_SEED)
        _require_one_of("biome", self.biome, BIOMES)
        _require_one_of(f"composition of {self.biome}", self.composition, COMPOSITIONS[self.biome])
        _require_one_of("season", self.season, SEASONS)
        _require_one_of("weather", self.weather, WEATHERS)
        _require_range("hour", self.hour, 0.0, 24.0)

    @property
    def class_name(self) -> str:
        """The class of the picture, `<biome>-<season>`."""
        return f"{self.biome}-{self.season}"

    @property
    def class_index(self) -> int:
        """The index of `class_name` in `CLASSES`."""
        return CLASSES.index(self.class_name)

    def with_(self, **changes: Any) -> Scene:
        """The scene with some parameters changed: with another season, hour or weather it is the
        same place, seen from the same camera, stone for stone and tree for tree.

        Raises:
            ValueError: a parameter has no such value.
            TypeError: there is no such parameter.
        """
        return replace(self, **changes)


# composition -> eye height in m, horizon, field of view in degrees (low, high)
_DEFAULT_VIEW = ((1.6, 5.0), (0.38, 0.58), (46.0, 68.0))
_VIEWS = {
    "lake": ((1.8, 9.0), (0.42, 0.60), (46.0, 68.0)),
    "valley": ((2.0, 12.0), (0.40, 0.58), (46.0, 66.0)),
    "ridge": ((4.0, 25.0), (0.36, 0.56), (44.0, 64.0)),
    "river": ((3.0, 12.0), (0.36, 0.56), (46.0, 66.0)),
    "cliffs": ((3.0, 12.0), (0.34, 0.50), (48.0, 66.0)),
    "bay": ((12.0, 45.0), (0.30, 0.46), (48.0, 66.0)),
    "dunes": ((2.0, 14.0), (0.36, 0.56), (44.0, 64.0)),
    "mesas": ((2.0, 14.0), (0.42, 0.62), (44.0, 64.0)),
    "overlook": ((18.0, 60.0), (0.28, 0.44), (46.0, 64.0)),
    "brook": ((2.0, 6.0), (0.36, 0.52), (46.0, 66.0)),
    "fells": ((2.0, 10.0), (0.40, 0.58), (44.0, 64.0)),
}


def _random_hour(random: np.random.RandomState) -> float:
    """Mostly day, often the golden hours, now and then dusk, seldom night."""
    kind = random.rand()
    if kind < 0.66:
        return float(random.uniform(8.0, 16.0))
    if kind < 0.90:
        return float(random.choice([random.uniform(6.0, 8.0), random.uniform(16.0, 18.2)]))
    if kind < 0.97:
        return float(random.choice([random.uniform(5.2, 6.0), random.uniform(18.2, 19.0)]))
    return float(random.choice([random.uniform(0.0, 4.5), random.uniform(19.5, 24.0)]))


def random_camera(random: np.random.RandomState, composition: str) -> Camera:
    """A camera that suits the composition; draws five numbers."""
    eye, horizon, fov = _VIEWS.get(composition, _DEFAULT_VIEW)
    return Camera(
        eye_height_m=float(np.exp(random.uniform(*np.log(eye)))),
        yaw_degrees=float(random.uniform(-9.0, 9.0)),
        horizon=float(random.uniform(*horizon)),
        fov_degrees=float(random.uniform(*fov)),
    )


def random_scene(seed: int, class_name: str | None = None) -> Scene:
    """The scene of a seed: biome, season, composition, hour, weather and camera drawn from it.

    With a `class_name` (`<biome>-<season>`) biome and season are given and the rest is drawn.

    Raises:
        ValueError: the seed is out of range or the class unknown.
    """
    _require_range("seed", seed, 0, _MAX_SEED)
    random = np.random.RandomState(seed)
    biome = BIOMES[random.randint(len(BIOMES))]
    season = SEASONS[random.randint(len(SEASONS))]
    if class_name is not None:
        _require_one_of("class", class_name, CLASSES)
        biome, season = class_name.split("-")
    composition = COMPOSITIONS[biome][random.randint(len(COMPOSITIONS[biome]))]
    return Scene(
        seed=int(seed),
        biome=biome,
        composition=composition,
        season=season,
        hour=_random_hour(random),
        weather=WEATHERS[int(np.searchsorted(np.cumsum(_WEATHER_ODDS), random.rand()))],
        camera=random_camera(random, composition),
    )
