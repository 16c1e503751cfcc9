"""What stays: favourites, and the provenance inside a picture."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from tabs.components import favourite_list, preview, provenance_drop
from tabs.components.errors import user_errors
from tabs.components.events import GPU, PRIVATE
from tabs.components.favourite_list import Favourites
from tabs.components.files import png_files
from tabs.components.history import History
from tabs.components.loading import Load, loading
from tabs.components.tickets import file_stem, readiness
from tabs.latent import morph
from tabs.latent.morph import MorphPanel
from tabs.latent.sheet import SheetPanel, draw
from tabs.latent.state import TASK, Pair, Pick, Sheet, first_pick, read_favourites


@dataclass(frozen=True)
class KeepPanel:
    """The components of the panel."""

    drop: gr.File
    favourites: Favourites


def layout(kept: tuple[gr.Button, gr.BrowserState]) -> KeepPanel:
    """Lay out the panel; `kept`: the button, which stands under the large picture."""
    shown = favourite_list.layout("latent", kept)
    return KeepPanel(provenance_drop.layout("latent-drop"), shown)


def wire(
    panel: KeepPanel, tab: gr.Tab, sheet: SheetPanel, pair: MorphPanel, load: Load
) -> list[Any]:
    """Connect the panel; returns the events that can be cancelled."""

    def current(picked: Pick | None, history: History) -> Generator[Any, None, Pick]:
        picked = picked or first_pick(history)
        if picked is None:
            raise ValueError("Sample some pictures first, then keep one.")
        yield gr.skip()
        return picked

    def select(
        stored: Any,
        shown: list[tuple[str, str]] | None,
        pair: Pair,
        position: float,
        space: str,
        event: gr.SelectData,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        picks = read_favourites(stored)
        if event.index >= len(picks):
            yield gr.skip()
            return
        clicked = picks[event.index]
        with user_errors():
            changed = pair.with_click(clicked)
            large = preview.show_clicked(shown, event.index)
            morphed = yield from morph.show_pair(load, changed, position, space, progress)
            yield (*morphed, changed, changed.turn, clicked, large, event.index)

    kept = panel.favourites
    draw = lambda picks, progress: draw_favourites(load, picks, progress)
    events = favourite_list.wire(
        kept, tab, read_favourites, draw, current, [sheet.picked, sheet.history]
    )
    clicked = kept.gallery.select(
        select,
        [kept.store, kept.gallery, pair.pair, pair.position, sheet.space],
        [*pair.outputs, pair.pair, pair.turn, sheet.picked, sheet.large, kept.selected],
        **GPU,
        **PRIVATE,
    )
    return [*events, clicked, _wire_drop(panel, sheet, pair, load)]


def _wire_drop(panel: KeepPanel, sheet: SheetPanel, pair: MorphPanel, load: Load) -> Any:
    """A PNG dropped on the page brings back what made it."""

    def restore(
        provenance: dict[str, Any],
        history: History,
        space: str,
        enlarged: bool,
        progress: gr.Progress,
    ) -> Generator[Any, None, tuple[Any, ...]]:
        restored, ends, position = read_latent_provenance(provenance)
        drawn = yield from draw(load, restored, history.push(restored), progress, enlarged)
        morphed = yield from morph.show_pair(load, ends, position, space, progress)
        return (*drawn, *morphed, ends, position)

    return panel.drop.upload(
        provenance_drop.handler(restore),
        [panel.drop, sheet.history, sheet.space, sheet.enlarged.switch],
        [*sheet.outputs, *pair.outputs, pair.pair, pair.position],
        show_progress_on=[sheet.gallery],
        **GPU,
        **PRIVATE,
    )


def draw_favourites(
    load: Load, picks: list[Pick], progress: gr.Progress
) -> Generator[Any, None, list[tuple[str, str]]]:
    """Render favourites that are ready to use, yielding between models."""
    shown = []
    for pick in picks:
        if not readiness(pick.model)[0]:
            shown.append((None, f"{file_stem(pick.model)} {pick.seed}"))
            continue
        pipeline = yield from loading(load, pick.model, progress)
        image = pipeline.sample([pick.seed], pick.truncation_psi)
        path = png_files(image, [f"{file_stem(pick.model)}-seed{pick.seed:08d}"])[0]
        shown.append((path, f"seed {pick.seed}"))
        yield gr.skip()
    return shown


def read_latent_provenance(provenance: dict[str, Any]) -> tuple[Sheet, Pair, float]:
    """Sheet, morph ends and morph position that a provenance stands for.

    Raises:
        ValueError: the provenance is another task's or broken.
    """
    with provenance_drop.reading(provenance, TASK):
        keys = ("seed",) if "seed" in provenance else ("seed_a", "seed_b")
        seeds = ", ".join(str(provenance[key]) for key in keys)
        sheet = Sheet.read(provenance["model"], seeds, provenance["truncation_psi"])
        position = min(max(float(provenance.get("t", 0.5)), 0.0), 1.0)
    picks = [Pick(sheet.model, seed, sheet.truncation_psi) for seed in sheet.seeds]
    return sheet, Pair(picks[0], picks[1] if len(picks) > 1 else None), position
