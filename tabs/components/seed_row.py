"""Seeds as typed on the page, random seeds, and how many."""

from __future__ import annotations

import random

from gan_models import format_seeds, parse_seeds
from tabs.components.errors import blamed

MAX_ON_PAGE = 64


def page_seeds(text: str, minimum: int = 1) -> list[int]:
    """Seeds as typed on the page, 64 at most."""
    with blamed("seeds"):
        return parse_seeds(text, limit=MAX_ON_PAGE, minimum=minimum)


def roll(count: float) -> str:
    """Seeds by dice: a run that starts anywhere in the first million."""
    first = random.randrange(1_000_000)
    return format_seeds(range(first, first + int(count)))


def recount(seeds: str, count: float) -> str:
    """As many seeds as asked: the first of those typed, and the run that follows the last."""
    try:
        kept = page_seeds(seeds)[: int(count)]
    except ValueError:
        kept = [0]
    following = range(kept[-1] + 1, kept[-1] + 1 + int(count) - len(kept))
    return format_seeds([*kept, *following])
