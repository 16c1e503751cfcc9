"""The place for a picture that a visitor brings: upload, paste or webcam, checked by ourselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import count_frames, read_photo


class PhotoInput(gr.Image):
    """A picture component that hands its file to the handler as it came.

    Gradio's own would decode and re-encode it first: it knows no limits, drops 16 bits, colour
    profile and transparency, and says only "Error" to a broken file.
    """

    is_template = True

    def preprocess(self, payload: Any) -> str | None:
        """The path of the uploaded file."""
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
            f", animated: the first of its {frames} pictures is taken here; **GIF or video** takes "
            "them all"
        )
    return line


def preview(photo: Image.Image, path: Path, side_px: int = 1280) -> str:
    """Write a copy small enough to show; the file's path."""
    small = photo.copy()
    small.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    small.save(path)
    return str(path)
