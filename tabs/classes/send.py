"""Send a picture of this tab to Translate."""

from __future__ import annotations

import gradio as gr

from tabs.components import send_to
from tabs.components.files import png_files
from tabs.components.history import History
from tabs.components.loading import Load
from tabs.components.send_to import Outlet


def build(load: Load, history: gr.State, clicked: gr.State) -> Outlet:
    """Lay out the button; it sends the picture clicked last, else the sheet's first."""
    button = send_to.layout("classes")

    def make(past: History, clicked: int) -> str:
        if past.current is None:
            raise ValueError("Sample some pictures first, then send one.")
        pick = past.current.pick(clicked)
        made = load(pick.model).sample([pick.seed], pick.class_name, pick.truncation_psi)
        return png_files(made, [pick.stem])[0]

    return Outlet(button, make, [history, clicked])
