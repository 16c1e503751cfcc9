"""How a fine-tuning is doing, in plain language: learning, copying, collapsing or diverged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from gan_models.paths import atomic_write

State = Literal["starting", "learning", "overfitting", "collapsing", "diverged"]

FILE = "health.json"
LEAST_DIVERSITY = 0.45  # of the pictures' own
LEFT_DIVERSITY, LOST_DIVERSITY = 0.5, 0.8  # of the most there has been
LEFT_LAYOUTS = 0.7  # of the most there has been
WORSE, WORSE_BY = 1.5, 0.05  # KID, times the base's own and beyond it
MOST_COPIES = 0.3  # of the samples
LEVEL = 4  # measurements without a gain
MAX_HISTORY = 200


@dataclass(frozen=True)
class Health:
    """What is said of a run."""

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
    """What the measures of a run, oldest first, say of it.

    Args:
        measures: rows with `kid_effl0`, `diversity_share`, `memorised_share`, maybe
            `layout_share`; the first is the base's.
        diverged: whether the run has lately gone back to a snapshot.
    """
    if diverged:
        state: State = "diverged"
    elif len(measures) < 2:
        state = "starting"
    elif _is_collapsing(measures) and _is_collapsing(measures[:-1]):  # once may be chance
        state = "collapsing"
    elif all(row["memorised_share"] > MOST_COPIES for row in measures[-2:]):
        state = "overfitting"
    else:
        state = "learning"
    levelled = state == "learning" and _is_level(measures)
    return Health(state, LEVELLED if levelled else SENTENCES[state])


def _is_level(measures: Sequence[Mapping[str, float]]) -> bool:
    """Whether the last few measurements brought nothing."""
    distances = [row["kid_effl0"] for row in measures]
    return len(distances) > 2 * LEVEL and min(distances[-LEVEL:]) > min(distances[:-LEVEL])


def _is_collapsing(measures: Sequence[Mapping[str, float]]) -> bool:
    first, last = measures[0], measures[-1]
    most = min(max(row["diversity_share"] for row in measures), 1.0)
    # a base may have little to begin with: only what has been lost counts
    limit = max(LEFT_DIVERSITY * most, min(LEAST_DIVERSITY, LOST_DIVERSITY * most))
    poor = last["diversity_share"] < limit
    layouts = [row.get("layout_share", 1.0) for row in measures]
    alike = layouts[-1] < LEFT_LAYOUTS * min(max(layouts), 1.0)
    far = last["kid_effl0"] > WORSE * first["kid_effl0"] + WORSE_BY
    copying = last["memorised_share"] > MOST_COPIES  # which may be blurred, and so far in features
    return poor or alike or (far and not copying)


def write_health(folder: Path, health: Health, step: int, kimg: float) -> None:
    """Put the state into health.json, and into its history where it has changed."""
    history = [entry for entry in read_history(folder) if entry["step"] <= step]
    if not history or history[-1]["state"] != health.state:
        history.append({"step": step, "kimg": kimg, "state": health.state})
    text = json.dumps(asdict(health) | {"history": history[-MAX_HISTORY:]})
    atomic_write(folder / FILE, lambda path: path.write_text(text))


def read_history(folder: Path) -> list[dict[str, Any]]:
    """The states that a run has been in: `step` and `kimg` at which each began, and `state`."""
    try:
        return json.loads((folder / FILE).read_text())["history"]
    except (OSError, ValueError, KeyError):
        return []
