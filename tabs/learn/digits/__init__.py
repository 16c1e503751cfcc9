"""Trainings on handwritten digits as films: the same seeds at every snapshot."""

from __future__ import annotations

import gradio as gr

from gan_models import digit_film_names
from tabs.learn.digits import api, page, words


def build() -> None:
    """Build the part; without films it says how to get them."""
    api.build()
    names = digit_film_names()
    if not names:
        gr.Markdown(words.NO_FILMS, elem_classes="card", elem_id="learn-digits-none")
        return
    gr.Markdown(words.INTRO, elem_classes="card", elem_id="learn-digits-intro")
    with gr.Row(equal_height=False):
        with gr.Column(scale=7, min_width=320):
            page.lab(names)
        with gr.Column(scale=4, min_width=320):
            words.build(names)
