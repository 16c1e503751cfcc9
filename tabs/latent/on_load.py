"""On opening the page: which models there are, and the first sheet; and opening a model later."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from tabs.components import links
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, GPU, PRIVATE
from tabs.components.history import History
from tabs.components.loading import Load
from tabs.components.models import model_choices
from tabs.components.send_to import Outlet
from tabs.components.tickets import readiness
from tabs.components.visitor import Visitor
from tabs.latent.sheet import FIRST_SEEDS, SheetPanel, draw, page_psi
from tabs.latent.state import TASK, Sheet, read_stored_sheet


@dataclass(frozen=True)
class Opener:
    """What other tabs need of this one: how a model is opened, and what sends pictures on."""

    panel: SheetPanel
    load: Load
    visitor: Visitor
    outlets: list[Outlet]

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What `open` fills."""
        return self.panel.outputs

    def open(
        self, key: str, ticket: str, history: History, enlarged: bool, progress: gr.Progress
    ) -> Generator[Any, None, list[Any]]:
        """Sample the first sheet of a model; returns the values of `outputs`."""
        sheet = Sheet.read(ticket, FIRST_SEEDS, page_psi(ticket))
        drawn = yield from draw(self.load, sheet, history.push(sheet), progress, enlarged)
        shown = list(drawn)
        shown[self.outputs.index(self.panel.model)] = gr.Dropdown(
            choices=_choices(self.visitor, key, ticket), value=ticket
        )
        return shown


def _choices(visitor: Visitor, key: Any, also: Any) -> list[tuple[str, str]]:
    return [*model_choices(TASK), *visitor.choices(key, also)]


def wire(tab: gr.Tab, sheet: SheetPanel, load: Load, visitor: Visitor) -> None:
    """On opening the tab: the sheet of the last visit, else the first one; a link opens the tab.

    The models offered are those that there are by then, the visitor's own among them.
    """
    app, rooms = gr.context.Context.root_block, tab.parent
    unchanged = [gr.skip()] * len(sheet.outputs)

    def offer_models(stored: Any, key: Any) -> gr.Dropdown:
        last = stored.get("model") if isinstance(stored, Mapping) else None
        return gr.Dropdown(choices=_choices(visitor, key, last))

    def arrive(
        stored: Any,
        key: Any,
        history: History,
        query: Mapping[str, str],
        progress: gr.Progress,
    ) -> Generator[Any, None, tuple[Any, ...]]:
        visitor.choices(key)  # so that the last sheet can be of a model of one's own
        wanted = arriving_sheet(query, stored, sheet.model.value)
        if not readiness(wanted.model)[0]:  # the card says so, and has the button to get it
            settings = (wanted.model, wanted.seeds_text, wanted.truncation_psi)
            return (*unchanged[:3], *settings, *unchanged[6:])
        with user_errors():
            return (yield from draw(load, wanted, history.push(wanted), progress))

    def follow_link(
        stored: Any,
        key: Any,
        history: History,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        query = dict(request.query_params)
        if links.leads_to(query, "latent"):
            yield (*unchanged, gr.Tabs(selected=tab.id))
            filled = yield from arrive(stored, key, history, query, progress)
            yield (*filled, gr.skip())
        else:
            yield (*unchanged, gr.skip())

    def first_sheet(
        stored: Any, key: Any, history: History, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        if history.current is not None:
            yield gr.skip()
            return
        yield (yield from arrive(stored, key, history, {}, progress))

    given = [sheet.store, visitor.key, sheet.history]
    app.load(offer_models, [sheet.store, visitor.key], sheet.model, **AT_ONCE)
    app.load(follow_link, given, [*sheet.outputs, rooms], **GPU, **PRIVATE)
    shown_on = {"show_progress_on": [sheet.gallery], **GPU, **PRIVATE}
    tab.select(first_sheet, given, sheet.outputs, **shown_on)


def arriving_sheet(query: Mapping[str, str], stored: Any, first_model: str) -> Sheet:
    """What to show on arrival; a broken link says so and falls back."""
    if links.leads_to(query, "latent"):
        try:
            model = query.get("model", first_model)
            psi = query.get("psi") or page_psi(model)
            return Sheet.read(model, query.get("seeds", FIRST_SEEDS), psi)
        except ValueError as error:
            links.warn(error)
    first = Sheet.read(first_model, FIRST_SEEDS, page_psi(first_model))
    return read_stored_sheet(stored) or first
