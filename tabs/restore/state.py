"""What the parts of the tab share: models, factors, and what a visitor has enlarged."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from gan_models import availability, get_spec
from tabs.common import models_of, user_errors
from tabs.components.upscalers import AUTOMATIC, AUTOMATIC_LABEL, TASK

FACTORS = (2, 3, 4)
ABOUT = (
    "Real-ESRGAN adds the detail that small, blurred or much compressed pictures have lost. What "
    "it adds is plausible, not known."
)


@dataclass(frozen=True)
class Result:
    """A picture that was enlarged: files, which may be gone after a while."""

    original: str
    enlarged: str  # in full, a PNG with its recipe
    stem: str  # of the file to take home
    line: str  # what was done


def choices() -> list[tuple[str, str]]:
    """Labels and ids for the dropdown."""
    rows = []
    for spec in models_of(TASK):
        needed = "" if availability(spec)[0] else f" · download {spec.size_bytes / 1e6:.0f} MB"
        rows.append((f"{spec.title}{needed}", spec.id))
    return [(AUTOMATIC_LABEL, AUTOMATIC), *rows]


def card(model: str) -> gr.Markdown:
    """One line of what a model is, for under its dropdown; none of the automatic choice."""
    if model == AUTOMATIC:
        return gr.Markdown(visible=False)
    with user_errors():
        spec = get_spec(model)
    line = (
        f"{spec.family}, {spec.num_params / 1e6:.1f} million parameters · trained on "
        f"{spec.trained_on} · licence: {spec.licence} · {spec.attribution}"
    )
    ready, reason = availability(spec)
    return gr.Markdown(line if ready else f"{line}\n\n**Not here yet.** {reason}", visible=True)


def factors_of(model: str) -> tuple[int, ...]:
    """The factors that a model offers: up to its own."""
    own = max(FACTORS) if model == AUTOMATIC else get_spec(model).config.get("scale", max(FACTORS))
    return tuple(factor for factor in FACTORS if factor <= own) or FACTORS[:1]


def factor_choices(model: str) -> list[tuple[str, int]]:
    """Labels and values for the factors."""
    return [(f"×{factor}", factor) for factor in factors_of(model)]


def factor_radio(model: str, factor: int | None) -> gr.Radio:
    """The factors that a model offers, at the one chosen before where it has that."""
    offered = factors_of(model)
    return gr.Radio(factor_choices(model), value=factor if factor in offered else max(offered))
