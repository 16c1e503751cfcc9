"""The live part: our own HTML, CSS and JavaScript in one `gr.HTML`."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from gan_models import LiveTrainings
from tabs.learn.live import form
from tabs.learn.live.calls import make_functions

FOLDER = Path(__file__).parent / "canvas"
SCRIPTS = ("draw", "brush", "lab", "main")  # the last one runs; the others only define


def lab(trainings: LiveTrainings) -> gr.HTML:
    """Lay out the pictures of the runs, with their buttons and settings."""
    read = lambda name: (FOLDER / name).read_text("utf-8")
    return gr.HTML(
        html_template=form.page(),
        css_template=read("page.css"),
        js_on_load="\n".join(read(f"{name}.js") for name in SCRIPTS),
        apply_default_css=False,
        server_functions=make_functions(trainings),
        min_width=320,
        elem_id="learn-lab",
    )
