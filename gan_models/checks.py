"""Arguments as they come, of any kind of number, as Python's own."""

from __future__ import annotations

import math
from typing import Any


def as_float(value: Any) -> float:
    """A number of any kind, numpy's and torch's too, as a float; NaN where it is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # torch: more than one number
        return math.nan
