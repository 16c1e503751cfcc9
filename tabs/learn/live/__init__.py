"""Live trainings of two perceptrons, shown while they go on."""

from __future__ import annotations

import gradio as gr

from gan_models import LiveTrainings
from tabs.learn.live import film, page, words


def build(trainings: LiveTrainings | None = None) -> None:
    """Build the part; `trainings`: of this server, new ones by default."""
    trainings = trainings or LiveTrainings()
    gr.Markdown(words.INTRO, elem_classes="card", elem_id="learn-intro")
    with gr.Row(equal_height=False):
        with gr.Column(scale=7, min_width=320):
            page.lab(trainings)
            film.build(trainings)
        with gr.Column(scale=4, min_width=320):
            words.build()
