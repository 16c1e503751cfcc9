"""Favourites of a tab: stored in the visitor's browser, restored with a click."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import gradio as gr
from gradio.components import Component
from PIL import Image

from gan_models import save_picture
from tabs.components.errors import user_errors
from tabs.components.events import GPU, PRIVATE, Event, Facts, Options, Steps, Updates, Values
from tabs.components.files import output_folder

MAX_FAVOURITES = 48
_START = "data:image/webp;base64,"
Thumbnails = list[tuple[str | None, str]]  # files of pictures, and their captions


class Record(Protocol):
    """A favourite."""

    def stored(self) -> dict[str, Any]:
        """As plain data, for the browser's storage."""
        ...


Pick = TypeVar("Pick", bound=Record)


@dataclass(frozen=True)
class AddButton:
    """The button that adds a favourite, and the browser's storage that it adds to."""

    button: gr.Button
    store: gr.BrowserState


@dataclass(frozen=True)
class Favourites:
    """The components of the panel."""

    add: gr.Button
    store: gr.BrowserState
    gallery: gr.Gallery
    remove: gr.Button
    selected: gr.State  # index of the favourite clicked last


def layout_button(prefix: str) -> AddButton:
    """Lay out "Add to favourites" and the storage, outside the tab of the favourites.

    A storage inside a closed tab is not read before the tab is opened, and adding to it would lose
    its content.
    """
    button = gr.Button("Add to favourites", size="sm", elem_id=f"{prefix}-keep", min_width=110)
    store = gr.BrowserState([], storage_key=f"ganvas-{prefix}-favourites", secret="ganvas")
    return AddButton(button, store)


def layout(
    prefix: str, add: AddButton, label: str = "Favourites, kept in this browser"
) -> Favourites:
    """Lay out the panel; `add`: from `layout_button`."""
    remove = gr.Button("Remove clicked favourite", size="sm", elem_id=f"{prefix}-unkeep")
    gallery = gr.Gallery(
        label=label,
        columns=8,
        height="auto",
        allow_preview=False,
        format="png",
        interactive=False,
        buttons=[],
        visible=False,
        elem_id=f"{prefix}-favourites",
        elem_classes=["sheet", "favourites"],
    )
    return Favourites(add.button, add.store, gallery, remove, gr.State(None))


def wire(
    panel: Favourites,
    tab: gr.Tab,
    read: Callable[[object], list[Pick]],
    draw: Callable[[list[Pick], gr.Progress], Steps[Thumbnails]],
    current: Callable[..., Steps[Pick]],
    given: Sequence[Component],
    most: int = MAX_FAVOURITES,
    js: str | None = None,
) -> list[Event]:
    """Connect all but the click on a favourite; returns the events to cancel.

    Args:
        panel: from `layout`.
        tab: the tab that the panel is in.
        read: takes what the browser has stored, returns the favourites that are still valid.
        draw: a generator that returns their pictures.
        current: a generator that takes the values of `given` and returns the favourite to add;
            raises ValueError where there is none.
        given: components.
        most: how many there may be.
        js: gives the storage and those values of `given` that only the browser knows.
    """

    def show(stored: object, progress: gr.Progress = gr.Progress()) -> Updates:
        with user_errors():
            yield _gallery((yield from draw(read(stored), progress)))

    def add(stored: object, *values: Any) -> Updates:
        with user_errors():
            picked, picks = (yield from current(*values)), read(stored)
            if picked in picks:
                gr.Info("This is among the favourites already.")
                yield gr.skip()
                return
            if len(picks) >= most:
                raise ValueError(f"There is room for {most} favourites; remove one first.")
            yield _to_store([*picks, picked])
            gr.Info("Added to the favourites, which this browser keeps.", duration=4)

    def remove(stored: object, selected: int | None) -> Values:
        with user_errors():
            picks = read(stored)
            if selected is None or selected >= len(picks):
                raise ValueError("Click a favourite first, then remove it.")
            return _to_store([*picks[:selected], *picks[selected + 1 :]])

    outputs = [panel.store, panel.selected]
    options: Options = {**GPU, **PRIVATE, "trigger_mode": "multiple"}
    changes = [
        panel.add.click(add, [panel.store, *given], outputs, js=js, **options),
        panel.remove.click(remove, [panel.store, panel.selected], outputs, **options),
    ]
    # drawn after the change, from the storage: the tab may have been opened meanwhile
    triggers = [tab.select, *(change.then for change in changes)]
    draws = [on(show, panel.store, panel.gallery, **options) for on in triggers]
    return [*changes, *draws]


def _to_store(picks: Sequence[Record]) -> tuple[list[dict[str, Any]], None]:
    """Values of the storage and of the selection."""
    return [pick.stored() for pick in picks], None


def _gallery(pictures: Thumbnails) -> gr.Gallery:
    return gr.Gallery(pictures, visible=bool(pictures), selected_index=None)


def read_all(
    stored: object, read: Callable[[Facts], Pick], most: int = MAX_FAVOURITES
) -> list[Pick]:
    """Favourites from the browser's storage; those that `read` refuses are left out."""
    picks = []
    for item in stored if isinstance(stored, list) else []:
        try:
            picks.append(read(item))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return picks[:most]


def picture_text(image: Image.Image, side_px: int) -> str:
    """A picture of at most `side_px` a side as text, for the browser's storage."""
    small, file = image.copy(), io.BytesIO()
    small.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    save_picture(small, file, "WEBP", quality=90)
    return _START + base64.b64encode(file.getvalue()).decode()


def checked_text(text: object, most: int = 1_000_000) -> str:
    """A picture's text as `picture_text` writes it.

    Raises:
        ValueError: it is not one.
    """
    if not isinstance(text, str) or len(text) > most or not text.startswith(_START):
        raise ValueError("This is not a stored picture.")
    try:
        base64.b64decode(text.removeprefix(_START), validate=True)
    except binascii.Error as error:
        raise ValueError("The stored picture is broken.") from error
    return text


def picture_file(text: str, stem: str) -> str:
    """Write a picture from its text; returns the file's path."""
    path = output_folder() / f"{stem}.webp"
    path.write_bytes(base64.b64decode(text.removeprefix(_START)))
    return str(path)
