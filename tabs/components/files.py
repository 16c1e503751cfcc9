"""Files that handlers return, and components for files that visitors upload."""

from __future__ import annotations

import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import save_png
from tabs.components.gradio_compat import pass_paths

CACHE_SECONDS = 3600  # how long a visitor's files are kept
SWEEP_SECONDS = 600  # how often those that are older are deleted
# Gradio copies what a handler returns; these are the folders of the originals, by time
_RECENT: deque[tuple[float, tempfile.TemporaryDirectory]] = deque()
_RECENT_LOCK = threading.Lock()


def output_folder() -> Path:
    """A new folder for files that a handler returns; it is deleted after an hour."""
    folder = tempfile.TemporaryDirectory(prefix="ganvas-", ignore_cleanup_errors=True)
    with _RECENT_LOCK:
        _RECENT.append((time.monotonic(), folder))
        if len(_RECENT) == 1:
            _sweep_later()
    return Path(folder.name)


def _sweep_later() -> None:
    timer = threading.Timer(SWEEP_SECONDS, _sweep)
    timer.daemon = True
    timer.start()


def _sweep() -> None:
    """Delete the folders that are old enough; run again later while there are others."""
    with _RECENT_LOCK:
        while _RECENT and time.monotonic() - _RECENT[0][0] > CACHE_SECONDS:
            _RECENT.popleft()[1].cleanup()
        if _RECENT:
            _sweep_later()


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
