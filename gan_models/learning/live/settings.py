"""The settings of a live training, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from gan_models.learning.live.data import DATA, DRAWN, EXTENT, MAX_DRAWN
from gan_models.learning.live.objectives import OBJECTIVES
from gan_models.learning.live.optimizers import OPTIMIZERS

MIN_RATE, MAX_RATE = 1e-6, 0.5
MAX_SEED = 2**32 - 1
# setting -> smallest and largest whole number
WHOLE = {
    "discriminator_steps": (1, 10),
    "head_start": (0, 5000),
    "noise_dim": (1, 16),
    "width": (4, 128),
    "seed": (0, MAX_SEED),
}
TITLES = {
    "objective": "The objective",
    "data": "The data",
    "optimizer": "The optimizer",
    "generator_rate": "The generator's learning rate",
    "discriminator_rate": "The discriminator's learning rate",
    "discriminator_steps": "The number of discriminator steps",
    "head_start": "The discriminator's head start",
    "noise_dim": "The noise dimension",
    "width": "The width of the hidden layers",
    "seed": "The seed",
}


@dataclass(frozen=True)
class Settings:
    """The settings of a live training.

    Attributes:
        objective: a name in `OBJECTIVES`.
        data: a name in `DATA`, or "drawn".
        generator_rate, discriminator_rate: step sizes of the optimizer.
        optimizer: of both networks.
        discriminator_steps: before each step of the generator.
        head_start: steps of the discriminator before the first one of the generator.
        noise_dim: of the generator's input.
        width: of the two hidden layers of both networks.
        seed: of the weights, the data and the noise.
        points: (x, y) of the points that the visitor drew, for "drawn" alone.
    """

    objective: str = "nonsaturating"
    data: str = "ring"
    generator_rate: float = 1e-3
    discriminator_rate: float = 1e-3
    optimizer: str = "adam"
    discriminator_steps: int = 1
    head_start: int = 0
    noise_dim: int = 2
    width: int = 64
    seed: int = 0
    points: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError: a setting is unknown or out of its range."""
        _check_name(self.objective, OBJECTIVES, "objective")
        _check_name(self.data, (*DATA, DRAWN), "data")
        _check_name(self.optimizer, OPTIMIZERS, "optimizer")
        for name in ("generator_rate", "discriminator_rate"):
            _check_rate(getattr(self, name), name)
        for name, (least, most) in WHOLE.items():
            _check_whole(getattr(self, name), least, most, name)
        _check_points(self.points, needed=self.data == DRAWN)

    @classmethod
    def read(cls, values: Any) -> Settings:
        """Settings from a JSON object; names that are left out have their defaults.

        Raises:
            ValueError: it is no object, or a name or a value is wrong.
        """
        if not isinstance(values, Mapping):
            raise ValueError("The settings are a JSON object of names and values.")
        known = {field.name for field in fields(cls)}
        for name in values:
            if name not in known:
                raise ValueError(f"There is no setting {str(name)[:40]!r}.")
        given = dict(values)
        if "points" in given:
            given["points"] = _read_points(given["points"])
        for name in WHOLE:  # JSON from a browser has 5.0 for 5
            value = given.get(name)
            if isinstance(value, float) and value.is_integer():
                given[name] = int(value)
        return cls(**given)


def _check_name(value: Any, known: Any, name: str) -> None:
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"{TITLES[name]} is one of {', '.join(known)}, not {_short(value)}.")


def _check_rate(value: Any, name: str) -> None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not MIN_RATE <= value <= MAX_RATE:
        raise ValueError(f"{TITLES[name]} is from 0.000001 to {MAX_RATE:g}, not {_short(value)}.")


def _check_whole(value: Any, least: int, most: int, name: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(
            f"{TITLES[name]} is a whole number from {least} to {most}, not {_short(value)}."
        )


def _check_points(points: tuple[tuple[float, float], ...], needed: bool) -> None:
    if needed and not points:
        raise ValueError("There are no points to learn; draw some first.")
    if len(points) > MAX_DRAWN:
        raise ValueError(f"At most {MAX_DRAWN} points can be drawn, not {len(points)}.")
    for point in points:
        if not all(abs(x) <= EXTENT for x in point):  # also refuses NaN
            raise ValueError(f"Drawn points lie between -{EXTENT:g} and {EXTENT:g}.")


def _read_points(value: Any) -> tuple[tuple[float, float], ...]:
    if not isinstance(value, list):
        raise ValueError("points is a list of pairs of numbers.")
    if len(value) > MAX_DRAWN:
        raise ValueError(f"At most {MAX_DRAWN} points can be drawn, not {len(value)}.")
    for pair in value:
        is_pair = isinstance(pair, list) and len(pair) == 2
        if not is_pair or not all(type(x) in (int, float) for x in pair):
            raise ValueError("points is a list of pairs of numbers.")
    return tuple((x, y) for x, y in value)


def _short(value: Any) -> str:
    return f"{value!r}"[:40]
