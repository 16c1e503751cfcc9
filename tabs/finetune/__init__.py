"""Fine-tune a generator on one's own pictures, in the background; the page only looks on."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import gradio as gr

from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, GPU, PRIVATE
from tabs.components.loading import Load
from tabs.components.tickets import with_tickets
from tabs.components.visitor import Visitor
from tabs.finetune import api, bases, compare, on_load, privacy, progress, results, start, swap
from tabs.finetune.state import TabParts

TITLE, ELEM_ID = "Fine-tune", "tab-fine-tune"
INTRO = (
    "Give a generator 10 to 2,000 pictures of yours and it learns to make more like them. The "
    "training runs on this server, not in the browser: close the page and come back."
)


def build(load: Load, visitor: Visitor) -> TabParts:
    """Build the tab inside an open `gr.Tab`; `load(id)` gives a pipeline.

    Returns what other rooms need: how a model of this one is opened in Latent.
    """
    tab, load = gr.context.Context.block, with_tickets(load)
    notice = gr.Markdown(
        bases.MISSING, visible=not bases.choices(visitor.jobs), elem_id="finetune-missing"
    )
    run = gr.Dropdown(
        [],
        label="Your runs",
        visible=False,
        elem_id="finetune-run",
        allow_custom_value=True,  # a look under way may still name a run just deleted
    )
    with gr.Tabs(selected="new") as steps:
        with gr.Tab("New", id="new", elem_id="finetune-tab-new"):
            gr.Markdown(INTRO, elem_classes="card")
            form = start.layout(visitor.jobs)
        with gr.Tab("Watch", id="watch", elem_id="finetune-tab-watch"):
            live = progress.layout()
        with gr.Tab("Use", id="use", elem_id="finetune-tab-use"):
            chosen = results.layout()
            compare.build(load, visitor, run, chosen)
            swap.build(load, visitor, run)
        with gr.Tab("Your data", id="data", elem_id="finetune-tab-data") as data_tab:
            held = privacy.layout(visitor.jobs)
    parts = TabParts(visitor, run, steps, live, chosen, notice, form)
    look = progress.wire(parts)
    start.wire(parts, look)
    results.wire(parts)
    look(privacy.wire(parts, held, data_tab))
    on_load.wire(parts, tab, look)
    visitor.keep_key()
    api.build(visitor)
    return parts


def connect(parts: TabParts, rooms: gr.Tabs, opener: Any, latent: str) -> None:
    """Connect with the other rooms: `opener` opens a model in the parts of this title."""

    def open_model(
        key: Any,
        run: str | None,
        step: str,
        history: Any,
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            ticket = results.ticket_of_chosen(parts.visitor, key, run, step)
            shown = yield from opener.open(key, ticket, history, enlarged, progress)
            yield (*shown, gr.Tabs(selected=latent))

    panel = opener.panel
    given = [parts.visitor.key, parts.run, parts.chosen.step, panel.history, panel.enlarged.switch]
    filled = [*opener.outputs, rooms]
    parts.chosen.open.click(
        open_model, given, filled, show_progress_on=[parts.chosen.info], **GPU, **PRIVATE
    )
    rooms.select(on_load.leave(TITLE), None, parts.live.timer, **AT_ONCE)
