"""What stays: undo, favourites, the provenance inside a picture, and the link."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from tabs.components import favourite_list, history, links, provenance_drop
from tabs.components.errors import user_errors
from tabs.components.events import GPU, PRIVATE
from tabs.components.favourite_list import Favourites, Shown
from tabs.components.history import History
from tabs.components.loading import Load, in_thread
from tabs.components.preview import into_view
from tabs.components.upload import open_photo
from tabs.translate.single import SinglePanel, finish, reopened, translated
from tabs.translate.state import (
    KEPT_PX,
    MAX_FAVOURITES,
    SHOWN_PX,
    Kept,
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
class KeepPanel:
    """The components of the panel."""

    favourites: Favourites
    drop: gr.File


def layout(kept: tuple[gr.Button, gr.BrowserState]) -> KeepPanel:
    """Lay out the panel; `kept`: the button, which stands under the result."""
    label = f"Favourites, kept in this browser with their photos at up to {KEPT_PX} px"
    shown = favourite_list.layout("translate", kept, label)
    return KeepPanel(shown, provenance_drop.layout("translate-drop", "model and settings"))


def wire(panel: KeepPanel, tab: gr.Tab, single: SinglePanel, load: Load) -> list[Any]:
    """Connect the panel, Undo and Redo; returns the events that can be cancelled."""
    kept = panel.favourites

    def current(result: Result | None) -> Generator[Any, None, Kept]:
        if result is None:
            raise ValueError("Translate a picture first, then keep it.")
        return (yield from in_thread(lambda: keep_of(load, result)))

    def draw(picks: list[Kept], progress: gr.Progress) -> Generator[Any, None, Shown]:
        yield gr.skip()
        return [(favourite_list.picture_file(one.picture, one.name), one.name) for one in picks]

    def bring(
        stored: Any, past: History, event: gr.SelectData, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
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
        provenance: dict[str, Any], path: str | None, past: History, progress: gr.Progress
    ) -> Generator[Any, None, tuple[Any, ...]]:
        settings = Settings.read(provenance)
        filled = (gr.skip(), *settings_of(settings))
        if path is None:
            gr.Info("Model and settings are back; now bring the picture.")
            return (*[gr.skip()] * len(single.outputs), *filled)
        made = yield from translated(load, path, settings, past, progress)
        return (*made, *filled)

    def reopen(past: History, progress: gr.Progress) -> Generator[Any, None, tuple[Any, ...]]:
        result = past.current
        shown = yield from in_thread(lambda: reopened(load, result, past))
        return (*shown, result.original, *settings_of(result.settings))

    options = {**GPU, **PRIVATE, "show_progress_on": [single.compare]}
    stepping = {**options, "trigger_mode": "multiple"}  # two quick clicks are two steps
    filled = [*single.outputs, *single.given]
    events = [
        kept.gallery.select(
            bring, [kept.store, single.history], [*filled, kept.selected], **options
        ),
        panel.drop.upload(
            provenance_drop.handler(restore),
            [panel.drop, single.photo, single.history],
            filled,
            **options,
        ),
        single.undo.click(history.stepper(-1, reopen), single.history, filled, **stepping),
        single.redo.click(history.stepper(1, reopen), single.history, filled, **stepping),
    ]
    for event in events:
        event.then(**into_view("translate-compare"))
    return events + favourite_list.wire(
        kept, tab, read_favourites, draw, current, [single.result], MAX_FAVOURITES
    )


def wire_link(tab: gr.Tab, single: SinglePanel) -> None:
    """On opening the page: a link fills in model, settings and example and opens the tab, which
    translates.
    """

    def read(query: Mapping[str, str]) -> tuple[Any, ...]:
        settings, example = read_link(query)
        return example or gr.skip(), *settings_of(settings)

    links.wire_opening(tab, "translate", single.given, read)


def settings_of(settings: Settings) -> tuple[str, float, bool]:
    """The values of the components that hold the settings."""
    return settings.model, settings.strength, settings.keep_colours


def keep_of(load: Load, result: Result) -> Kept:
    """A favourite of what was translated.

    Raises:
        ValueError: the pictures are no longer kept on the server.
    """
    photo = open_photo(result.original)
    made = finish(load, photo, result)
    photo_text = favourite_list.picture_text(photo, KEPT_PX)
    made_text = favourite_list.picture_text(made, SHOWN_PX)
    return Kept(result.settings, file_stem(Path(result.original).stem), photo_text, made_text)
