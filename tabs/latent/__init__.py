"""Sample, interpolate and explore z and w of unconditional generators."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr

from tabs.components import enlarge, favourite_list, preview
from tabs.components import sheet as pictures
from tabs.components.events import AT_ONCE, PRIVATE, Options
from tabs.components.gradio_compat import open_tab
from tabs.components.history import History
from tabs.components.loading import Load
from tabs.components.tickets import with_tickets
from tabs.components.visitor import Visitor
from tabs.latent import api, favourites, morph, on_load, send, sheet, styles, walk
from tabs.latent.state import has_w

TITLE, ELEM_ID = "Sample", "tab-latent"


def build(load: Load, visitor: Visitor) -> on_load.Opener:
    """Build the tab inside an open `gr.Blocks`; `load(id)` gives a pipeline.

    Returns the button that sends pictures to Translate, and how other tabs open a model here.
    """
    tab, load = open_tab(), with_tickets(load)
    with gr.Row(equal_height=False, elem_classes="sheet-row"):
        with gr.Column(scale=4, min_width=260):
            controls = sheet.layout_controls()
        with gr.Column(scale=9, min_width=320, elem_classes="first-on-phones"):
            result = enlarge.layout_panel("latent")
            gallery = pictures.layout("latent")
            history = gr.State(History())
            store = gr.BrowserState(None, storage_key="ganvas-latent-sheet", secret="ganvas")
        with gr.Column(scale=4, min_width=250):
            large = preview.layout("latent")
            picked = gr.State(None)
            with gr.Row():
                add = favourite_list.layout_button("latent")
                sender = send.build(load, history, picked)
                button = enlarge.button("latent", "Enlarge")
            switch = enlarge.switch("latent")
            info, query = sheet.layout_facts()
    panel = sheet.SheetPanel(
        controls=controls,
        gallery=gallery,
        large=large,
        picked=picked,
        info=info,
        history=history,
        store=store,
        query=query,
        enlarged=replace(result, button=button),
        switch=switch,
    )
    is_visible = has_w(panel.model.value)
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Morph", elem_id="latent-tab-morph"):
            morph_panel = morph.layout()
        with gr.Tab("Film", elem_id="latent-tab-walk", render_children=True):
            walk.build(load, panel, picked)
        with gr.Tab("Edit", elem_id="latent-tab-edit", visible=is_visible) as edit_tab:
            styles.build_edit(load, edit_tab, panel.model, panel.psi, picked)
        with gr.Tab("Mix", elem_id="latent-tab-mix", visible=is_visible) as mix_tab:
            styles.build_mix(load, panel.model, panel.psi)
        with gr.Tab("Favourites", elem_id="latent-tab-keep") as favourites_tab:
            favourites_panel = favourites.layout(add)
    follow_model = styles.tabs_for
    panel.model.change(follow_model, panel.model, [edit_tab, mix_tab, panel.space], **AT_ONCE)
    enlarge.wire(panel.enlarged, load, tab, sender.make, sender.inputs)
    api.build(load)
    events = sheet.wire(panel, load)
    morphs = morph.wire(morph_panel, panel, load)
    events += favourites.wire(favourites_panel, favourites_tab, panel, morph_panel, load)
    stopped: Options = {"queue": False, **PRIVATE}
    panel.controls.cancel.click(lambda: "Stopped.", None, panel.info, cancels=[*events], **stopped)
    morph_panel.cancel.click(
        lambda: "Stopped.", None, morph_panel.info, cancels=[*morphs], **stopped
    )
    on_load.wire(tab, panel, load, visitor)
    return on_load.Opener(panel, load, visitor, [sender])
