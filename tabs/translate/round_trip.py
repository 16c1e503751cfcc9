"""Round trip: translate from A to B and back, and the difference to the original."""

from __future__ import annotations

import time
from pathlib import Path

import gradio as gr

from gan_models import TranslationPipeline, error_map, get_spec, inverse_of
from tabs.components.errors import user_errors
from tabs.components.events import LONG, PRIVATE, Event, Updates
from tabs.components.files import output_folder
from tabs.components.loading import Load, loading
from tabs.components.models import checked_model, refuse_absent, title_of
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
_LABELS = ("Translated", "Translated back", "Difference")
_NAMES = ("there", "again", "lost")  # of the files, and in element ids


def build(load: Load, single: SinglePanel) -> list[Event]:
    """Lay out and connect the panel; returns the events to cancel."""
    go = gr.Button("Translate and back", elem_id="translate-back")
    info = gr.Markdown(HELP, elem_classes="card", elem_id="translate-back-info")
    with gr.Row(equal_height=False):
        pictures = [
            _picture(label, f"translate-{name}")
            for label, name in zip(_LABELS, _NAMES, strict=True)
        ]

    def run(path: str | None, model: str, progress: gr.Progress = gr.Progress()) -> Updates:
        with user_errors():
            photo = open_photo(path).convert("RGB")
            inverse = inverse_of(get_spec(checked_model(model, TASK)))
            if inverse is None:
                raise ValueError(
                    f"{title_of(get_spec(model))} goes one way only; choose a model with a way "
                    "back, such as one from summer to winter."
                )
            started = time.perf_counter()
            for needed in (model, inverse.id):
                refuse_absent(needed)
            forth: TranslationPipeline = yield from loading(load, model, progress)
            there = yield from stepping(forth.iter_translate(photo), progress, _LABELS[0])
            back: TranslationPipeline = yield from loading(load, inverse.id, progress)
            again = yield from stepping(back.iter_translate(there), progress, _LABELS[1])
            error, levels = error_map(photo, again)
            seconds = time.perf_counter() - started
            stem = output_folder() / f"{Path(str(path)).stem}-{model}"
            files = [
                preview(picture, stem.with_name(f"{stem.name}-{name}.png"))
                for picture, name in zip((there, again, error), _NAMES, strict=True)
            ]
            line = f"Mean difference {levels:.1f} of 255 levels · {1000 * seconds:.0f} ms"
            yield (*files, f"{line}, {device_of(back)}")

    outputs = [*pictures, info]
    given = [single.controls.photo, single.model]
    started = go.click(run, given, outputs, show_progress_on=pictures[:1], **LONG, **PRIVATE)
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
