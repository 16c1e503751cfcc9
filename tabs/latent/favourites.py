"""Favourites, and pictures of this page that restore their sheet."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from gan_models import LatentPipeline, pictures_of
from tabs.components import favourite_list, preview, provenance_drop
from tabs.components.errors import user_errors
from tabs.components.events import GPU, PRIVATE, Event, Facts, Steps, Updates, Values
from tabs.components.favourite_list import AddButton, Favourites, Thumbnails
from tabs.components.files import png_files
from tabs.components.history import History
from tabs.components.loading import Load, loading
from tabs.components.tickets import file_stem, readiness
from tabs.latent import morph
from tabs.latent.morph import MorphPanel
from tabs.latent.sheet import SheetPanel, draw
from tabs.latent.state import TASK, Pair, Pick, Sheet, first_pick, read_favourites


@dataclass(frozen=True)
class FavouritesPanel:
    """The components of the panel."""

    drop: gr.File
    favourites: Favourites


def layout(add: AddButton) -> FavouritesPanel:
    """Lay out the panel; `add`: the button, which is under the large picture."""
    favourites = favourite_list.layout("latent", add)
    return FavouritesPanel(provenance_drop.layout("latent-drop"), favourites)


def wire(
    panel: FavouritesPanel, tab: gr.Tab, sheet: SheetPanel, pair: MorphPanel, load: Load
) -> list[Event]:
    """Connect the panel; returns the events to cancel."""

    def current(picked: Pick | None, history: History[Sheet]) -> Steps[Pick]:
        picked = picked or first_pick(history)
        if picked is None:
            raise ValueError("Sample some pictures first, then keep one.")
        yield gr.skip()
        return picked

    def select(
        stored: object,
        pictures: Thumbnails | None,
        pair: Pair,
        position: float,
        space: str,
        event: gr.SelectData,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        picks = read_favourites(stored)
        if event.index >= len(picks):
            yield gr.skip()
            return
        clicked = picks[event.index]
        with user_errors():
            changed = pair.with_click(clicked)
            large = preview.show_clicked(pictures, event.index)
            morphed = yield from morph.show_pair(load, changed, position, space, progress)
            yield (*morphed, changed, changed.turn, clicked, large, event.index)

    favourites = panel.favourites
    draw_all = lambda picks, progress: draw_favourites(load, picks, progress)
    events = favourite_list.wire(
        favourites, tab, read_favourites, draw_all, current, [sheet.picked, sheet.history]
    )
    clicked = favourites.gallery.select(
        select,
        [favourites.store, favourites.gallery, pair.pair, pair.position, sheet.space],
        [*pair.outputs, pair.pair, pair.turn, sheet.picked, sheet.large, favourites.selected],
        **GPU,
        **PRIVATE,
    )
    return [*events, clicked, _wire_drop(panel, sheet, pair, load)]


def _wire_drop(panel: FavouritesPanel, sheet: SheetPanel, pair: MorphPanel, load: Load) -> Event:
    """Restore the sheet of a file that is dropped on the page."""

    def restore(
        provenance: Facts,
        history: History[Sheet],
        space: str,
        enlarged: bool,
        progress: gr.Progress,
    ) -> Steps[Values]:
        restored, ends, position = read_latent_provenance(provenance)
        drawn = yield from draw(load, restored, history.push(restored), progress, enlarged)
        morphed = yield from morph.show_pair(load, ends, position, space, progress)
        return (*drawn, *morphed, ends, position)

    return panel.drop.upload(
        provenance_drop.handler(restore),
        [panel.drop, sheet.history, sheet.space, sheet.switch],
        [*sheet.outputs, *pair.outputs, pair.pair, pair.position],
        show_progress_on=[sheet.gallery],
        **GPU,
        **PRIVATE,
    )


def draw_favourites(load: Load, picks: list[Pick], progress: gr.Progress) -> Steps[Thumbnails]:
    """Render favourites whose models are here, yielding between them."""
    pictures: Thumbnails = []
    for pick in picks:
        if not readiness(pick.model)[0]:
            pictures.append((None, f"{file_stem(pick.model)} {pick.seed}"))
            continue
        pipeline: LatentPipeline = yield from loading(load, pick.model, progress)
        image = pipeline.sample([pick.seed], pick.truncation_psi)
        path = png_files(image, [f"{file_stem(pick.model)}-seed{pick.seed:08d}"])[0]
        pictures.append((path, f"seed {pick.seed}"))
        yield gr.skip()
    return pictures


def read_latent_provenance(provenance: Facts) -> tuple[Sheet, Pair, float]:
    """Sheet, morph ends and morph position of a provenance; of a walk, its keyframes as the sheet.

    Raises:
        ValueError: the provenance is another task's or broken.
    """
    with provenance_drop.reading(provenance, TASK):
        pictures = pictures_of(provenance)
        first, position = pictures[0], provenance.get("t")
        if "seeds" in first:
            seeds = list(first["seeds"])
        elif "seed" in first:
            seeds = [picture["seed"] for picture in pictures]
        else:
            seeds = [first["seed_a"], first["seed_b"]]
        text = ", ".join(dict.fromkeys(map(str, seeds)))  # each once
        sheet = Sheet.read(first["model"], text, first["truncation_psi"])
        if not (isinstance(position, int | float) and 0 <= position <= 1):
            position = 0.5
    picks = [Pick(sheet.model, seed, sheet.truncation_psi) for seed in sheet.seeds]
    return sheet, Pair(picks[0], picks[1] if len(picks) > 1 else None), position
