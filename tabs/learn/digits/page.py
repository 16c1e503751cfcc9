"""The films of digits: our own HTML, CSS and JavaScript in one `gr.HTML`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gradio as gr

from tabs.learn.digits import form
from tabs.learn.digits.calls import make_functions

FOLDER = Path(__file__).parent / "player"
SCRIPTS = ("player", "main")  # the last one runs; the other only defines


def lab(names: Sequence[str]) -> gr.HTML:
    """Lay out the sheets of two films, with slider, curves and plane; `names`: of the films."""
    read = lambda name: (FOLDER / name).read_text("utf-8")
    return gr.HTML(
        html_template=form.page(names),
        css_template=read("page.css"),
        js_on_load="\n".join(read(f"{name}.js") for name in SCRIPTS),
        apply_default_css=False,
        server_functions=make_functions(),
        min_width=320,
        elem_id="learn-digits-lab",
    )
