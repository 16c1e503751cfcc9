"""The models that the canvas offers, and the legend of one for the canvas."""

from __future__ import annotations

import time
from typing import Any

from gan_models import SemanticPipeline, availability
from tabs.components.models import checked_model, model_choices, models_of
from tabs.paint.state import TASK

OURS = "paint"


def is_ready(model: str) -> bool:
    """Whether there is such a model, and it can be used as it is."""
    return any(spec.id == model and availability(spec)[0] for spec in models_of(TASK))


def choices() -> list[tuple[str, str]]:
    """Labels and ids for the dropdown."""
    return model_choices(TASK)


def first_painter() -> str | None:
    """The model to start with: the first that is ready, else the first; None without any."""
    specs = models_of(TASK)
    ready = (spec for spec in specs if availability(spec)[0])
    spec = next(ready, specs[0] if specs else None)
    return spec.id if spec else None


def checked_painter(model: object) -> str:
    """The id, if it is that of a model that paints.

    Raises:
        ValueError: it is not.
    """
    return checked_model(str(model), TASK)


def legend(pipeline: SemanticPipeline) -> dict[str, Any]:
    """A model as the canvas needs it: labels, colours, size and styles."""
    width, height = pipeline.size
    return {
        "serial": time.time_ns(),  # so that the same legend again is still an event
        "model": pipeline.spec.id,
        "labels": list(pipeline.labels),
        "colors": [list(color) for color in pipeline.colors],
        "width": width,
        "height": height,
        "hasStyle": pipeline.has_style,
        "hasEncoder": pipeline.has_encoder,
        "canSegment": pipeline.can_segment,
        "presets": {name: _short(z) for name, z in pipeline.preset_styles.items()},
    }


def _short(z: list[float]) -> list[float]:
    return [round(number, 5) for number in z]
