"""The way of a picture from here to the Translate tab."""

from __future__ import annotations

import gradio as gr

from tabs.classes.state import ClassSheet, file_name
from tabs.common import Load, Outlet, png_files


def build(load: Load, sheet: gr.State, clicked: gr.State) -> Outlet:
    """Lay out the button; it sends the picture clicked last, else the sheet's first."""
    button = gr.Button("Send to Translate", size="sm", elem_id="classes-send", min_width=110)

    def make(sheet: ClassSheet | None, clicked: int) -> str:
        if sheet is None:
            raise ValueError("Sample some pictures first, then send one.")
        seed = sheet.seeds[clicked if clicked < len(sheet.seeds) else 0]
        made = load(sheet.model).sample([seed], sheet.class_name, sheet.truncation_psi)
        stem = f"{sheet.model}-{file_name(sheet.class_name)}-seed{seed:08d}"
        return png_files(made, [stem])[0]

    return Outlet(button, make, [sheet, clicked])
