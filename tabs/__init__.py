"""The tabs of the page, in their order; layout and wiring only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr

from tabs import (
    classes,
    finetune,
    latent,
    learn,
    paint,
    restore,
    start,
    translate,
    user_models,
)
from tabs.components.errors import user_errors
from tabs.components.events import GPU, PRIVATE
from tabs.components.loading import Load
from tabs.components.send_to import SendButton
from tabs.components.tab_module import TabModule
from tabs.components.visitor import Visitor

TABS: tuple[TabModule, ...] = (latent, classes, translate, restore, paint, finetune, learn)
PERSONAL = (latent, finetune)  # their content depends on the visitor


def visible_tabs() -> tuple[TabModule, ...]:
    """The tabs of this page; the first one links to the others.

    Paint is there if a model that paints is on the machine; user models on a private machine.
    """
    tabs = [tab for tab in TABS if tab is not paint or paint.is_open()]
    return (start, *tabs, user_models) if user_models.is_private() else (start, *tabs)


def build_tab(tab: TabModule, load: Load, visitor: Visitor) -> Any:
    """Lay out a tab inside an open `gr.Tab`; returns the result of its `build`."""
    if tab is start:
        return start.build(visible_tabs()[1:])
    return tab.build(load, visitor) if tab in PERSONAL else tab.build(load)


def connect(built: Mapping[str, Any], all_tabs: gr.Tabs) -> None:
    """Connect the tabs with each other; `built`: the result of each `build`, by title.

    Send buttons send pictures to Translate; fine-tuned models are opened in Sample.
    """
    opener: latent.on_load.Opener = built[latent.TITLE]
    finetune.connect(built[finetune.TITLE], all_tabs, opener, latent.TITLE)
    photo = built[translate.TITLE]
    buttons = [*opener.send_buttons]
    for made in built.values():
        buttons += made if isinstance(made, list) else []
    for button in buttons:
        outputs = [photo, all_tabs]
        button.button.click(_sender(button), button.inputs, outputs, js=button.js, **GPU, **PRIVATE)


def _sender(button: SendButton) -> Callable[..., tuple[str, gr.Tabs]]:
    def send(*values: Any) -> tuple[str, gr.Tabs]:
        with user_errors():
            return button.make(*values), gr.Tabs(selected=translate.TITLE)

    return send
