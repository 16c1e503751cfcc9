"""Enlarge and restore pictures: one, several, or a film."""

from __future__ import annotations

import gradio as gr

from tabs.components import batch
from tabs.components.events import PRIVATE
from tabs.components.gradio_compat import open_tab
from tabs.components.loading import Load
from tabs.restore import api, several, single

TITLE, ELEM_ID = "Restore", "tab-restore"


def build(load: Load) -> None:
    """Build the tab inside an open `gr.Tab`; `load(id)` gives a pipeline."""
    tab = open_tab()
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=320):
            controls = single.layout_controls()
        with gr.Column(scale=2, min_width=320):
            panel = single.SinglePanel(controls, single.layout_results())
            work = several.work(panel, load)
            with gr.Tabs(overflow_behavior="wrap"):
                with gr.Tab("Several", elem_id="restore-tab-several"):
                    events = batch.build_several(work)
                with gr.Tab("GIF, video", elem_id="restore-tab-clip"):
                    events += batch.build_clip(work)
    api.build(load)
    events += single.wire(panel, load, tab)
    controls.cancel.click(
        lambda: "Stopped.", None, panel.results.info, cancels=[*events], queue=False, **PRIVATE
    )
