"""Fine-tune a generator on a visitor's pictures, in a background job."""

from __future__ import annotations

import gradio as gr

from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, GPU, PRIVATE, Updates
from tabs.components.gradio_compat import open_tab
from tabs.components.history import History
from tabs.components.loading import Load
from tabs.components.tickets import with_tickets
from tabs.components.visitor import Visitor
from tabs.finetune import api, bases, compare, on_load, privacy, progress, results, start, swap
from tabs.finetune.state import TabParts
from tabs.latent.on_load import Opener
from tabs.latent.state import Sheet

TITLE, ELEM_ID = "Fine-tune", "tab-fine-tune"
INTRO = (
    "Give a generator 10 to 2,000 pictures of yours and it learns to make more like them. The "
    "training runs on this server, not in the browser: close the page and come back."
)


def build(load: Load, visitor: Visitor) -> TabParts:
    """Build the tab inside an open `gr.Tab`; `load(id)` gives a pipeline.

    Returns its components, for other tabs: its models are opened in Sample.
    """
    tab, load = open_tab(), with_tickets(load)
    notice = gr.Markdown(
        bases.missing(), visible=not bases.choices(visitor.jobs), elem_id="finetune-missing"
    )
    run = gr.Dropdown(
        [],
        label="Your runs",
        visible=False,
        elem_id="finetune-run",
        allow_custom_value=True,  # a pending event may still name a run just deleted
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
            stored = privacy.layout(visitor.jobs)
    parts = TabParts(visitor, run, steps, live, chosen, notice, form)
    refresh_after = progress.wire(parts)
    start.wire(parts, refresh_after)
    results.wire(parts)
    refresh_after(privacy.wire(parts, stored, data_tab))
    on_load.wire(parts, tab, refresh_after)
    visitor.store_key()
    api.build(visitor)
    return parts


def connect(parts: TabParts, all_tabs: gr.Tabs, opener: Opener, latent: str) -> None:
    """Connect with the other tabs: `opener` opens a model in the tab of the id `latent`."""

    def open_model(
        key: str,
        run: str | None,
        step: str,
        history: History[Sheet],
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        with user_errors():
            ticket = results.ticket_of_chosen(parts.visitor, key, run, step)
            opened = yield from opener.open(key, ticket, history, enlarged, progress)
            yield (*opened, gr.Tabs(selected=latent))

    panel = opener.panel
    given = [parts.visitor.key, parts.run, parts.chosen.step, panel.history, panel.switch]
    filled = [*opener.outputs, all_tabs]
    parts.chosen.open.click(
        open_model, given, filled, show_progress_on=[parts.chosen.info], **GPU, **PRIVATE
    )
    all_tabs.select(on_load.leave(TITLE), None, parts.live.timer, **AT_ONCE)
