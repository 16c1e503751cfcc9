"""Undo, favourites, pictures of this page that restore their settings, and links."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from tabs.components import favourite_list, history, links, provenance_drop
from tabs.components.errors import user_errors
from tabs.components.events import GPU, LONG, PRIVATE, Event, Facts, Options, Steps, Updates, Values
from tabs.components.favourite_list import AddButton, Favourites, Thumbnails
from tabs.components.history import History
from tabs.components.loading import Load, in_thread
from tabs.components.preview import into_view
from tabs.components.upload import open_photo
from tabs.languages.own_text import own
from tabs.translate.single import SinglePanel, finish, reopened, translated
from tabs.translate.state import (
    MAX_FAVOURITES,
    PHOTO_PX,
    THUMBNAIL_PX,
    Favourite,
    Result,
    Settings,
    file_stem,
    read_favourites,
    read_link,
)

LINK_INFO = (
    "Names the model, the settings and the example. A picture of your own is not in a link: "
    "favourites keep a copy of it in this browser."
)


@dataclass(frozen=True)
class FavouritesPanel:
    """The components of the panel."""

    favourites: Favourites
    drop: gr.File


def layout(add: AddButton) -> FavouritesPanel:
    """Lay out the panel; `add`: the button, which is under the result."""
    label = f"Favourites, kept in this browser with their photos at up to {PHOTO_PX} px"
    favourites = favourite_list.layout("translate", add, label)
    return FavouritesPanel(
        favourites, provenance_drop.layout("translate-drop", "model and settings")
    )


def wire(panel: FavouritesPanel, tab: gr.Tab, single: SinglePanel, load: Load) -> list[Event]:
    """Connect the panel, Undo and Redo; returns the events to cancel."""
    favourites = panel.favourites

    def current(result: Result | None) -> Steps[Favourite]:
        if result is None:
            raise ValueError("Translate a picture first, then keep it.")
        return (yield from in_thread(lambda: make_favourite(load, result)))

    def draw(picks: list[Favourite], progress: gr.Progress) -> Steps[Thumbnails]:
        yield gr.skip()
        return [
            (favourite_list.picture_file(one.picture, one.name), own(one.name)) for one in picks
        ]

    def open_one(
        stored: object,
        past: History[Result],
        event: gr.SelectData,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        picks = read_favourites(stored)
        if event.index >= len(picks):
            yield gr.skip()
            return
        chosen = picks[event.index]
        with user_errors():
            path = favourite_list.picture_file(chosen.photo, chosen.name)
            made = yield from translated(load, path, chosen.settings, past, progress)
            yield (*made, path, *settings_of(chosen.settings), event.index)

    def restore(
        provenance: Facts,
        path: str | None,
        past: History[Result],
        progress: gr.Progress,
    ) -> Steps[Values]:
        settings = Settings.read(provenance)
        filled = (gr.skip(), *settings_of(settings))
        if path is None:
            gr.Info("Model and settings are back; now bring the picture.")
            return (*[gr.skip()] * len(single.outputs), *filled)
        made = yield from translated(load, path, settings, past, progress)
        return (*made, *filled)

    def reopen(result: Result, past: History[Result], progress: gr.Progress) -> Steps[Values]:
        values = yield from in_thread(lambda: reopened(load, result, past))
        return (*values, result.original, *settings_of(result.settings))

    results, left = single.results, single.controls
    options: Options = {**LONG, **PRIVATE, "show_progress_on": [results.compare]}
    stepping: Options = {
        **options,
        **GPU,
        "trigger_mode": "multiple",
    }  # two quick clicks are two steps
    filled = [*single.outputs, *single.given]
    events = [
        favourites.gallery.select(
            open_one,
            [favourites.store, results.history],
            [*filled, favourites.selected],
            **options,
        ),
        panel.drop.upload(
            provenance_drop.handler(restore),
            [panel.drop, left.photo, results.history],
            filled,
            **options,
        ),
        left.undo.click(history.stepper(-1, reopen), results.history, filled, **stepping),
        left.redo.click(history.stepper(1, reopen), results.history, filled, **stepping),
    ]
    for event in events:
        event.then(**into_view("translate-compare"))
    return events + favourite_list.wire(
        favourites, tab, read_favourites, draw, current, [results.result], MAX_FAVOURITES
    )


def wire_link(tab: gr.Tab, single: SinglePanel) -> None:
    """When the page is opened by a link: fill in the settings, open the tab, which translates."""

    def read(query: Mapping[str, str]) -> Values:
        settings, example = read_link(query)
        return example or gr.skip(), *settings_of(settings)

    links.wire_opening(tab, "translate", single.given, read)


def settings_of(settings: Settings) -> tuple[str, float, bool]:
    """The values of the components that hold the settings."""
    return settings.model, settings.strength, settings.keep_colours


def make_favourite(load: Load, result: Result) -> Favourite:
    """A favourite of a translation.

    Raises:
        ValueError: the pictures are no longer stored on the server.
    """
    photo = open_photo(result.original)
    made = finish(load, photo, result)
    photo_text = favourite_list.picture_text(photo, PHOTO_PX)
    made_text = favourite_list.picture_text(made, THUMBNAIL_PX)
    return Favourite(result.settings, file_stem(Path(result.original).stem), photo_text, made_text)
