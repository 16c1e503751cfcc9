"""Coming to the tab and leaving it: the runs of this browser are found again."""

from __future__ import annotations

from typing import Any

import gradio as gr

from tabs.components.events import AT_ONCE
from tabs.finetune import bases
from tabs.finetune.state import TabParts, run_dropdown


def wire(parts: TabParts, tab: gr.Tab, look: Any) -> None:
    """Connect the tab's own opening."""
    form, visitor = parts.form, parts.visitor

    def enter(key: Any, run: str | None, base: str | None) -> tuple[Any, ...]:
        statuses = visitor.runs(key)
        offered = bases.choices(visitor.jobs)
        known = [model for _, model in offered]
        base = base if base in known else next(iter(known), None)
        is_back = run is None and statuses  # in this page's life it is the first look
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
    look(opened)


def leave(title: str) -> Any:
    """What stops the looking when another parts than `title` is opened: no idle page polls."""

    def left(event: gr.SelectData) -> Any:
        return gr.skip() if event.value == title else gr.Timer(active=False)

    return left
