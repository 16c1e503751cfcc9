"""Opening the page or the tab: the list of models and the first sheet; opening a model later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from tabs.components import links
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, GPU, PRIVATE, Options, Steps, Updates, Values
from tabs.components.gradio_compat import on_page_load, tabs_around
from tabs.components.history import History
from tabs.components.loading import Load
from tabs.components.models import model_choices
from tabs.components.send_to import SendButton
from tabs.components.tickets import readiness
from tabs.components.visitor import Visitor
from tabs.latent.sheet import FIRST_SEEDS, SheetPanel, draw, page_psi
from tabs.latent.state import TASK, Sheet, read_stored_sheet


@dataclass(frozen=True)
class Opener:
    """For other tabs: opens a model in this one; holds the buttons that send pictures."""

    panel: SheetPanel
    load: Load
    visitor: Visitor
    send_buttons: list[SendButton]

    @property
    def outputs(self) -> list[Component]:
        """The components that `open` fills."""
        return self.panel.outputs

    def open(
        self, key: str, ticket: str, history: History[Sheet], enlarged: bool, progress: gr.Progress
    ) -> Steps[list[Any]]:
        """Sample the first sheet of a model; returns the values of `outputs`."""
        sheet = Sheet.read(ticket, FIRST_SEEDS, page_psi(ticket))
        drawn = yield from draw(self.load, sheet, history.push(sheet), progress, enlarged)
        filled = list(drawn)
        filled[self.outputs.index(self.panel.model)] = gr.Dropdown(
            choices=_choices(self.visitor, key, ticket), value=ticket
        )
        return filled


def _choices(visitor: Visitor, key: str, also: object) -> list[tuple[str, str]]:
    return [*model_choices(TASK), *visitor.choices(key, also)]


def wire(tab: gr.Tab, sheet: SheetPanel, load: Load, visitor: Visitor) -> None:
    """Draw the sheet of the last visit, else the first one, when the tab is opened.

    When the page is opened: list the models there are by then, with the visitor's fine-tuned ones,
    and follow a link to this tab.
    """
    around = tabs_around(tab)
    unchanged = [gr.skip()] * len(sheet.outputs)

    def offer_models(stored: object, key: str) -> gr.Dropdown:
        last = stored.get("model") if isinstance(stored, Mapping) else None
        return gr.Dropdown(choices=_choices(visitor, key, last))

    def arrive(
        stored: object,
        key: str,
        history: History[Sheet],
        query: Mapping[str, str],
        progress: gr.Progress,
    ) -> Steps[Values]:
        visitor.choices(key)  # issues tickets: the last sheet may be of a fine-tuned model
        wanted = initial_sheet(query, stored, sheet.model.value)
        if not readiness(wanted.model)[0]:  # the card says so; Get downloads it
            settings = (wanted.model, wanted.seeds_text, wanted.truncation_psi)
            return (*unchanged[:3], *settings, *unchanged[6:])
        with user_errors():
            return (yield from draw(load, wanted, history.push(wanted), progress))

    def follow_link(
        stored: object,
        key: str,
        history: History[Sheet],
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        query = dict(request.query_params)
        if links.leads_to(query, "latent"):
            yield (*unchanged, gr.Tabs(selected=tab.id))
            filled = yield from arrive(stored, key, history, query, progress)
            yield (*filled, gr.skip())
        else:
            yield (*unchanged, gr.skip())

    def first_sheet(
        stored: object, key: str, history: History[Sheet], progress: gr.Progress = gr.Progress()
    ) -> Updates:
        if history.current is not None:
            yield gr.skip()
            return
        yield (yield from arrive(stored, key, history, {}, progress))

    given = [sheet.store, visitor.key, sheet.history]
    on_page_load(offer_models, [sheet.store, visitor.key], sheet.model, **AT_ONCE)
    on_page_load(follow_link, given, [*sheet.outputs, around], **GPU, **PRIVATE)
    options: Options = {"show_progress_on": [sheet.gallery], **GPU, **PRIVATE}
    tab.select(first_sheet, given, sheet.outputs, **options)


def initial_sheet(query: Mapping[str, str], stored: object, first_model: str) -> Sheet:
    """The sheet of a link, else of the last visit, else the first; warns of a broken link."""
    if links.leads_to(query, "latent"):
        try:
            model = query.get("model", first_model)
            psi = query.get("psi") or page_psi(model)
            return Sheet.read(model, query.get("seeds", FIRST_SEEDS), psi)
        except ValueError as error:
            links.warn(error)
    first = Sheet.read(first_model, FIRST_SEEDS, page_psi(first_model))
    return read_stored_sheet(stored) or first
