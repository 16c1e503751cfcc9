"""There and back: A to B to A again, and what was lost on the way."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import gradio as gr

from gan_models import error_map, get_spec, inverse_of
from tabs.components.errors import user_errors
from tabs.components.events import GPU, PRIVATE
from tabs.components.files import output_folder
from tabs.components.loading import Load, loading
from tabs.components.models import checked_model, refuse_absent
from tabs.components.preview import into_view
from tabs.components.progress import stepping
from tabs.components.text import device_of
from tabs.components.upload import open_photo, preview
from tabs.translate.single import SinglePanel
from tabs.translate.state import TASK

HELP = (
    "Translates the picture and translates the result back with the inverse model. The map of the "
    "difference goes from black (none) over red and yellow to white (64 of 255 levels or more)."
)
_PICTURES = (("Translated", "there"), ("Translated back", "again"), ("Difference", "lost"))


def build(load: Load, single: SinglePanel) -> list[Any]:
    """Lay out and connect the panel; returns the events that can be cancelled."""
    go = gr.Button("Translate and back", elem_id="translate-back")
    info = gr.Markdown(HELP, elem_classes="card", elem_id="translate-back-info")
    with gr.Row(equal_height=False):
        there, back, lost = (_picture(label, f"translate-{name}") for label, name in _PICTURES)

    def run(
        path: str | None, model: str, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        with user_errors():
            photo = open_photo(path).convert("RGB")
            inverse = inverse_of(get_spec(checked_model(model, TASK)))
            if inverse is None:
                raise ValueError(
                    f"{get_spec(model).title} goes one way only; choose a model with a way back, "
                    "such as one from summer to winter."
                )
            started, made, pipeline = time.perf_counter(), photo, None
            pictures = [photo]
            for needed in (model, inverse.id):
                refuse_absent(needed)
            for step, name in enumerate((model, inverse.id)):
                pipeline = yield from loading(load, name, progress)
                steps = pipeline.iter_translate(made)
                made = yield from stepping(steps, progress, _PICTURES[step][0])
                pictures.append(made)
            error, levels = error_map(photo, made)
            seconds = time.perf_counter() - started
            folder = output_folder()
            files = [
                preview(picture, folder / f"{Path(path).stem}-{model}-{name}.png")
                for picture, name in zip(
                    [*pictures[1:], error], ("there", "again", "lost"), strict=True
                )
            ]
            line = f"Mean difference {levels:.1f} of 255 levels · {1000 * seconds:.0f} ms"
            yield (*files, f"{line}, {device_of(pipeline)}")

    outputs = [there, back, lost, info]
    given = [single.photo, single.model]
    started = go.click(run, given, outputs, show_progress_on=[there], **GPU, **PRIVATE)
    started.then(**into_view("translate-there"))
    return [started]


def _picture(label: str, elem_id: str) -> gr.Image:
    return gr.Image(
        label=label,
        format="png",
        interactive=False,
        buttons=["download", "fullscreen"],
        min_width=80,
        height=220,
        elem_id=elem_id,
        elem_classes="fill",
    )
