"""Pick a class: sample it, lock z across classes, morph, mix."""

from __future__ import annotations

import gradio as gr

from tabs.classes import api, class_grid, favourites, listing, mix, morph, send, sheet
from tabs.components import enlarge, favourite_list, preview
from tabs.components.events import PRIVATE
from tabs.components.loading import Load
from tabs.components.send_to import Outlet

TITLE, ELEM_ID = "Classes", "tab-classes"


def build(load: Load) -> list[Outlet]:
    """Build the tab inside an open `gr.Tab`; `load(id)` gives a pipeline."""
    tab = gr.context.Context.block
    with gr.Row(equal_height=False, elem_classes="sheet-row"):
        with gr.Column(scale=4, min_width=260):
            choice = listing.layout_choice()
            left = sheet.controls(choice["menu"].dropdown.value)
        with gr.Column(scale=9, min_width=320, elem_classes="first-on-phones"):
            opened = enlarge.layout_box("classes")
            right = sheet.results()
        with gr.Column(scale=4, min_width=250):
            right["large"], right["clicked"] = preview.layout("classes"), gr.State(0)
            with gr.Row():
                kept = favourite_list.layout_button("classes")
                outlet = send.build(load, right["history"], right["clicked"])
                button = enlarge.button("classes", "Enlarge")
            right["enlarged"] = enlarge.Enlarged(button, enlarge.switch("classes"), **opened)
            right |= sheet.facts()
            listed = listing.layout_list(choice)
    left["drop"] = sheet.layout_drop()
    panel = sheet.SheetPanel(**left, **right)
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Morph", elem_id="classes-tab-morph"):
            ends = morph.layout(listed)
            events = morph.build_film(load, ends, listed, panel)
        with gr.Tab("Same z", elem_id="classes-tab-across"):
            events += class_grid.build(load, listed, panel)
        with gr.Tab("Mix", elem_id="classes-tab-mix"):
            mix.build(load, listed, panel)
        with gr.Tab("Favourites", elem_id="classes-tab-keep") as keep_tab:
            shown = favourite_list.layout("classes", kept)
    enlarge.wire(panel.enlarged, load, tab, outlet.make, outlet.inputs)
    api.build(load)
    picked, opened, looks = listing.wire(listed, tab, panel.psi, load)
    events += looks + sheet.wire(panel, listed, picked, opened, load)
    events += morph.wire(ends, listed, panel, load)
    events += favourites.wire(shown, keep_tab, panel, listed, load)
    favourites.wire_link(tab, panel, listed)
    panel.cancel.click(lambda: "Stopped.", None, panel.info, cancels=events, queue=False, **PRIVATE)
    return [outlet]
