"""The film: a GIF of the painting, from its first stroke to its last."""

from __future__ import annotations

import gradio as gr
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_models import SemanticPipeline
from tabs.components import enlarge, film_export
from tabs.components.errors import user_errors
from tabs.components.events import LONG, PRIVATE, Facts, Steps, Updates
from tabs.components.film_export import Film
from tabs.components.loading import Load, loading
from tabs.components.preview import into_view
from tabs.paint.models import checked_painter
from tabs.paint.state import MAX_STATES, file_name, read_map, read_painting, read_request

FPS = 8
LAST_SECONDS = 2  # of the finished picture
_FILM_JS = "(_, ...rest) => [JSON.stringify(window.ganvasPaint.film()), ...rest]"


def build(load: Load) -> None:
    """Lay out and connect the panel."""
    text = gr.Textbox(visible=False)
    with gr.Row():
        beside = gr.Checkbox(True, label="With the label map beside it", elem_id="paint-film-map")
        large = enlarge.film_switch("paint")
        make = gr.Button("Make the film", variant="primary", elem_id="paint-film-make")
        cancel = gr.Button("Cancel", elem_id="paint-film-cancel", elem_classes="while-running")
    info = gr.Markdown(
        "One frame for each stroke, without those that were undone.",
        elem_id="paint-film-info",
        elem_classes="card",
    )
    with gr.Row(equal_height=False):
        movie = gr.Image(
            label="Film",
            type="filepath",
            interactive=False,
            height=300,
            elem_id="paint-film",
            elem_classes="fill",
        )
        file = gr.File(label="Download", interactive=False, elem_id="paint-film-file")

    def film(
        text: str, beside: bool, enlarged: bool, progress: gr.Progress = gr.Progress()
    ) -> Updates:
        with user_errors():
            path, count = yield from _write(load, text, beside, enlarged, progress)
            yield path, path, f"{count} picture{'' if count == 1 else 's'}, {FPS} a second."

    started = make.click(
        film,
        [text, beside, large],
        [movie, file, info],
        js=_FILM_JS,
        show_progress_on=[info],
        **LONG,
        **PRIVATE,
    )
    started.then(**into_view("paint-film"))
    cancel.click(lambda: "Stopped.", None, info, cancels=[started], queue=False, **PRIVATE)


def _write(
    load: Load, text: str, beside: bool, enlarged: bool, progress: gr.Progress
) -> Steps[tuple[str, int]]:
    """Make the file, yielding between frames; returns its path and the number of pictures."""
    request = _read(text)
    model = checked_painter(request.get("model"))
    pipeline: SemanticPipeline = yield from loading(load, model, progress)
    painting = read_painting(request, pipeline)
    states = [read_map(state, pipeline) for state in request["states"]]
    last = len(states) - 1
    frames = (
        pipeline.paint(state, painting.style, painting.patches if k == last else ())
        for k, state in enumerate(states)
    )
    with_map = lambda k, picture: _side_by_side(pipeline, states[k], picture)
    path, _ = yield from film_export.write(
        load,
        pipeline,
        frames,
        Film(len(states), FPS, ".gif", enlarged),
        file_name(pipeline, painting),
        progress,
        hold_frames=FPS * LAST_SECONDS,
        finish=with_map if beside else None,
    )
    return path, len(states)


def _read(text: object) -> Facts:
    """The request of a film, as the canvas sends it.

    Raises:
        ValueError: it is broken, or too long.
    """
    request = read_request(text)
    states = request.get("states")
    if not isinstance(states, list) or not 1 <= len(states) <= MAX_STATES:
        raise ValueError("There is no painting to film; paint something first.")
    return request


def _side_by_side(
    pipeline: SemanticPipeline, label_map: NDArray[np.int32], picture: Image.Image
) -> Image.Image:
    width, height = picture.size
    frame = Image.new("RGB", (2 * width, height))
    colors = pipeline.indexed_map(label_map).convert("RGB")
    frame.paste(colors.resize(picture.size, Image.Resampling.NEAREST), (0, 0))
    frame.paste(picture, (width, 0))
    frame.info.update(picture.info)  # with the provenance
    return frame
