"""An upload for files of this page; their provenance restores model and settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from gan_models import DIGITS_FILM, SHEETS_OF_TRAININGS, provenance_is_current
from tabs.components.enlarge import read_base_provenance
from tabs.components.errors import user_errors
from tabs.components.events import Facts, Steps, Updates
from tabs.components.files import file_input

OTHER_WEIGHTS = "The picture was made with other weights of this model; it may look different."


def layout(elem_id: str, what: str = "model, seeds and settings") -> gr.File:
    """Lay out the upload; `what` the files restore."""
    return file_input(
        label=f"Drop a picture or film that was saved here: it brings back {what}",
        elem_id=elem_id,
        elem_classes="forget-wrong",
        height=110,
    )


def handler(draw: Callable[..., Steps[Any]]) -> Callable[..., Updates]:
    """The event handler of an upload.

    Args:
        draw: a generator of the provenance, the values of the event's other inputs and the
            progress; it returns the values of the outputs.
    """

    def restore(file: str | None, *values: Any, progress: gr.Progress = gr.Progress()) -> Updates:
        if file is None:
            yield gr.skip()
            return
        with user_errors():
            provenance = read_base_provenance(file)
            yield (yield from draw(provenance, *values, progress))
            if not provenance_is_current(provenance):
                gr.Warning(OTHER_WEIGHTS)

    return restore


@contextmanager
def reading(provenance: Facts, task: str) -> Iterator[None]:
    """Check the task of a provenance, and raise one error for missing or wrong entries.

    Raises:
        ValueError: it is another task's, or broken.
    """
    try:
        if provenance["task"] in SHEETS_OF_TRAININGS:
            raise ValueError(
                "This file is of a training and names no settings; drop a picture that a tab made."
            )
        if provenance["task"] == DIGITS_FILM:
            raise ValueError("This sheet is of the tab Learn; choose its model, seeds, step there.")
        if provenance["task"] != task:
            raise ValueError(
                f"This picture was made in another tab ({provenance['task']}); drop it there."
            )
        yield
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            "The picture's provenance is broken; download the picture again."
        ) from error
