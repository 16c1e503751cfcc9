"""The choice of a model: a list, a card, and a button that downloads the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import gradio as gr

from gan_models import availability, can_fetch, get_spec
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, LONG, PRIVATE, Trigger, Updates
from tabs.components.loading import Load, loading
from tabs.components.models import checked_model, first_model, model_card, model_choices

Choices = list[tuple[str, str]]


@dataclass(frozen=True)
class ModelMenu:
    """The components of the menu."""

    dropdown: gr.Dropdown
    card: gr.Markdown
    get: gr.Button


def layout(task: str, prefix: str, first: str | None = None) -> ModelMenu:
    """Lay out the menu of a task's models; element ids begin with `prefix`."""
    first = first or first_model(task)
    return layout_of(model_choices(task), first, model_card(first), prefix)


def layout_of(choices: Choices, first: str, card: str, prefix: str) -> ModelMenu:
    """Lay out a menu of these labels and ids, with the card of the first one."""
    dropdown = gr.Dropdown(choices, value=first, label="Model", elem_id=f"{prefix}-model")
    get = gr.Button(visible=False, variant="primary", size="sm", elem_id=f"{prefix}-get")
    below = gr.Markdown(card, elem_id=f"{prefix}-card", elem_classes="card")
    return ModelMenu(dropdown, below, get)


def wire(
    menu: ModelMenu,
    task: str,
    load: Load,
    card_of: Callable[[str], str] = model_card,
    choices_of: Callable[[str], Choices] = model_choices,
) -> tuple[Trigger, Trigger]:
    """Connect the menu; returns the triggers of a choice and of a finished download."""

    def describe(model: str) -> tuple[str, gr.Button]:
        return card_of(model), get_button(model)

    def fetch(model: str, progress: gr.Progress = gr.Progress()) -> Updates:
        with user_errors():
            yield from loading(load, checked_model(model, task), progress)
            yield gr.Dropdown(choices=choices_of(task), value=model), *describe(model)

    menu.dropdown.change(describe, menu.dropdown, [menu.card, menu.get], **AT_ONCE)
    fetched = menu.get.click(
        fetch,
        menu.dropdown,
        [menu.dropdown, menu.card, menu.get],
        show_progress_on=[menu.card],
        **LONG,
        **PRIVATE,
    )
    return menu.dropdown.input, fetched.then


def get_button(model: str) -> gr.Button:
    """The button that downloads a model, visible where the model is absent and can be fetched."""
    try:
        spec = get_spec(model)
    except ValueError:  # a visitor's fine-tuned model
        return gr.Button(visible=False)
    absent = not availability(spec)[0] and can_fetch(spec)
    return gr.Button(f"Get it ({spec.size_bytes / 1e6:.0f} MB)", visible=absent)
