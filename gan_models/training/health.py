"""How a fine-tuning is doing, in plain language: learning, copying, collapsing or diverged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["starting", "learning", "overfitting", "collapsing", "diverged"]

LEAST_DIVERSITY = 0.45  # of the pictures' own
WORSE = 1.5  # times the base's own KID
MOST_COPIES = 0.5  # of the samples


@dataclass(frozen=True)
class Health:
    """What is said of a run."""

    state: State
    sentence: str


SENTENCES: dict[str, str] = {
    "starting": "Starting: the first measurement is still to come.",
    "learning": "Learning: the samples come nearer to your pictures.",
    "overfitting": (
        "Overfitting: most samples are copies of your pictures (see the nearest ones beside "
        "them). Stop here or go back to an earlier snapshot; more pictures help most."
    ),
    "collapsing": (
        "Collapsing: the samples are too much alike or far from all pictures. Stop, and begin "
        "again with lower learning rates or from an earlier snapshot."
    ),
    "diverged": (
        "Diverged: training ran away and went back to its last snapshot with half the learning "
        "rate. If it happens again, begin anew with lower learning rates."
    ),
}


def judge(measures: Sequence[Mapping[str, float]], diverged: bool) -> Health:
    """What the measures of a run, oldest first, say of it.

    Args:
        measures: rows with `kid_effl0`, `diversity_share`, `memorised_share`; the first is the
            base's.
        diverged: whether the run has lately gone back to a snapshot.
    """
    if diverged:
        state: State = "diverged"
    elif len(measures) < 2:
        state = "starting"
    else:
        state = _state(measures)
    return Health(state, SENTENCES[state])


def _state(measures: Sequence[Mapping[str, float]]) -> State:
    first, last = measures[0], measures[-1]
    if last["diversity_share"] < LEAST_DIVERSITY or last["kid_effl0"] > WORSE * first["kid_effl0"]:
        return "collapsing"
    if last["memorised_share"] > MOST_COPIES:
        return "overfitting"
    return "learning"
