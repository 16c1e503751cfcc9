"""The film: a GIF of the painting coming to life, from its first stroke to its last."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import VideoWriter
from tabs.components import enlarge
from tabs.components.common import GPU, PRIVATE, Load, loading, output_folder, user_errors
from tabs.components.preview import into_view
from tabs.components.upscalers import fast_grower
from tabs.paint.models import checked_painter
from tabs.paint.state import MAX_STATES, file_name, read_map, read_painting, read_request

FPS = 8
LAST_SECONDS = 2  # how long the finished picture stands
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
    ) -> Generator[Any, None, None]:
        with user_errors():
            path, count = yield from _write(load, text, beside, enlarged, progress)
            yield path, path, f"{count} picture{'' if count == 1 else 's'}, {FPS} a second."

    started = make.click(
        film,
        [text, beside, large],
        [movie, file, info],
        js=_FILM_JS,
        show_progress_on=[info],
        **GPU,
        **PRIVATE,
    )
    started.then(**into_view("paint-film"))
    cancel.click(lambda: "Stopped.", None, info, cancels=[started], queue=False, **PRIVATE)


def _write(
    load: Load, text: str, beside: bool, enlarged: bool, progress: gr.Progress
) -> Generator[Any, None, tuple[str, int]]:
    """Make the file, yielding between frames; returns its path and how many pictures it has."""
    request = _read(text)
    pipeline = yield from loading(load, checked_painter(request.get("model")), progress)
    painting = read_painting(request, pipeline)
    states = [read_map(state, pipeline) for state in request["states"]]
    grower = yield from fast_grower(load, enlarged, len(states), progress)
    path = output_folder() / f"{file_name(pipeline, painting)}{enlarge.suffix(enlarged)}.gif"
    with VideoWriter(path, FPS, len(states) + FPS * LAST_SECONDS) as writer:
        for k, label_map in enumerate(states):
            parts = painting.patches if k == len(states) - 1 else ()
            picture = pipeline.paint(label_map, painting.style, parts)
            picture = yield from grower.grow(picture)
            frame = _side_by_side(pipeline, label_map, picture) if beside else picture
            writer.add(frame)
            progress((k + 1, len(states)), desc="Filming", unit="pictures")
            yield gr.skip()
        for _ in range(FPS * LAST_SECONDS):
            writer.add(frame)
    return str(path), len(states)


def _read(text: Any) -> dict[str, Any]:
    """What the canvas sends for a film.

    Raises:
        ValueError: it is not that, or it is too long.
    """
    request = read_request(text)
    states = request.get("states")
    if not isinstance(states, list) or not 1 <= len(states) <= MAX_STATES:
        raise ValueError("There is no painting to film; paint something first.")
    return request


def _side_by_side(pipeline: Any, label_map: Any, picture: Image.Image) -> Image.Image:
    width, height = picture.size
    frame = Image.new("RGB", (2 * width, height))
    colors = pipeline.indexed_map(label_map).convert("RGB")
    frame.paste(colors.resize(picture.size, Image.Resampling.NEAREST), (0, 0))
    frame.paste(picture, (width, 0))
    return frame
