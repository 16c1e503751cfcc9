"""The canvas: our own HTML, CSS and JavaScript in one `gr.HTML`."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from tabs.components.loading import Load
from tabs.paint.live import make_functions

FOLDER = Path(__file__).parent / "canvas"
SCRIPTS = (
    *(
        "texts",
        "icons",
        "labelmap",
        "layouts",
        "view",
        "tools",
        "live",
        "styles",
        "studio",
        "link",
        "wiring",
    ),
    "main",  # runs; the others only define
)


def canvas(load: Load) -> gr.HTML:
    """Lay out the canvas and the picture beside it.

    Python changes it through its properties: `legend` (another model), `arrival` (a painting or a
    style from a file) and `problem` (why there is no model).
    """
    read = lambda name: (FOLDER / name).read_text("utf-8")
    return gr.HTML(
        html_template=read("page.html"),
        css_template=read("page.css"),
        js_on_load="\n".join(read(f"{name}.js") for name in SCRIPTS),
        apply_default_css=False,
        server_functions=make_functions(load),
        min_width=320,
        elem_id="paint-canvas",
        legend=None,
        arrival=None,
        problem=None,
    )
