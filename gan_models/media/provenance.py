"""Provenances as data: those of sheets, and what kind of media they state.

A provenance is a JSON object that names task, model, hash of the weights and inputs of a picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Provenance = Mapping[str, Any]

PROVENANCE_KEY = "ganvas"  # of a picture's `info`, and of a PNG's text chunk
GRID_KEY = "grid"
DIGITS_FILM = "digits-film"  # task of the pictures of the films of digits
# tasks of the sheets of trainings: of samples alone, and with training pictures beside them
SHEETS_OF_TRAININGS = SAMPLES, SAMPLES_AND_DATA = ("samples", "samples-and-data")

TRAINED = "trainedAlgorithmicMedia"
# from the one that says least of networks to the one that says most
_TYPES = (
    "algorithmicallyEnhanced",
    "compositeWithTrainedAlgorithmicMedia",
    "compositeSynthetic",
    TRAINED,
)
_TYPE_OF_TASK = {
    "restoration": "algorithmicallyEnhanced",
    "translation": "compositeWithTrainedAlgorithmicMedia",
    SAMPLES_AND_DATA: "compositeSynthetic",
}


def read_text(text: object) -> dict[str, Any] | None:
    """The provenance that a text holds as JSON; None: it holds none."""
    if not isinstance(text, str | bytes):
        return None
    try:
        provenance = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return provenance if isinstance(provenance, dict) else None


def combined(provenances: Sequence[Provenance]) -> dict[str, Any]:
    """The provenance of a sheet: what its pictures have in common, and under "grid" the rest."""
    first = provenances[0]
    common = {
        key: value
        for key, value in first.items()
        if all(key in other and other[key] == value for other in provenances)
    }
    rest = [{k: v for k, v in other.items() if k not in common} for other in provenances]
    return {**common, GRID_KEY: rest}


def pictures_of(provenance: Provenance) -> list[dict[str, Any]]:
    """The provenance of each picture of a sheet; of a single picture, its own alone."""
    common = {key: value for key, value in provenance.items() if key != GRID_KEY}
    rest = provenance.get(GRID_KEY)
    parts = [part for part in rest if isinstance(part, dict)] if isinstance(rest, list) else []
    return [common | part for part in parts or [{}]]


def before_task(provenance: Provenance, task: str) -> dict[str, Any]:
    """The provenance of what went into a task, where that is known; of a sheet, of each picture."""
    parts = [
        part["base"] if part.get("task") == task and isinstance(part.get("base"), dict) else part
        for part in pictures_of(provenance)
    ]
    return combined(parts) if GRID_KEY in provenance else parts[0]


def source_type(provenance: Provenance) -> str:
    """The IPTC term for a picture's origin (cv.iptc.org/newscodes/digitalsourcetype).

    Samples, mixtures, morphs and paintings are `trainedAlgorithmicMedia`: all of their pixels are
    a network's. Of a visitor's own picture that is not true, so a translation is
    `compositeWithTrainedAlgorithmicMedia` (media that a trained model has modified: it keeps the
    layout and replaces colours and texture), and an enlarged or restored picture
    `algorithmicallyEnhanced` (augmented or corrected by an algorithm: what it shows stays). Where
    the picture that went in was itself made here, the term that says more of networks holds.
    Sheets of a training that show its data beside the samples are `compositeSynthetic`.
    """
    found = [
        _TYPES.index(_TYPE_OF_TASK.get(str(one.get("task")), TRAINED))
        for picture in pictures_of(provenance)
        for one in _with_bases(picture)
    ]
    return _TYPES[max(found, default=len(_TYPES) - 1)]


def _with_bases(provenance: Provenance) -> Iterator[Provenance]:
    """A provenance, that of the picture that went in, that of the one before, and so on."""
    base: object = provenance
    while isinstance(base, Mapping):
        yield base
        base = base.get("base")
