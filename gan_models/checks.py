"""Convert arguments of any number type to Python's own, and check names and channels."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any


def as_float(value: Any) -> float:
    """A number of any kind, numpy's and torch's too, as a float; NaN where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # torch: more than one number
        return math.nan


def as_index(value: Any) -> int:
    """A whole number of any kind, numpy's and torch's too, as an int; -1 where it is none."""
    try:
        return -1 if isinstance(value, bool) else operator.index(value)
    except (TypeError, ValueError, RuntimeError):  # torch: more than one number
        return -1


def numbered(names: Iterable[str]) -> tuple[str, ...]:
    """Names that each occur once: the second "crane" becomes "crane 2", if none is called so."""
    names = list(names)
    taken, times, made = set(names), {}, []
    for name in names:
        number = times[name] = times.get(name, 0) + 1
        if number > 1:
            while (own := f"{name} {number}") in taken:
                number += 1
            times[name] = number
            taken.add(own)
            name = own
        made.append(name)
    return tuple(made)


def odd_channels(reads: int, writes: int) -> str:
    """The fault of a translator with these numbers of channels; "" without one.

    Grey pictures have one channel, colours three. The text follows the model's name.
    """
    if {reads, writes} <= {1, 3}:
        return ""
    return (
        f"reads pictures of {reads} channels and writes pictures of {writes}; only grey (1) and "
        "colour (3) can be translated. Choose a translator whose input_nc and output_nc are 1 or 3."
    )
