"""The way of a picture from here to the Translate tab."""

from __future__ import annotations

import gradio as gr

from tabs.components.common import Load, Outlet, png_files
from tabs.components.history import History
from tabs.components.visitor import file_stem
from tabs.latent.state import Pick, first_pick


def build(load: Load, history: gr.State, picked: gr.State) -> Outlet:
    """Lay out the button; it sends the picture clicked last, else the sheet's first."""
    button = gr.Button("Send to Translate", size="sm", elem_id="latent-send", min_width=110)

    def make(history: History, picked: Pick | None) -> str:
        pick = picked or first_pick(history)
        if pick is None:
            raise ValueError("Sample some pictures first, then send one.")
        made = load(pick.model).sample([pick.seed], pick.truncation_psi)
        return png_files(made, [f"{file_stem(pick.model)}-seed{pick.seed:08d}"])[0]

    return Outlet(button, make, [history, picked])
