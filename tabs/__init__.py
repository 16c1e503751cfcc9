"""The rooms a visitor sees, in their order; layout and wiring only."""

from __future__ import annotations

from typing import Any

import gradio as gr

from tabs import classes, latent, own, paint, translate
from tabs.common import GPU, PRIVATE, Outlet, user_errors

TABS = (latent, classes, translate, paint)


def rooms_shown() -> tuple[Any, ...]:
    """The rooms of this page.

    Paint is open where a model that paints is on the machine; the room for files of one's own on a
    private machine.
    """
    rooms = [tab for tab in TABS if tab is not paint or paint.is_open()]
    return (*rooms, own) if own.is_private() else tuple(rooms)


def connect(built: dict[str, Any], rooms: gr.Tabs) -> None:
    """Let the rooms' outlets send their pictures to Translate; `built`: what each `build` gave."""
    photo = built[translate.TITLE]
    outlets = [item for made in built.values() if isinstance(made, list) for item in made]
    for outlet in outlets:
        outlet.button.click(_sender(outlet), outlet.inputs, [photo, rooms], **GPU, **PRIVATE)


def _sender(outlet: Outlet) -> Any:
    def send(*values: Any) -> tuple[str, gr.Tabs]:
        with user_errors():
            return outlet.make(*values), gr.Tabs(selected=translate.TITLE)

    return send
