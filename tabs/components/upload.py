"""The place for a picture that a visitor brings: upload, paste or webcam, checked by ourselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import count_frames, read_photo


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


def open_photo(path: str | None) -> Image.Image:
    """Read the picture that the visitor gave.

    Raises:
        ValueError: there is none, it is no longer kept, or it cannot be read.
    """
    if not path:
        raise ValueError("Upload, paste or photograph a picture first, or click an example.")
    if not Path(path).is_file():
        raise ValueError("The picture is no longer kept here; upload it again.")
    return read_photo(path)


def describe(path: str, photo: Image.Image) -> str:
    """What came in, in one line."""
    width, height = photo.size
    line = f"{width}x{height}, {width * height / 1e6:.1f} megapixels"
    if photo.mode == "RGBA":
        line += ", with transparency"
    if (frames := count_frames(path)) > 1:
        line += (
            f", animated: the first of its {frames} pictures is taken here; **GIF, video** takes "
            "them all"
        )
    return line


def preview(photo: Image.Image, path: Path, side_px: int = 1280) -> str:
    """Write a copy small enough to show; the file's path."""
    small = photo.copy()
    small.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    small.save(path)
    return str(path)
