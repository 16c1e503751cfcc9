"""Files that handlers return, and components for files that visitors upload."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import save_png
from tabs.components.gradio_compat import pass_paths
from tabs.server import folders


def output_folder() -> Path:
    """A new folder for files that a handler returns; its files are deleted after an hour.

    Gradio copies what a handler returns; these are the originals.
    """
    return Path(tempfile.mkdtemp(prefix="ganvas-", dir=folders.current().work))


def png_files(
    images: Sequence[Image.Image], stems: Sequence[str], *, mark: bool = True
) -> list[str]:
    """Write pictures with their provenances as PNGs of these names; the paths.

    `mark`: draw the host's visible mark; not where another network takes the pictures.
    """
    folder = output_folder()
    paths = [folder / f"{stem}.png" for stem in stems]
    for image, path in zip(images, paths, strict=True):
        save_png(image, path, mark=mark)
    return [str(path) for path in paths]


def file_input(**options: Any) -> gr.File:
    """A file component that gives every file to the handler, which says what is wrong with it.

    Gradio compares the suffix with `file_types` first, and its error has no message.
    """
    return pass_paths(gr.File(**options))
