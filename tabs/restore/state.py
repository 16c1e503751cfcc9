"""What the modules of the tab share: models, factors, and results."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from gan_models import get_spec
from tabs.components.models import checked_model, model_card, model_choices, refuse_absent
from tabs.components.upscalers import AUTOMATIC, AUTOMATIC_LABEL, TASK

FACTORS = (2, 3, 4)
ABOUT = (
    "Real-ESRGAN adds the detail that small, blurred or much compressed pictures have lost. What "
    "it adds is plausible, not known."
)


@dataclass(frozen=True)
class Result:
    """An enlarged picture: files, which are deleted after a while."""

    original: str
    enlarged: str  # in full, a PNG with its provenance
    stem: str  # of the file to download
    line: str  # on sizes and time


def choices(task: str = TASK) -> list[tuple[str, str]]:
    """Labels and ids for the dropdown."""
    return [(AUTOMATIC_LABEL, AUTOMATIC), *model_choices(task)]


def card(model: str) -> str:
    """The card of a model, under its dropdown; empty for the automatic choice."""
    return "" if model == AUTOMATIC else model_card(model)


def refuse_absent_choice(model: str) -> None:
    """Refuse a chosen model that is not here; the automatic choice takes one that is.

    Raises:
        ValueError: it is not here, or there is no such model.
    """
    if model != AUTOMATIC:
        refuse_absent(checked_model(model, TASK))


def factors_of(model: str) -> tuple[int, ...]:
    """The factors that a model offers: up to its own scale."""
    most = max(FACTORS)
    if model != AUTOMATIC:
        scale = get_spec(model).config.get("scale", most)
        most = scale if isinstance(scale, int | float) else most
    return tuple(factor for factor in FACTORS if factor <= most) or FACTORS[:1]


def factor_choices(model: str) -> list[tuple[str, int]]:
    """Labels and values for the factors."""
    return [(f"×{factor}", factor) for factor in factors_of(model)]


def factor_radio(model: str, factor: int | None) -> gr.Radio:
    """The factors that a model offers, at the one chosen before where it has that."""
    offered = factors_of(model)
    return gr.Radio(factor_choices(model), value=factor if factor in offered else max(offered))
