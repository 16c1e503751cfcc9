"""Sample, interpolate and explore z and w of unconditional generators."""

from __future__ import annotations

import gradio as gr

from tabs.components import enlarge, favourite_list, preview
from tabs.components.events import AT_ONCE, PRIVATE
from tabs.components.loading import Load
from tabs.components.tickets import with_tickets
from tabs.components.visitor import Visitor
from tabs.latent import api, favourites, morph, on_load, send, sheet, styles, walk
from tabs.latent.state import has_w

TITLE, ELEM_ID = "Sample", "tab-latent"


def build(load: Load, visitor: Visitor) -> on_load.Opener:
    """Build the tab inside an open `gr.Blocks`; `load(id)` gives a pipeline.

    Returns what can send pictures on to Translate, and how another opens a model of one's own here.
    """
    tab, load = gr.context.Context.block, with_tickets(load)
    with gr.Row(equal_height=False, elem_classes="sheet-row"):
        with gr.Column(scale=4, min_width=260):
            left = sheet.controls()
        with gr.Column(scale=9, min_width=320, elem_classes="first-on-phones"):
            opened = enlarge.layout_box("latent")
            right = sheet.results()
        with gr.Column(scale=4, min_width=250):
            right["large"] = preview.layout("latent")
            picked = gr.State(None)
            with gr.Row():
                kept = favourite_list.layout_button("latent")
                outlet = send.build(load, right["history"], picked)
                button = enlarge.button("latent", "Enlarge")
            right["enlarged"] = enlarge.Enlarged(button, enlarge.switch("latent"), **opened)
            right |= sheet.facts()
    panel = sheet.SheetPanel(**left, **right, picked=picked)
    shown = has_w(panel.model.value)
    with gr.Tabs(overflow_behavior="wrap"):
        with gr.Tab("Morph", elem_id="latent-tab-morph"):
            morph_panel = morph.layout()
        with gr.Tab("Film", elem_id="latent-tab-walk", render_children=True):
            walk.build(load, panel, picked)
        with gr.Tab("Edit", elem_id="latent-tab-edit", visible=shown) as edit_tab:
            styles.build_edit(load, edit_tab, panel.model, panel.psi, picked)
        with gr.Tab("Mix", elem_id="latent-tab-mix", visible=shown) as mix_tab:
            styles.build_mix(load, panel.model, panel.psi)
        with gr.Tab("Favourites", elem_id="latent-tab-keep") as keep_tab:
            keep_panel = favourites.layout(kept)
    panel.model.change(styles.shown_for, panel.model, [edit_tab, mix_tab, panel.space], **AT_ONCE)
    enlarge.wire(panel.enlarged, load, tab, outlet.make, outlet.inputs)
    api.build(load)
    events = sheet.wire(panel, load)
    morphs = morph.wire(morph_panel, panel, load)
    keeps = favourites.wire(keep_panel, keep_tab, panel, morph_panel, load)
    stopped = {"queue": False, **PRIVATE}
    panel.cancel.click(lambda: "Stopped.", None, panel.info, cancels=[*events, *keeps], **stopped)
    morph_panel.cancel.click(lambda: "Stopped.", None, morph_panel.info, cancels=morphs, **stopped)
    on_load.wire(tab, panel, load, visitor)
    return on_load.Opener(panel, load, visitor, [outlet])
