"""Sets of labels of files: how each numbers, names and colours its labels.

They are stored in `palettes/*.csv`, with the nearest label of a landscape for each.
"""

from __future__ import annotations

import colorsys
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

PALETTES = ("landscape", "ade20k", "coco-stuff", "cityscapes", "facades")

UNLABELLED = (127, 127, 127)


@dataclass(frozen=True)
class Palette:
    """A set of labels: how its files number, name and colour them."""

    name: str
    ids: tuple[int, ...]  # in grey maps of this set
    labels: tuple[str, ...]
    colors: tuple[tuple[int, int, int], ...]
    landscape: tuple[str, ...]  # the nearest label of the landscape world, "" for none


@lru_cache
def palette(name: str) -> Palette:
    """One of `PALETTES`.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in PALETTES:
        raise ValueError(f"There is no palette {name!r}. Choose from: {', '.join(PALETTES)}.")
    path = Path(__file__).parents[1] / "palettes" / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return Palette(
        name,
        tuple(int(row["id"]) for row in rows),
        tuple(row["name"] for row in rows),
        tuple((int(row["red"]), int(row["green"]), int(row["blue"])) for row in rows),
        tuple(row["landscape"] for row in rows),
    )


def colors_of(labels: Sequence[str]) -> tuple[tuple[int, int, int], ...]:
    """A colour for each label of a model: those of its palette, else hues far from each other."""
    for name in PALETTES:
        known = dict(zip(palette(name).labels, palette(name).colors, strict=True))
        if sum(label in known for label in labels) > 0.9 * len(labels):
            return tuple(known.get(label, UNLABELLED) for label in labels)
    golden = 0.618034  # of the hue circle, so that neighbours differ
    rgb = (
        colorsys.hsv_to_rgb(i * golden % 1, (0.5, 0.85)[i % 2], (0.95, 0.7, 0.5)[i % 3])
        for i in range(len(labels))
    )
    return tuple((round(255 * r), round(255 * g), round(255 * b)) for r, g, b in rgb)


def default_labels(num_labels: int) -> tuple[str, ...]:
    """Names for a SPADE generator that has none: those of the data set with that many labels.

    The authors' models have one label more for what is not labelled, and one for the outlines of
    objects where they were trained with those.
    """
    for name, count in (("cityscapes", 34), ("ade20k", 150), ("coco-stuff", 182)):
        if count <= num_labels <= count + 2:
            known = palette(name)
            first = known.ids[0]  # ADE20K's files count from 1
            names = {i - first: label for i, label in zip(known.ids, known.labels, strict=True)}
            rest = {count: "not labelled", count + 1: "outline"}
            return tuple((names | rest).get(i, f"unused {i}") for i in range(num_labels))
    return tuple(f"label {i}" for i in range(num_labels))
