"""Components of a morph: its pictures, the position, and which end a click sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import gradio as gr


def layout_pictures(
    prefix: str, between: str, buttons: Sequence[Literal["download", "fullscreen"]]
) -> tuple[gr.Image, ...]:
    """Lay out the pictures of A, between and B in a row; `between`: end of an element id."""
    ids = {"A": "a", "Between": between, "B": "b"}
    with gr.Row(equal_height=False):
        return tuple(
            gr.Image(
                label=label,
                type="filepath",
                format="png",
                interactive=False,
                buttons=[*buttons],
                min_width=88,
                height=230,
                elem_id=f"{prefix}-{end}",
                elem_classes="fill",
            )
            for label, end in ids.items()
        )


def layout_position(prefix: str) -> gr.Slider:
    """Lay out the slider from A, 0, to B, 1."""
    return gr.Slider(
        0, 1, 0.5, step=0.01, label="From A (0) to B (1)", elem_id=f"{prefix}-position"
    )


def layout_turn(prefix: str) -> gr.Radio:
    """Lay out which end the next click on a picture sets."""
    return gr.Radio(
        ["A", "B"], value="A", label="The next click sets", elem_id=f"{prefix}-turn", scale=2
    )
