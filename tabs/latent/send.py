"""Send a picture of this tab to Translate."""

from __future__ import annotations

import gradio as gr

from gan_models import LatentPipeline
from tabs.components import send_to
from tabs.components.files import png_files
from tabs.components.history import History
from tabs.components.loading import Load
from tabs.components.send_to import SendButton
from tabs.components.tickets import file_stem
from tabs.latent.state import Pick, Sheet, first_pick


def build(load: Load, history: gr.State, picked: gr.State) -> SendButton:
    """Lay out the button; it sends the picture clicked last, else the sheet's first."""
    button = send_to.layout("latent")

    def make(history: History[Sheet], picked: Pick | None) -> str:
        pick = picked or first_pick(history)
        if pick is None:
            raise ValueError("Sample some pictures first, then send one.")
        pipeline: LatentPipeline = load(pick.model)
        made = pipeline.sample([pick.seed], pick.truncation_psi)
        return png_files(made, [f"{file_stem(pick.model)}-seed{pick.seed:08d}"], mark=False)[0]

    return SendButton(button, make, [history, picked])
