"""There and back: A to B to A again, and what was lost on the way."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import gradio as gr

from gan_models import error_map, get_spec, inverse_of
from tabs.common import (
    GPU,
    PRIVATE,
    Load,
    checked_model,
    device_of,
    loading,
    output_folder,
    user_errors,
)
from tabs.components.progress import stepping
from tabs.components.upload import open_photo, preview
from tabs.translate.single import TASK, SinglePanel

HELP = (
    "A translator that was trained with its inverse can undo itself. The map shows where it "
    "cannot: black is no difference, white 64 grey levels or more."
)


def build(load: Load, single: SinglePanel) -> list[Any]:
    """Lay out and connect the panel; returns the events that can be cancelled."""
    go = gr.Button("There and back", elem_id="translate-back")
    info = gr.Markdown(HELP, elem_classes="card", elem_id="translate-back-info")
    with gr.Row(equal_height=False):
        there, back, lost = (
            _picture(label, f"translate-{name}")
            for label, name in (("There", "there"), ("Back again", "again"), ("Lost", "lost"))
        )

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
            for step, name in enumerate((model, inverse.id)):
                pipeline = yield from loading(load, name, progress)
                steps = pipeline.iter_translate(made)
                made = yield from stepping(steps, progress, ("There", "Back")[step])
                pictures.append(made)
            error, levels = error_map(photo, made)
            seconds = time.perf_counter() - started
            folder = output_folder()
            files = [
                preview(picture, folder / f"{name}.png")
                for picture, name in zip(
                    [*pictures[1:], error], ("there", "again", "lost"), strict=True
                )
            ]
            line = f"{levels:.1f} grey levels are lost at mean · {1000 * seconds:.0f} ms"
            yield (*files, f"{line}, {device_of(pipeline)}")

    outputs = [there, back, lost, info]
    given = [single.photo, single.model]
    return [go.click(run, given, outputs, show_progress_on=[there], **GPU, **PRIVATE)]


def _picture(label: str, elem_id: str) -> gr.Image:
    return gr.Image(
        label=label,
        format="png",
        interactive=False,
        buttons=["download", "fullscreen"],
        min_width=80,
        height=220,
        elem_id=elem_id,
    )
