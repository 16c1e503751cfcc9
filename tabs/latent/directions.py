"""Measure the directions in w: how much each changes the picture, and whether it has a name."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_models import LatentPipeline, SemanticPipeline, availability, get_spec
from tabs.components.loading import Load

TRAVEL = 2.0  # standard deviations either way, at which a direction is measured
SEEDS = (0, 1, 2)
LEAST_EFFECT = 1.5  # mean difference in levels of 255 below which a direction changes nothing
LEAST_SHARE = 0.06  # of the picture, or of its brightness, that a name must move
OURS = "landscapes"
_PAINTER = "paint"  # the model whose segmenter finds the labels in a picture
CONCEPTS = {  # names of directions: the labels whose share of the picture is measured
    "Water": ("water",),
    "Snow": ("snow",),
    "Mountains": ("mountain", "rock"),
    "Trees": ("forest",),
    "Sky": ("sky", "cloud"),
    "Sand": ("sand",),
}
SUN = "Sun"  # the brightness

Ends = tuple[Image.Image, Image.Image]  # of a direction, at -TRAVEL and TRAVEL
Segmenter = Callable[[Image.Image], dict[str, float]]  # the share of each of `CONCEPTS`


@dataclass(frozen=True)
class Effect:
    """A direction as a slider shows it."""

    name: str  # as `StyleTools.directions` calls it
    label: str
    effect: float  # mean difference in levels of 255 between the ends
    reach: float  # standard deviations of the slider's whole travel, to each side

    @property
    def works(self) -> bool:
        """Whether it changes the picture at all."""
        return self.effect >= LEAST_EFFECT


def measure(
    load: Load, pipeline: LatentPipeline, psi: float
) -> Generator[float, None, tuple[Effect, ...]]:
    """Measure all directions of a model; yields its progress, 0 to 1.

    Returns:
        The directions, strongest first. Equal travel of the sliders changes the picture equally,
        within ±4 standard deviations.
    """
    names = list(pipeline.styles.directions)
    segment = _segmenter(load, pipeline)
    ends: dict[str, list[Ends]] = {}
    for k, name in enumerate(names):
        pairs = [_ends(pipeline, seed, name, psi) for seed in SEEDS]
        ends[name] = pairs
        yield (k + 1) / len(names)
    effects = {name: _difference(pairs) for name, pairs in ends.items()}
    words = _names({name: _changes(pairs, segment) for name, pairs in ends.items()})
    strong = sorted(effects.values())[len(effects) // 2] or 1.0
    ranked = sorted(names, key=lambda name: -effects[name])
    return tuple(
        Effect(
            name,
            f"{words[name]} ({name})" if name in words else name,
            effects[name],
            round(min(max(4 * strong / max(effects[name], 1e-6), 1.5), 5.0), 1),
        )
        for name in ranked
    )


def _ends(pipeline: LatentPipeline, seed: int, name: str, psi: float) -> Ends:
    edit = pipeline.styles.edit
    return (
        edit(seed, {name: -TRAVEL}, "all", psi, False),
        edit(seed, {name: TRAVEL}, "all", psi, False),
    )


def _difference(pairs: list[Ends]) -> float:
    return float(np.mean([np.abs(_levels(a) - _levels(b)).mean() for a, b in pairs]))


def _levels(image: Image.Image) -> NDArray[np.float32]:
    return np.asarray(image.convert("RGB"), np.float32)


def _segmenter(load: Load, pipeline: LatentPipeline) -> Segmenter | None:
    """Measures label shares in a picture of our landscapes; None for other models."""
    if pipeline.spec.id != OURS or not availability(get_spec(_PAINTER))[0]:
        return None
    painter: SemanticPipeline = load(_PAINTER)
    if not painter.can_segment:
        return None
    labels = list(painter.labels)
    groups = {word: [labels.index(name) for name in names] for word, names in CONCEPTS.items()}

    def shares(image: Image.Image) -> dict[str, float]:
        ids = painter.segment(image)
        return {word: float(np.isin(ids, group).mean()) for word, group in groups.items()}

    return shares


def _changes(pairs: list[Ends], segment: Segmenter | None) -> dict[str, float]:
    """How much each concept changes between the ends; 0 where the seeds disagree."""
    if segment is None:
        return {}
    rows = []
    for low, high in pairs:
        before, after = segment(low), segment(high)
        row = {word: after[word] - before[word] for word in before}
        rows.append(row | {SUN: float(_levels(high).mean() - _levels(low).mean()) / 255})
    changes = {}
    for word in rows[0]:
        values = np.array([row[word] for row in rows])
        agreed = (np.sign(values) == np.sign(values.mean())).mean() >= 0.9
        changes[word] = float(values.mean()) if agreed else 0.0
    return changes


def _names(changes: dict[str, dict[str, float]]) -> dict[str, str]:
    """A name for each direction that moves one concept clearly; each name is given once."""
    found = [
        (abs(change), name, word)
        for name, row in changes.items()
        for word, change in row.items()
        if abs(change) >= LEAST_SHARE and abs(change) == max(map(abs, row.values()))
    ]
    words: dict[str, str] = {}
    for _, name, word in sorted(found, reverse=True):
        if word not in words.values():
            words[name] = word
    return words
