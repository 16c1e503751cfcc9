"""Translate pictures between domains: photo to vintage, summer to winter and back."""

from __future__ import annotations

from dataclasses import replace

import gradio as gr

from tabs.components import batch, enlarge, favourite_list, links
from tabs.components.events import PRIVATE
from tabs.components.gradio_compat import open_tab
from tabs.components.loading import Load
from tabs.translate import api, favourites, round_trip, single

TITLE, ELEM_ID = "Translate", "tab-translate"


def build(load: Load) -> gr.Image:
    """Build the tab inside an open `gr.Tab`; returns the upload, which other tabs can fill."""
    tab = open_tab()
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=320):
            controls = single.layout_controls()
        with gr.Column(scale=2, min_width=320):
            results = single.layout_results()
            with gr.Row():
                add = favourite_list.layout_button("translate")
                button = enlarge.button("translate", "Enlarge the result")
            large = replace(enlarge.layout_panel("translate"), button=button)
            query, _ = links.layout("translate", "Link to this translation", favourites.LINK_INFO)
            panel = single.SinglePanel(controls, results, query)
            work = single.work(panel, load)
            with gr.Tabs(overflow_behavior="wrap"):
                with gr.Tab("Round trip", elem_id="translate-tab-back"):
                    events = round_trip.build(load, panel)
                with gr.Tab("Several", elem_id="translate-tab-several"):
                    events += batch.build_several(work)
                with gr.Tab("GIF, video", elem_id="translate-tab-clip"):
                    events += batch.build_clip(work)
                with gr.Tab("Favourites", elem_id="translate-tab-keep") as favourites_tab:
                    saved = favourites.layout(add)
    enlarge.wire(large, load, tab, single.result_file, [results.file])
    api.build(load)
    events += single.wire(panel, tab, load)
    events += favourites.wire(saved, favourites_tab, panel, load)
    favourites.wire_link(tab, panel)
    controls.cancel.click(
        lambda: "Stopped.", None, results.info, cancels=[*events], queue=False, **PRIVATE
    )
    return controls.photo
