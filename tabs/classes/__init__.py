"""Pick a class: sample it, lock z across classes, morph, mix."""

from __future__ import annotations

import gradio as gr

from tabs.classes import across, api, listing, mix, morph, send, sheet
from tabs.common import PRIVATE, Load, Outlet

TITLE, ELEM_ID = "Classes", "tab-classes"


def build(load: Load) -> list[Outlet]:
    """Build the tab inside an open `gr.Tab`; `load(id)` gives a pipeline."""
    tab = gr.context.Context.block
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=320):
            listed = listing.layout()
            left = sheet.controls()
        with gr.Column(scale=3, min_width=320):
            panel = sheet.SheetPanel(**left, **sheet.results())
            with gr.Tabs():
                with gr.Tab("Morph", elem_id="classes-tab-morph"):
                    ends = morph.layout(listed)
                    events = morph.build_film(load, ends, listed, panel)
                with gr.Tab("Same z", elem_id="classes-tab-across"):
                    events += across.build(load, listed, panel)
                with gr.Tab("Mix", elem_id="classes-tab-mix"):
                    mix.build(load, listed, panel)
            outlet = send.build(load, panel.sheet, ends.clicked)
    api.build(load)
    picked, opened, looks = listing.wire(listed, tab, load)
    events += looks + sheet.wire(panel, listed, picked, opened, load)
    events += morph.wire(ends, listed, panel, load)
    panel.cancel.click(lambda: "Stopped.", None, panel.info, cancels=events, queue=False, **PRIVATE)
    return [outlet]
