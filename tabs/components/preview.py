"""One picture of a sheet, large, beside the sheet."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from tabs.components.events import Options
from tabs.components.files import output_folder


def layout(prefix: str) -> gr.Image:
    """Lay out the large picture."""
    return gr.Image(
        label="The picture you clicked",
        type="filepath",
        format="png",
        interactive=False,
        buttons=["download", "fullscreen"],
        elem_id=f"{prefix}-large",
        elem_classes=["fill", "large"],
        min_width=240,
    )


def sheet_classes(num_pictures: int) -> list[str]:
    """The classes of a sheet's gallery."""
    return ["sheet", "main-sheet", f"columns-{columns_without_orphan(num_pictures)}"]


def columns_without_orphan(num_pictures: int) -> int:
    """Columns that leave no picture alone in the last row: 3 or 4, else 5 or 2."""
    choices = [c for c in (3, 4, 5, 2, 7) if c <= num_pictures] or [1]
    full = [c for c in choices if num_pictures % c == 0]
    return (full or [c for c in choices if num_pictures % c != 1] or choices)[0]


def show(path: str, caption: str) -> gr.Image:
    """A picture's file with the text above it, as an update of the large picture."""
    return gr.Image(path, label=caption)


def show_clicked(pictures: Sequence[tuple[str | None, str]] | None, index: int) -> Any:
    """The picture of a gallery that was clicked, as an update of the large picture.

    Args:
        pictures: the value of the gallery.
        index: of the picture.

    The handler that calls this also sets the picture that the buttons beside the large one use.
    """
    if not pictures or index >= len(pictures):
        return gr.skip()
    path, caption = pictures[index]
    if path is None:
        return gr.skip()
    copy = output_folder() / Path(path).name  # Gradio serves its own copy for the sheet alone
    shutil.copy(path, copy)
    return show(str(copy), caption)


def into_view(elem_id: str) -> Options:
    """Arguments of `event.then` that scroll to a component."""
    return {"fn": None, "js": f"() => window.ganvasShow('{elem_id}')", "api_visibility": "private"}
