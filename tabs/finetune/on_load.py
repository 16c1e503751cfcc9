"""Opening the tab and leaving it: the runs of this browser are listed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr

from tabs.components.events import AT_ONCE, Event, Values
from tabs.finetune import bases
from tabs.finetune.state import TabParts, run_dropdown


def wire(parts: TabParts, tab: gr.Tab, refresh_after: Callable[[Event], Event]) -> None:
    """Connect the opening of the tab."""
    form, visitor = parts.form, parts.visitor

    def enter(key: str, run: str | None, base: str | None) -> Values:
        statuses = visitor.runs(key)
        offered = bases.choices(visitor.jobs)
        known = [model for _, model in offered]
        base = base if base in known else next(iter(known), None)
        is_back = run is None and statuses  # the first time that this page opens the tab
        return (
            gr.Markdown(visible=not offered),
            gr.Dropdown(choices=offered, value=base),
            gr.Button(interactive=bool(offered)),
            run_dropdown(statuses, run),
            gr.Tabs(selected="watch") if is_back else gr.skip(),
        )

    opened = tab.select(
        enter,
        [visitor.key, parts.run, form.base],
        [parts.notice, form.base, form.start, parts.run, parts.steps],
        **AT_ONCE,
    )
    refresh_after(opened)


def leave(title: str) -> Callable[[gr.SelectData], Any]:
    """The handler that stops polling when another tab than `title` is opened."""

    def left(event: gr.SelectData) -> Any:
        return gr.skip() if event.value == title else gr.Timer(active=False)

    return left
