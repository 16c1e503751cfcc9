"""The health of a fine-tuning as a state and a sentence, from its measures."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from gan_models.paths import atomic_write

State = Literal["starting", "learning", "overfitting", "collapsing", "diverged"]

FILE = "health.json"
LEAST_DIVERSITY = 0.45  # share of the diversity of the pictures
LEFT_DIVERSITY, LOST_DIVERSITY = 0.5, 0.8  # share of the maximum so far
LEFT_LAYOUTS = 0.7  # share of the maximum so far
WORSE, WORSE_BY = 1.5, 0.05  # factor and offset on the KID of the base
MOST_COPIES = 0.3  # of the samples
LEVEL = 4  # measurements without a gain
MAX_HISTORY = 200


@dataclass(frozen=True)
class Health:
    """The state of a run, and a sentence about it for the user."""

    state: State
    sentence: str


SENTENCES: dict[str, str] = {
    "starting": "Starting: the first measurements are still to come.",
    "learning": "Learning: the samples come nearer to your pictures.",
    "overfitting": (
        "Overfitting: many samples are copies of your pictures; the nearest ones stand beside "
        "them. Stop here or take an earlier snapshot; more pictures help most."
    ),
    "collapsing": (
        "Collapsing: the samples become all alike or unlike any picture. Stop, and begin again "
        "with lower learning rates, or go on from an earlier snapshot."
    ),
    "diverged": (
        "Diverged: training ran away and went back to its last snapshot with half the learning "
        "rate. If that happens again and again, begin anew with lower learning rates."
    ),
}
LEVELLED = (
    "Learning, but no longer coming nearer to your pictures: stopping here loses little, and an "
    "earlier snapshot may be better."
)


def assess(measures: Sequence[Mapping[str, float]], diverged: bool) -> Health:
    """The health of a run by its measures, oldest first.

    Args:
        measures: rows with `kid_effl0`, `diversity_share`, `memorised_share`, maybe
            `layout_share`; the first is that of the base.
        diverged: whether the run was reset to a snapshot since the last measurement.
    """
    if diverged:
        state: State = "diverged"
    elif len(measures) < 2:
        state = "starting"
    elif _is_collapsing(measures) and _is_collapsing(measures[:-1]):  # a single time may be chance
        state = "collapsing"
    elif all(row["memorised_share"] > MOST_COPIES for row in measures[-2:]):
        state = "overfitting"
    else:
        state = "learning"
    levelled = state == "learning" and _is_level(measures)
    return Health(state, LEVELLED if levelled else SENTENCES[state])


def _is_level(measures: Sequence[Mapping[str, float]]) -> bool:
    """Whether the last few measurements show no improvement."""
    distances = [row["kid_effl0"] for row in measures]
    return len(distances) > 2 * LEVEL and min(distances[-LEVEL:]) > min(distances[:-LEVEL])


def _is_collapsing(measures: Sequence[Mapping[str, float]]) -> bool:
    first, last = measures[0], measures[-1]
    most = min(max(row["diversity_share"] for row in measures), 1.0)
    # the base itself may have little diversity: only a loss counts
    limit = max(LEFT_DIVERSITY * most, min(LEAST_DIVERSITY, LOST_DIVERSITY * most))
    poor = last["diversity_share"] < limit
    layouts = [row.get("layout_share", 1.0) for row in measures]
    alike = layouts[-1] < LEFT_LAYOUTS * min(max(layouts), 1.0)
    far = last["kid_effl0"] > WORSE * first["kid_effl0"] + WORSE_BY
    copying = last["memorised_share"] > MOST_COPIES  # blurred copies are far away in features
    return poor or alike or (far and not copying)


def write_health(folder: Path, health: Health, step: int, kimg: float) -> None:
    """Write the health to health.json, and add it to the history there if the state changed."""
    history = [entry for entry in read_history(folder) if entry["step"] <= step]
    if not history or history[-1]["state"] != health.state:
        history.append({"step": step, "kimg": kimg, "state": health.state})
    text = json.dumps(asdict(health) | {"history": history[-MAX_HISTORY:]})
    atomic_write(folder / FILE, lambda path: path.write_text(text))


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The past states of a run: `state`, and the `step` and `kimg` at which it started."""
    try:
        return json.loads((folder / FILE).read_text())["history"]
    except (OSError, ValueError, KeyError):
        return []
