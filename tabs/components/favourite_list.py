"""Favourites of a tab: kept in the visitor's browser, brought back with a click."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import gradio as gr
from PIL import Image

from tabs.components.errors import user_errors
from tabs.components.events import GPU, PRIVATE
from tabs.components.files import output_folder

MAX_FAVOURITES = 48
_START = "data:image/webp;base64,"
Shown = list[tuple[str | None, str]]  # pictures' files, and what stands under them


class Pick(Protocol):
    """What is kept of a favourite."""

    def stored(self) -> dict[str, Any]:
        """As plain data, for the browser's storage."""


@dataclass(frozen=True)
class Favourites:
    """The components of the panel."""

    keep: gr.Button
    store: gr.BrowserState
    gallery: gr.Gallery
    remove: gr.Button
    selected: gr.State  # index of the favourite clicked last


def layout_button(prefix: str) -> tuple[gr.Button, gr.BrowserState]:
    """Lay out "Add to favourites", and what keeps them: a storage inside a closed tab is not read
    before the tab is opened, and adding to it would lose what it holds.
    """
    button = gr.Button("Add to favourites", size="sm", elem_id=f"{prefix}-keep", min_width=110)
    return button, gr.BrowserState([], storage_key=f"ganvas-{prefix}-favourites", secret="ganvas")


def layout(
    prefix: str,
    kept: tuple[gr.Button, gr.BrowserState],
    label: str = "Favourites, kept in this browser",
) -> Favourites:
    """Lay out the panel; `kept`: what `layout_button` gave."""
    remove = gr.Button("Remove clicked favourite", size="sm", elem_id=f"{prefix}-unkeep")
    gallery = gr.Gallery(
        label=label, columns=8, height="auto", allow_preview=False, format="png",
        interactive=False, buttons=[], visible=False, elem_id=f"{prefix}-favourites",
        elem_classes=["sheet", "favourites"],
    )  # fmt: skip
    return Favourites(*kept, gallery, remove, gr.State(None))


def wire(
    panel: Favourites,
    tab: gr.Tab,
    read: Callable[[Any], list[Any]],
    draw: Callable[[list[Any], gr.Progress], Generator[Any, None, Shown]],
    current: Callable[..., Generator[Any, None, Any]],
    given: Sequence[gr.components.Component],
    most: int = MAX_FAVOURITES,
    js: str | None = None,
) -> list[Any]:
    """Connect all but the click on a favourite; returns the events that can be cancelled.

    Args:
        panel: what `layout` gave.
        tab: the tab that the panel is in.
        read: the favourites in the browser's storage, without those that are no longer valid.
        draw: a generator that returns their pictures.
        current: a generator that returns the favourite to add, of the values of `given`; raises
            ValueError where there is none.
        given: components.
        most: how many there may be.
        js: hands over what the browser alone knows, as the storage and the values of `given`.
    """

    def show(stored: Any, progress: gr.Progress = gr.Progress()) -> Generator[Any, None, None]:
        with user_errors():
            yield _gallery((yield from draw(read(stored), progress)))

    def keep(stored: Any, *values: Any) -> Generator[Any, None, None]:
        with user_errors():
            picked, picks = (yield from current(*values)), read(stored)
            if picked in picks:
                gr.Info("This is among the favourites already.")
                yield gr.skip()
                return
            if len(picks) >= most:
                raise ValueError(f"There is room for {most} favourites; remove one first.")
            yield _kept([*picks, picked])
            gr.Info("Added to the favourites, which this browser keeps.", duration=4)

    def remove(stored: Any, selected: int | None) -> Any:
        with user_errors():
            picks = read(stored)
            if selected is None or selected >= len(picks):
                raise ValueError("Click a favourite first, then remove it.")
            return _kept([*picks[:selected], *picks[selected + 1 :]])

    outputs, options = [panel.store, panel.selected], {**GPU, **PRIVATE, "trigger_mode": "multiple"}
    changes = [
        panel.keep.click(keep, [panel.store, *given], outputs, js=js, **options),
        panel.remove.click(remove, [panel.store, panel.selected], outputs, **options),
    ]
    # drawn after the change, of what is stored by then: the tab may have been opened meanwhile
    draws = [on(show, panel.store, panel.gallery, **options)
             for on in (tab.select, *(change.then for change in changes))]  # fmt: skip
    return [*changes, *draws]


def _kept(picks: list[Any]) -> tuple[list[dict[str, Any]], None]:
    return [pick.stored() for pick in picks], None


def _gallery(shown: Shown) -> gr.Gallery:
    return gr.Gallery(shown, visible=bool(shown), selected_index=None)


def read_all(stored: Any, read: Callable[[Any], Any], most: int = MAX_FAVOURITES) -> list[Any]:
    """Favourites from the browser's storage; what `read` refuses is left out."""
    picks = []
    for item in stored if isinstance(stored, list) else []:
        try:
            picks.append(read(item))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return picks[:most]


def picture_text(image: Image.Image, side_px: int) -> str:
    """A picture of at most `side_px` a side as a text that a browser can keep."""
    small, file = image.copy(), io.BytesIO()
    small.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    small.save(file, "WEBP", quality=90)
    return _START + base64.b64encode(file.getvalue()).decode()


def checked_text(text: Any, most: int = 1_000_000) -> str:
    """A picture's text as `picture_text` writes it.

    Raises:
        ValueError: it is none.
    """
    if not isinstance(text, str) or len(text) > most or not text.startswith(_START):
        raise ValueError("This is no picture that was kept.")
    try:
        base64.b64decode(text.removeprefix(_START), validate=True)
    except binascii.Error as error:
        raise ValueError("The picture that was kept is broken.") from error
    return text


def picture_file(text: str, stem: str) -> str:
    """Write a picture from its text; the file's path."""
    path = output_folder() / f"{stem}.webp"
    path.write_bytes(base64.b64decode(text.removeprefix(_START)))
    return str(path)
