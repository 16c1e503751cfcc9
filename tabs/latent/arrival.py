"""On opening the page: which models there are, and the first sheet; and opening a model later."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from tabs.common import AT_ONCE, GPU, PRIVATE, Load, Outlet, model_choices, user_errors
from tabs.latent.sheet import FIRST_SEEDS, SheetPanel, draw
from tabs.latent.state import TASK, History, Sheet, read_stored_sheet
from tabs.mine import Visitor, readiness


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
        sheet = Sheet.read(ticket, FIRST_SEEDS, 1)
        drawn = yield from draw(self.load, sheet, history.push(sheet), progress, enlarged)
        shown = list(drawn)
        shown[self.outputs.index(self.panel.model)] = gr.Dropdown(
            choices=_choices(self.visitor, key, ticket), value=ticket
        )
        return shown


def _choices(visitor: Visitor, key: Any, also: Any) -> list[tuple[str, str]]:
    return [*model_choices(TASK), *visitor.choices(key, also)]


def wire(app: gr.Blocks, sheet: SheetPanel, load: Load, visitor: Visitor) -> None:
    """On opening the page: the sheet of the link, else of the last visit, else the first one.

    The models offered are those that there are by then, the visitor's own among them.
    """

    def offer_models(stored: Any, key: Any) -> gr.Dropdown:
        last = stored.get("model") if isinstance(stored, Mapping) else None
        return gr.Dropdown(choices=_choices(visitor, key, last))

    def arrive(
        stored: Any,
        key: Any,
        history: History,
        request: gr.Request,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        visitor.choices(key)  # so that the last sheet can be of a model of one's own
        wanted = arriving_sheet(dict(request.query_params), stored, sheet.model.value)
        ready, reason = readiness(wanted.model)
        if not ready:
            waiting = f"Press Sample to fetch the model first. {reason}"
            settings = (wanted.model, wanted.seeds_text, wanted.truncation_psi)
            yield (gr.skip(), waiting, gr.skip(), *settings, *[gr.skip()] * 4)
            return
        with user_errors():
            yield (yield from draw(load, wanted, history.push(wanted), progress))

    app.load(offer_models, [sheet.store, visitor.key], sheet.model, **AT_ONCE)
    app.load(
        arrive,
        [sheet.store, visitor.key, sheet.history],
        sheet.outputs,
        **GPU,
        **PRIVATE,
    )


def arriving_sheet(query: dict[str, str], stored: Any, first_model: str) -> Sheet:
    """What to show on arrival; a broken link says so and falls back."""
    if "seeds" in query or "model" in query:
        try:
            return Sheet.read(
                query.get("model", first_model),
                query.get("seeds", FIRST_SEEDS),
                query.get("psi", 1),
            )
        except ValueError as error:
            gr.Warning(f"The link could not be followed. {error}")
    return read_stored_sheet(stored) or Sheet.read(first_model, FIRST_SEEDS, 1)
