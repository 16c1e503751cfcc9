"""Pictures that visitors upload: read, checked, described and previewed."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
from PIL import Image

from gan_models import count_frames, depth_note, limits, read_photo, save_png
from tabs.components.gradio_compat import photo_input
from tabs.components.text import megapixels
from tabs.server.sweep import MINUTES


def photo_limits() -> str:
    """What pictures the page takes, and when it deletes them."""
    most = limits()
    return (
        f"PNG, JPEG, WebP, GIF or TIFF up to {most.megapixels:g} megapixels and {most.file_mb:g} "
        f"MB, shorter side 16 px or more. {privacy_note()}"
    )


def privacy_note() -> str:
    """What becomes of an upload, in one line."""
    return (
        "Your picture stays on this server, under a name that only you are told, and is deleted "
        f"within {MINUTES} minutes."
    )


def layout_photo(prefix: str, height: int) -> gr.Image:
    """Lay out the upload of a picture; `height` in pixels."""
    return photo_input(
        label="Your picture",
        sources=["upload", "clipboard", "webcam"],
        buttons=[],
        height=height,
        elem_id=f"{prefix}-photo",
    )


def open_photo(path: str | None) -> Image.Image:
    """Read a visitor's picture.

    Raises:
        ValueError: there is none, it is no longer stored, or it cannot be read.
    """
    if not path:
        raise ValueError("Upload, paste or photograph a picture first, or click an example.")
    if not Path(path).is_file():
        raise ValueError("The picture is no longer kept here; upload it again.")
    return read_photo(path)


def size_of(path: str) -> tuple[int, int]:
    """Width and height of a picture file, from its header.

    Raises:
        ValueError: no picture, or one over the limits.
    """
    count_frames(path)  # checks it
    with Image.open(path) as picture:
        return picture.size


def read_upload(path: str) -> Image.Image | str:
    """The picture that was just uploaded, or why it is refused, which a toast says, too."""
    try:
        return open_photo(path)
    except ValueError as error:
        gr.Warning(str(error), title="This picture cannot be taken", duration=12)
        return str(error)


def last_good(taken: str | None) -> str | None:
    """The picture to show again after a refused one: the last that was taken, if it is there."""
    return taken if taken and Path(taken).is_file() else None


def describe(path: str, photo: Image.Image) -> str:
    """An uploaded picture in one line."""
    width, height = photo.size
    line = f"{width}x{height}"
    if width * height >= 100_000:
        line += f", {megapixels(width * height)}"
    if photo.mode == "RGBA":
        line += ", with transparency"
    if (frames := count_frames(path)) > 1:
        line += (
            f", animated: the first of its {frames} pictures is taken here; **GIF, video** takes "
            "them all"
        )
    return line


def describe_upload(path: str, photo: Image.Image) -> str:
    """As `describe`, with a note on what may be wrong with the picture."""
    note = depth_note(path, photo)
    return describe(path, photo) + (f"\n\n**{note}**" if note else "")


def preview(photo: Image.Image, path: Path, side_px: int = 1280) -> str:
    """Write a copy small enough for the page, with the provenance; returns the file's path."""
    small = photo.copy()
    small.thumbnail((side_px, side_px), Image.Resampling.LANCZOS)
    save_png(small, path)
    return str(path)
