"""The rooms a visitor sees, in their order; layout and wiring only."""

from __future__ import annotations

from typing import Any

import gradio as gr

from tabs import classes, finetune, latent, paint, restore, start, translate, user_models
from tabs.components.errors import user_errors
from tabs.components.events import GPU, PRIVATE
from tabs.components.loading import Load
from tabs.components.send_to import Outlet
from tabs.components.visitor import Visitor

TABS = (latent, classes, translate, restore, paint, finetune)
PERSONAL = (latent, finetune)  # what is there depends on who is at the page


def rooms_shown() -> tuple[Any, ...]:
    """The rooms of this page, behind the first one, which leads to them.

    Paint is open where a model that paints is on the machine; the room for files of one's own on a
    private machine.
    """
    rooms = [tab for tab in TABS if tab is not paint or paint.is_open()]
    return (start, *rooms, user_models) if user_models.is_private() else (start, *rooms)


def build_room(tab: Any, load: Load, visitor: Visitor) -> Any:
    """Lay out a room inside an open `gr.Tab`."""
    if tab is start:
        return start.build(rooms_shown()[1:])
    return tab.build(load, visitor) if tab in PERSONAL else tab.build(load)


def connect(built: dict[str, Any], rooms: gr.Tabs) -> None:
    """Connect the rooms with each other; `built`: what each `build` gave.

    Outlets send their pictures to Translate; what was fine-tuned is opened in Latent.
    """
    opener = built[latent.TITLE]
    finetune.connect(built[finetune.TITLE], rooms, opener, latent.TITLE)
    photo = built[translate.TITLE]
    lists = [opener.outlets, *(made for made in built.values() if isinstance(made, list))]
    outlets = [outlet for made in lists for outlet in made]
    for outlet in outlets:
        outlet.button.click(
            _sender(outlet), outlet.inputs, [photo, rooms], js=outlet.js, **GPU, **PRIVATE
        )


def _sender(outlet: Outlet) -> Any:
    def send(*values: Any) -> tuple[str, gr.Tabs]:
        with user_errors():
            return outlet.make(*values), gr.Tabs(selected=translate.TITLE)

    return send
