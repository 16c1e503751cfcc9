"""A button that sends the picture of a tab to Translate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import gradio as gr
from gradio.components import Component

from tabs.components.events import Options


@dataclass(frozen=True)
class SendButton:
    """A button; at a click `make(*inputs)` gives the path of the picture to send.

    `js` gives those values of `inputs` that only the browser knows.
    """

    button: gr.Button
    make: Callable[..., str]
    inputs: Sequence[Component]
    js: str | None = None


def layout(prefix: str, label: str = "Send to Translate", **options: object) -> gr.Button:
    """Lay out the button; `prefix`: of its element id."""
    given: Options = {"min_width": 110} | options
    return gr.Button(label, size="sm", elem_id=f"{prefix}-send", **given)
