"""How GANs learn: live trainings on points, and trainings on handwritten digits as films."""

from __future__ import annotations

import gradio as gr

from tabs.components.loading import Load
from tabs.learn import digits, live

TITLE, ELEM_ID = "Learn", "tab-learn"


def build(load: Load) -> None:
    """Build the tab inside an open `gr.Tab`; `load(id)` gives a pipeline."""
    with gr.Tabs(elem_id="learn-parts", overflow_behavior="wrap"):
        with gr.Tab("Live, in two dimensions", elem_id="learn-tab-live"):
            live.build()
        with gr.Tab("On film, on handwritten digits", elem_id="learn-tab-digits"):
            digits.build()
