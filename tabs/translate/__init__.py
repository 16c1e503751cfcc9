"""Translate pictures between domains: photo to vintage, summer to winter and back."""

from __future__ import annotations

import gradio as gr

from tabs.components import batch, enlarge, favourite_list, links
from tabs.components.events import PRIVATE
from tabs.components.loading import Load
from tabs.translate import api, favourites, round_trip, single

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
                kept = favourite_list.layout_button("translate")
                button = enlarge.button("translate", "Enlarge the result")
            large = enlarge.Enlarged(button, None, **enlarge.layout_box("translate"))
            right["query"], _ = links.layout(
                "translate", "Link to this translation", favourites.LINK_INFO
            )
            panel = single.SinglePanel(**left, **right)
            work = single.work(panel, load)
            with gr.Tabs(overflow_behavior="wrap"):
                with gr.Tab("Round trip", elem_id="translate-tab-back"):
                    events = round_trip.build(load, panel)
                with gr.Tab("Several", elem_id="translate-tab-several"):
                    events += batch.build_several(work)
                with gr.Tab("GIF, video", elem_id="translate-tab-clip"):
                    events += batch.build_clip(work)
                with gr.Tab("Favourites", elem_id="translate-tab-keep") as keep_tab:
                    keeping = favourites.layout(kept)
    enlarge.wire(large, load, tab, single.result_file, [panel.file])
    api.build(load)
    events += single.wire(panel, tab, load) + favourites.wire(keeping, keep_tab, panel, load)
    favourites.wire_link(tab, panel)
    panel.cancel.click(lambda: "Stopped.", None, panel.info, cancels=events, queue=False, **PRIVATE)
    return panel.photo
