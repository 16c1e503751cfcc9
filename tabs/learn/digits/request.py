"""What the page asks of the films, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gan_models import DigitFilm, open_digit_film
from tabs.components.seed_row import page_seeds

UNREADABLE = "This call is not understood; reload the page."
MAX_TEXT = 4000  # letters of a list of seeds


@dataclass(frozen=True)
class Wanted:
    """A sheet, or two of the same seeds.

    Attributes:
        films: one or two.
        step: of the first film.
        seeds: up to 64.
        digit: of conditional films; None: 0 to 9 in turn.
    """

    films: tuple[DigitFilm, ...]
    step: int
    seeds: list[int]
    digit: int | None

    @property
    def steps(self) -> tuple[int, ...]:
        """One a film: that of the first, and the other's nearest by share of the training."""
        first = self.films[0]
        share = self.step / first.steps[-1]
        return (self.step, *(film.nearest_step(share) for film in self.films[1:]))

    @property
    def columns(self) -> int | None:
        """Of both sheets; None: as square as can be."""
        in_turn = self.digit is None and any(film.classes for film in self.films)
        return 10 if in_turn else None


def read(request: Mapping[str, Any]) -> Wanted:
    """Check a request for sheets.

    Raises:
        ValueError: a model, step, list of seeds or digit is wrong.
    """
    models = request.get("models")
    if not isinstance(models, list) or not 1 <= len(models) <= 2:
        raise ValueError("One or two films play side by side.")
    films = tuple(open_by_name(model) for model in models)
    step = check_step(films[0], request.get("step"))
    return Wanted(films, step, _seeds(request.get("seeds")), check_digit(request.get("digit")))


def open_by_name(name: object) -> DigitFilm:
    """The film of a recipe.

    Raises:
        ValueError: there is none of this name.
    """
    return open_digit_film(name if isinstance(name, str) else str(name)[:40])


def check_step(film: DigitFilm, step: object) -> int:
    """The step of one of a film's snapshots.

    Raises:
        ValueError: the film has none of this step.
    """
    for known in film.steps:
        if isinstance(step, int | float) and step == known:
            return known
    known = ", ".join(map(str, film.steps))
    raise ValueError(f"This film has no step {str(step)[:40]}; choose from {known}.")


def check_digit(digit: object) -> int | None:
    """A digit as a whole number from 0 to 9; None: all in turn.

    Raises:
        ValueError: it is something else.
    """
    if digit in (None, ""):
        return None
    text = str(digit)
    if len(text) == 1 and text in "0123456789":
        return int(text)
    raise ValueError(f"A digit is from 0 to 9, not {text[:40]}; leave it out for all in turn.")


def plane_seeds(text: object) -> tuple[int, int]:
    """The two seeds of a plane.

    Raises:
        ValueError: not two seeds.
    """
    seeds = _seeds(text)
    if len(seeds) != 2:
        raise ValueError(f"A plane goes through two seeds, not {len(seeds)}; write such as 0, 1.")
    return seeds[0], seeds[1]


def _seeds(text: object) -> list[int]:
    if not isinstance(text, str) or len(text) > MAX_TEXT:
        raise ValueError(UNREADABLE)
    return page_seeds(text)
