"""Seeds as typed on the page, random seeds, and how many."""

from __future__ import annotations

import random

from gan_models import format_seeds, parse_seeds
from tabs.components.errors import about_field

MAX_ON_PAGE = 64


def page_seeds(text: str, minimum: int = 1) -> list[int]:
    """Seeds as typed on the page, 64 at most."""
    with about_field("seeds"):
        return parse_seeds(text, limit=MAX_ON_PAGE, minimum=minimum)


def roll(count: float) -> str:
    """Random seeds: consecutive ones, from a random start below one million."""
    first = random.randrange(1_000_000)
    return format_seeds(range(first, first + int(count)))


def recount(seeds: str, count: float) -> str:
    """As many seeds as asked: the first of those typed, and those that follow the last."""
    try:
        typed = page_seeds(seeds)[: int(count)]
    except ValueError:
        typed = [0]
    following = range(typed[-1] + 1, typed[-1] + 1 + int(count) - len(typed))
    return format_seeds([*typed, *following])
