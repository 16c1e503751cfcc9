"""Curves of a run: read from its tables, thinned, and scaled to a unit square to be drawn."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TABLES = ("losses.csv", "metrics.csv")  # in the folder of a run

Curve = list[tuple[float, float]]  # (kimg, value), or (x, y) from 0 to 1


def read_curves(folder: Path) -> dict[str, Curve]:
    """Every column of a run's tables against its kimg; empty where there are no tables yet."""
    curves: dict[str, Curve] = {}
    for table in TABLES:
        try:
            # the last row may not be complete
            text = (folder / table).read_text("utf-8").rpartition("\n")[0]
        except OSError:
            continue
        for row in csv.DictReader(io.StringIO(text)):
            for name, value in row.items():
                if value and name not in ("step", "kimg"):
                    curves.setdefault(name, []).append((float(row["kimg"]), float(value)))
    return curves


def thin(curve: Sequence[tuple[float, float]], most: int) -> Curve:
    """At most `most` points, the means of neighbours; finite values only."""
    finite = [(x, y) for x, y in curve if math.isfinite(y)]
    size = -(-len(finite) // most)
    groups = [finite[k : k + size] for k in range(0, len(finite), size)] if finite else []
    return [(group[-1][0], sum(y for _, y in group) / len(group)) for group in groups]


@dataclass(frozen=True)
class Scaled:
    """Curves that share their axes.

    Attributes:
        curves: x from 0 to 1 for 0 to `right`, y from 0 to 1 for `low` to `high`; y is clipped.
        low, high: values at the lower and upper edge.
        right: kimg at the right edge.
    """

    curves: list[Curve]
    low: float
    high: float
    right: float


def scale(curves: Sequence[Sequence[tuple[float, float]]], clipped: float = 0.0) -> Scaled:
    """Scale curves, of which at least one has a point, to a unit square.

    Args:
        curves: (kimg, value).
        clipped: share of the values that may lie outside at either end, 0 to 0.5.
    """
    values = sorted(y for curve in curves for _, y in curve)
    skip = int(clipped * len(values))
    low, high = values[skip], values[-1 - skip]
    right = max(x for curve in curves for x, _ in curve) or 1.0
    span = high - low or 1.0
    scaled = [
        [(x / right, min(max((y - low) / span, 0.0), 1.0)) for x, y in curve] for curve in curves
    ]
    return Scaled(scaled, low, high, right)
