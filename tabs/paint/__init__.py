"""Paint a label map, from which a model paints a picture."""

from __future__ import annotations

import gradio as gr

from tabs.components import enlarge, favourite_list, links
from tabs.components.gradio_compat import open_block
from tabs.components.loading import Load
from tabs.components.send_to import SendButton
from tabs.paint import api, favourites, film, page, send, start
from tabs.paint.models import OURS, choices, first_painter, is_ready

TITLE, ELEM_ID = "Paint", "tab-paint"
MISSING = (
    "**The landscape model is missing:** `checkpoints/paint.safetensors` is not here. Train it "
    "with `python -m gan_models train paint`, put the generator there, and start again."
)


def is_open() -> bool:
    """Whether a model that paints is on this machine, ready to use."""
    return any(is_ready(model) for _, model in choices())


def build(load: Load) -> list[SendButton]:
    """Build the tab inside an open `gr.Blocks`; `load(id)` gives a pipeline.

    Returns the button that sends its picture to Translate.
    """
    if not is_ready(OURS):
        gr.Markdown(MISSING, elem_id="paint-missing")
    model = first_painter()
    if model is None:
        return []
    tab = open_block()
    canvas = page.canvas(load)
    large = enlarge.layout_panel("paint")
    with gr.Row():
        sender = send.build(load)
        add = favourite_list.layout_button("paint")
    favourites.layout_link(canvas)
    with gr.Tabs():
        with gr.Tab("Open a file", elem_id="paint-tab-open"):
            opening = start.layout_file()
        with gr.Tab("Style from a picture", elem_id="paint-tab-style"):
            styling = start.layout_style()
        with gr.Tab("Film", elem_id="paint-tab-film"):
            film.build(load)
        with gr.Tab("Model", elem_id="paint-tab-model", render_children=True):
            choosing = start.layout_model(model)
        with gr.Tab("Favourites", elem_id="paint-tab-keep") as favourites_tab:
            saved = favourite_list.layout("paint", add)
    start.wire(load, canvas, opening, styling, choosing)
    favourites.wire(saved, favourites_tab, canvas, opening, styling, choosing, load)
    links.wire_opening(tab, "paint")
    enlarge.wire(
        large, load, tab, sender.make, sender.inputs, send.PAINTING_JS, trigger=canvas.enlarge
    )
    api.build(load)
    return [sender]
