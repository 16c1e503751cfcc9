"""Paint a label map and watch it become a picture."""

from __future__ import annotations

import gradio as gr

from tabs.components import enlarge, favourite_list, links
from tabs.components.loading import Load
from tabs.components.send_to import Outlet
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


def build(load: Load) -> list[Outlet]:
    """Build the tab inside an open `gr.Blocks`; `load(id)` gives a pipeline.

    Returns what can send its picture on to Translate.
    """
    if not is_ready(OURS):
        gr.Markdown(MISSING, elem_id="paint-missing")
    model = first_painter()
    if model is None:
        return []
    tab = gr.context.Context.block
    canvas = page.canvas(load)
    large = enlarge.layout("paint", None)
    with gr.Row():
        outlet = send.build(load)
        kept = favourite_list.layout_button("paint")
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
        with gr.Tab("Favourites", elem_id="paint-tab-keep") as keep_tab:
            shown = favourite_list.layout("paint", kept)
    start.wire(load, canvas, opening, styling, choosing)
    favourites.wire(shown, keep_tab, canvas, opening, styling, choosing, load)
    links.wire_opening(tab, "paint")
    painting = (outlet.make, outlet.inputs, send.PAINTING_JS)
    enlarge.wire(large, load, tab, *painting, trigger=canvas.enlarge)
    api.build(load)
    return [outlet]
