"""Pick a class: sample it, lock z across classes, morph, mix."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr

from tabs.classes import api, class_grid, favourites, listing, mix, morph, send, sheet
from tabs.components import enlarge, favourite_list, preview, provenance_drop
from tabs.components import sheet as pictures
from tabs.components.events import PRIVATE
from tabs.components.gradio_compat import open_tab
from tabs.components.history import History
from tabs.components.loading import Load
from tabs.components.send_to import SendButton

TITLE, ELEM_ID = "Classes", "tab-classes"


def build(load: Load) -> list[SendButton]:
    """Build the tab inside an open `gr.Tab`; `load(id)` gives a pipeline."""
    tab = open_tab()
    with gr.Row(equal_height=False, elem_classes="sheet-row"):
        with gr.Column(scale=4, min_width=260):
            choice = listing.layout_choice()
            controls = sheet.layout_controls(choice.menu.dropdown.value)
        with gr.Column(scale=9, min_width=320, elem_classes="first-on-phones"):
            result = enlarge.layout_panel("classes")
            gallery = pictures.layout("classes")
            history = gr.State(History())
        with gr.Column(scale=4, min_width=250):
            large, clicked = preview.layout("classes"), gr.State(0)
            with gr.Row():
                add = favourite_list.layout_button("classes")
                sender = send.build(load, history, clicked)
                button = enlarge.button("classes", "Enlarge")
            switch = enlarge.switch("classes")
            info, nearest, query = sheet.layout_facts()
            listed = listing.layout_list(choice)
    panel = sheet.SheetPanel(
        controls=controls,
        drop=provenance_drop.layout("classes-drop"),
        gallery=gallery,
        large=large,
        clicked=clicked,
        info=info,
        nearest=nearest,
        history=history,
        query=query,
        enlarged=replace(result, button=button),
        switch=switch,
    )
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Morph", elem_id="classes-tab-morph"):
            ends = morph.layout(listed)
            events = morph.build_film(load, ends, listed, panel)
        with gr.Tab("Same z", elem_id="classes-tab-across"):
            events += class_grid.build(load, listed, panel)
        with gr.Tab("Mix", elem_id="classes-tab-mix"):
            mix.build(load, listed, panel)
        with gr.Tab("Favourites", elem_id="classes-tab-keep") as favourites_tab:
            saved = favourite_list.layout("classes", add)
    enlarge.wire(panel.enlarged, load, tab, sender.make, sender.inputs)
    api.build(load)
    chosen = listing.wire(listed, tab, panel.psi, load)
    events += [*chosen.drawn, *sheet.wire(panel, listed, chosen, load)]
    events += morph.wire(ends, listed, panel, load)
    events += favourites.wire(saved, favourites_tab, panel, listed, load)
    favourites.wire_link(tab, panel, listed)
    controls.cancel.click(
        lambda: "Stopped.", None, panel.info, cancels=[*events], queue=False, **PRIVATE
    )
    return [sender]
