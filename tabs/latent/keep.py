"""What stays: favourites, and the recipe inside a picture."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from gan_models import recipe_is_current
from tabs.common import GPU, PRIVATE, Load, loading, png_files, user_errors
from tabs.components.enlarge import read_base_recipe
from tabs.components.files import recipe_input
from tabs.latent import morph
from tabs.latent.morph import MorphPanel
from tabs.latent.sheet import SheetPanel, draw
from tabs.latent.state import (
    MAX_FAVOURITES,
    History,
    Pair,
    Pick,
    Sheet,
    read_favourites,
)
from tabs.mine import file_stem, readiness


@dataclass(frozen=True)
class KeepPanel:
    """The components of the panel."""

    drop: gr.File
    gallery: gr.Gallery
    keep: gr.Button
    remove: gr.Button
    selected: gr.State  # index of the favourite clicked last
    store: gr.BrowserState


def layout(keep: gr.Button) -> KeepPanel:
    """Lay out the panel; `keep` stands under the large picture."""
    remove = gr.Button("Remove clicked favourite", size="sm", elem_id="latent-unkeep")
    gallery = gr.Gallery(
        label="Favourites, kept in this browser",
        columns=8,
        height="auto",
        allow_preview=False,
        format="png",
        interactive=False,
        buttons=[],
        visible=False,
        elem_id="latent-favourites",
        elem_classes="sheet",
    )
    drop = recipe_input("latent-drop")
    store = gr.BrowserState([], storage_key="ganvas-latent-favourites", secret="ganvas")
    return KeepPanel(drop, gallery, keep, remove, gr.State(None), store)


def wire(
    panel: KeepPanel, tab: gr.Tab, sheet: SheetPanel, pair: MorphPanel, load: Load
) -> list[Any]:
    """Connect the panel; returns the events that can be cancelled."""

    def show(stored: Any, progress: gr.Progress = gr.Progress()) -> Generator[Any, None, None]:
        with user_errors():
            yield _favourites((yield from draw_favourites(load, read_favourites(stored), progress)))

    def keep(
        stored: Any,
        picked: Pick | None,
        history: History,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        picked = picked or history.first
        if picked is None:
            raise gr.Error("Sample some pictures first, then keep one.")
        picks = read_favourites(stored)
        if len(picks) >= MAX_FAVOURITES and picked not in picks:
            raise gr.Error(f"There is room for {MAX_FAVOURITES} favourites; remove one first.")
        picks = picks if picked in picks else [*picks, picked]
        yield from _show(picks, progress)

    def remove(
        stored: Any, selected: int | None, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        picks = read_favourites(stored)
        if selected is None or selected >= len(picks):
            raise gr.Error("Click a favourite first, then remove it.")
        yield from _show([*picks[:selected], *picks[selected + 1 :]], progress)

    def _show(picks: list[Pick], progress: gr.Progress) -> Generator[Any, None, None]:
        with user_errors():
            shown = yield from draw_favourites(load, picks, progress)
            yield _favourites(shown), [pick.stored() for pick in picks], None

    def select(
        stored: Any,
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
            shown = yield from morph.show_pair(load, changed, position, space, progress)
            yield (*shown, changed, changed.turn, clicked, event.index)

    stored = [panel.gallery, panel.store, panel.selected]
    options = {**GPU, **PRIVATE}
    picked = [panel.store, pair.pair, pair.position, sheet.space]
    return [
        tab.select(show, panel.store, panel.gallery, **options),
        panel.keep.click(keep, [panel.store, pair.picked, sheet.history], stored, **options),
        panel.remove.click(remove, [panel.store, panel.selected], stored, **options),
        panel.gallery.select(
            select,
            picked,
            [*pair.outputs, pair.pair, pair.turn, pair.picked, panel.selected],
            **options,
        ),
        _wire_drop(panel, sheet, pair, load),
    ]


def _wire_drop(panel: KeepPanel, sheet: SheetPanel, pair: MorphPanel, load: Load) -> Any:
    """A PNG dropped on the page brings back what made it."""

    def restore(
        file: str | None,
        history: History,
        space: str,
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        if file is None:
            yield gr.skip()
            return
        with user_errors():
            recipe = read_base_recipe(file)
            restored, ends, position = read_latent_recipe(recipe)
            drawn = yield from draw(load, restored, history.push(restored), progress, enlarged)
            morphed = yield from morph.show_pair(load, ends, position, space, progress)
            _warn_of_other_weights(recipe)
            yield (*drawn, *morphed, ends, position)

    return panel.drop.upload(
        restore,
        [panel.drop, sheet.history, sheet.space, sheet.enlarged.switch],
        [*sheet.outputs, *pair.outputs, pair.pair, pair.position],
        show_progress_on=[sheet.gallery],
        **GPU,
        **PRIVATE,
    )


def _favourites(shown: list[tuple[str, str]]) -> gr.Gallery:
    return gr.Gallery(shown, visible=bool(shown), selected_index=None)


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


def read_latent_recipe(recipe: dict[str, Any]) -> tuple[Sheet, Pair, float]:
    """Sheet, morph ends and morph position that a recipe stands for.

    Raises:
        ValueError: the recipe is another task's or broken.
    """
    try:
        if recipe["task"] != "latent":
            raise ValueError(
                f"This picture was made in another tab ({recipe['task']}); drop it there."
            )
        seeds = [recipe["seed"]] if "seed" in recipe else [recipe["seed_a"], recipe["seed_b"]]
        sheet = Sheet.read(recipe["model"], ", ".join(map(str, seeds)), recipe["truncation_psi"])
        position = min(max(float(recipe.get("t", 0.5)), 0.0), 1.0)
    except (KeyError, TypeError) as error:
        raise ValueError("The picture's recipe is broken; download the picture again.") from error
    picks = [Pick(sheet.model, seed, sheet.truncation_psi) for seed in sheet.seeds]
    return sheet, Pair(picks[0], picks[1] if len(picks) > 1 else None), position


def _warn_of_other_weights(recipe: dict[str, Any]) -> None:
    if not recipe_is_current(recipe):
        gr.Warning("The picture was made with other weights of this model; it may look different.")
