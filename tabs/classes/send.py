"""Send a picture of this tab to Translate."""

from __future__ import annotations

import gradio as gr

from gan_models import ClassPipeline
from tabs.classes.state import ClassSheet
from tabs.components import send_to
from tabs.components.files import png_files
from tabs.components.history import History
from tabs.components.loading import Load
from tabs.components.send_to import SendButton


def build(load: Load, history: gr.State, clicked: gr.State) -> SendButton:
    """Lay out the button; it sends the picture clicked last, else the sheet's first."""
    button = send_to.layout("classes")

    def make(past: History[ClassSheet], clicked: int) -> str:
        if past.current is None:
            raise ValueError("Sample some pictures first, then send one.")
        pick = past.current.pick(clicked)
        pipeline: ClassPipeline = load(pick.model)
        made = pipeline.sample([pick.seed], pick.class_name, pick.truncation_psi)
        return png_files(made, [pick.stem], mark=False)[0]

    return SendButton(button, make, [history, clicked])
