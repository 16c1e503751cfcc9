"""A button that sends the picture of a tab to Translate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr


@dataclass(frozen=True)
class Outlet:
    """A button; at a click `make(*inputs)` gives the path of the picture that it sends.

    `js` hands over what only the browser knows, as the values of `inputs`.
    """

    button: gr.Button
    make: Callable[..., str]
    inputs: list[gr.components.Component]
    js: str | None = None


def layout(prefix: str, label: str = "Send to Translate", **options: Any) -> gr.Button:
    """Lay out the button; `prefix`: of its element id."""
    options = {"min_width": 110} | options
    return gr.Button(label, size="sm", elem_id=f"{prefix}-send", **options)
