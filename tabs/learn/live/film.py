"""The film of a live training, to download."""

from __future__ import annotations

import gradio as gr

from gan_models import (
    LiveTrainings,
    VideoWriter,
    live_film_frames,
    num_live_film_frames,
)
from tabs.components.errors import user_errors
from tabs.components.events import LONG, PRIVATE, Steps, Updates
from tabs.components.files import output_folder
from tabs.components.preview import into_view

FORMATS = [("MP4", ".mp4"), ("GIF", ".gif")]
FPS, LAST_SECONDS = 12, 2
NOTHING = "There is no training to film; press Start, and let it run for a while."
_SESSION_JS = "(_, suffix) => [window.ganvasLearn?.session ?? '', suffix]"


def build(trainings: LiveTrainings) -> None:
    """Lay out and connect the panel."""
    token = gr.Textbox(visible=False)
    with gr.Row(elem_id="learn-film-bar"):
        suffix = gr.Radio(FORMATS, value=".mp4", label="Film", elem_id="learn-film-format")
        make = gr.Button("Make a film of this training", elem_id="learn-film-make", min_width=160)
    with gr.Column(visible=False, elem_id="learn-film-results") as results:
        video = gr.Video(label="Film", autoplay=True, loop=True, elem_id="learn-video", height=320)
        animation = gr.Image(
            label="Film",
            type="filepath",
            visible=False,
            interactive=False,
            height=320,
            elem_id="learn-animation",
            elem_classes="fill",
        )
        file = gr.File(label="Download", interactive=False, elem_id="learn-film-file")

    def film(token: str, suffix: str, progress: gr.Progress = gr.Progress()) -> Updates:
        with user_errors():
            path = yield from _write(trainings, token, suffix, progress)
            is_video = suffix == ".mp4"
            yield (
                gr.Column(visible=True),
                gr.Video(path if is_video else None, visible=is_video),
                gr.Image(None if is_video else path, visible=not is_video),
                path,
            )

    made = make.click(
        film,
        [token, suffix],
        [results, video, animation, file],
        js=_SESSION_JS,
        show_progress_on=[make],
        **LONG,
        **PRIVATE,
    )
    made.then(**into_view("learn-film-results"))


def _write(trainings: LiveTrainings, token: str, suffix: str, progress: gr.Progress) -> Steps[str]:
    """Make the file, yielding between frames; returns its path.

    Raises:
        ValueError: there is no such training.
    """
    if not token:
        raise ValueError(NOTHING)
    runs = trainings.look(token).runs
    total, path = num_live_film_frames(runs), output_folder() / f"training{suffix}"
    with VideoWriter(path, FPS, total + FPS * LAST_SECONDS) as writer:
        for k, frame in enumerate(live_film_frames(runs)):
            last = k + 1 >= total
            for _ in range(1 + FPS * LAST_SECONDS * last):
                writer.add(frame)
            progress((k + 1, total), desc="Drawing", unit="frames")
            yield gr.skip()
    return str(path)
