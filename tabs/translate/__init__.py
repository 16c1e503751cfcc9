"""Translate pictures between domains: photo to vintage, summer to winter and back."""

from __future__ import annotations

import gradio as gr

from tabs.common import PRIVATE, Load
from tabs.components import batch, enlarge, favourites, links
from tabs.translate import api, back, keep, single

TITLE, ELEM_ID = "Translate", "tab-translate"


def build(load: Load) -> gr.Image:
    """Build the tab inside an open `gr.Tab`; returns where other tabs may put a picture."""
    tab = gr.context.Context.block
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=320):
            left = single.controls()
        with gr.Column(scale=2, min_width=320):
            right = single.results()
            with gr.Row():
                kept = favourites.layout_button("translate")
                button = enlarge.button("translate", "Enlarge the result")
            large = enlarge.Enlarged(button, None, **enlarge.layout_box("translate"))
            right["query"], _ = links.layout(
                "translate", "Link to this translation", keep.LINK_INFO
            )
            panel = single.SinglePanel(**left, **right)
            work = single.work(panel, load)
            with gr.Tabs(overflow_behavior="wrap"):
                with gr.Tab("Round trip", elem_id="translate-tab-back"):
                    events = back.build(load, panel)
                with gr.Tab("Several", elem_id="translate-tab-several"):
                    events += batch.build_several(work)
                with gr.Tab("GIF, video", elem_id="translate-tab-clip"):
                    events += batch.build_clip(work)
                with gr.Tab("Favourites", elem_id="translate-tab-keep") as keep_tab:
                    keeping = keep.layout(kept)
    enlarge.wire(large, load, tab, single.result_file, [panel.file])
    api.build(load)
    events += single.wire(panel, tab, load) + keep.wire(keeping, keep_tab, panel, load)
    keep.wire_link(tab, panel)
    panel.cancel.click(lambda: "Stopped.", None, panel.info, cancels=events, queue=False, **PRIVATE)
    return panel.photo
