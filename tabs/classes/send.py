"""The way of a picture from here to the Translate tab."""

from __future__ import annotations

import gradio as gr

from tabs.components.common import Load, Outlet, png_files
from tabs.components.history import History


def build(load: Load, history: gr.State, clicked: gr.State) -> Outlet:
    """Lay out the button; it sends the picture clicked last, else the sheet's first."""
    button = gr.Button("Send to Translate", size="sm", elem_id="classes-send", min_width=110)

    def make(past: History, clicked: int) -> str:
        if past.current is None:
            raise ValueError("Sample some pictures first, then send one.")
        pick = past.current.pick(clicked)
        made = load(pick.model).sample([pick.seed], pick.class_name, pick.truncation_psi)
        return png_files(made, [pick.stem])[0]

    return Outlet(button, make, [history, clicked])
