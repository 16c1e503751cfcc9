"""What leans on Gradio's insides; all of it is tried by the browser tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr


def photo_input(**options: Any) -> gr.Image:
    """A picture component that hands its file to the handler as it came.

    Gradio's own decodes and re-encodes it first: that knows no limits, drops 16 bits, colour
    profile and transparency, and says only "Error" to a broken file. (A subclass would make Gradio
    write a stub file beside this one.) Handlers may set its value, but not return a new `gr.Image`.
    """
    component = gr.Image(type="filepath", **options)
    component.preprocess = _path_of
    return component


def _path_of(payload: Any) -> str | None:
    return payload.path if payload is not None else None


def add_to_toolbar(picture: gr.Image, label: str) -> gr.Button:
    """Put a button into the corner of a picture, beside Download; its click event is to be set."""
    button = gr.Button(label)
    button.unrender()  # the picture draws it, not the layout
    picture.buttons = [*picture.buttons, button]
    return button


def pictures_in(block: Any) -> Iterator[gr.Image]:
    """The pictures laid out in a block that visitors can download; not films, which are files."""
    for child in getattr(block, "children", []):
        is_picture = isinstance(child, gr.Image) and child.type != "filepath"
        if is_picture and "download" in child.buttons:
            yield child
        yield from pictures_in(child)
