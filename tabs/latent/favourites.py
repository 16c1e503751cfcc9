"""What stays: favourites, and the recipe inside a picture."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from gan_models import recipe_is_current
from tabs.components import favourite_list, preview
from tabs.components.common import GPU, PRIVATE, Load, loading, png_files, user_errors
from tabs.components.enlarge import read_base_recipe
from tabs.components.favourite_list import Favourites
from tabs.components.files import recipe_input
from tabs.components.history import History
from tabs.components.visitor import file_stem, readiness
from tabs.latent import morph
from tabs.latent.morph import MorphPanel
from tabs.latent.sheet import SheetPanel, draw
from tabs.latent.state import Pair, Pick, Sheet, first_pick, read_favourites


@dataclass(frozen=True)
class KeepPanel:
    """The components of the panel."""

    drop: gr.File
    favourites: Favourites


def layout(kept: tuple[gr.Button, gr.BrowserState]) -> KeepPanel:
    """Lay out the panel; `kept`: the button, which stands under the large picture."""
    shown = favourite_list.layout("latent", kept)
    return KeepPanel(recipe_input("latent-drop"), shown)


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
