"""One picture of a sheet, large, beside it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import gradio as gr

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
    """A picture's file, and what stands above it."""
    return gr.Image(path, label=caption)


def show_clicked(shown: list[tuple[str, str]] | None, index: int) -> Any:
    """The picture of a gallery that was clicked, as an update of the large picture.

    Args:
        shown: the value of the gallery.
        index: of the picture.

    The handler that calls this also sets which picture buttons beside the large one are about:
    the two never differ.
    """
    if not shown or index >= len(shown):
        return gr.skip()
    path, caption = shown[index]
    if path is None:
        return gr.skip()
    copy = output_folder() / Path(path).name  # what Gradio keeps of a sheet is not served twice
    shutil.copy(path, copy)
    return show(str(copy), caption)


def into_view(elem_id: str) -> dict[str, Any]:
    """For `event.then`: brings a component into the window."""
    return {"fn": None, "js": f"() => window.ganvasShow('{elem_id}')", "api_visibility": "private"}
