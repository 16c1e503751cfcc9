"""A sheet of pictures: its gallery, and how it is drawn batch by batch."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

import gradio as gr
from PIL import Image

from gan_models import Pipeline
from tabs.components import enlarge
from tabs.components.events import Steps
from tabs.components.files import png_files
from tabs.components.loading import Load
from tabs.components.text import device_of, speed_line
from tabs.components.upscalers import fast_enlarger

Captioned = list[tuple[str, str]]  # paths of pictures, and their captions
QUIET_SECONDS = 0.5  # no progress is shown before


def layout(prefix: str) -> gr.Gallery:
    """Lay out the gallery."""
    return gr.Gallery(
        label="Click a picture to see it large and to morph from it",
        type="filepath",
        columns=3,
        height="auto",
        allow_preview=False,
        format="png",
        interactive=False,
        object_fit="contain",
        buttons=[],
        elem_id=f"{prefix}-gallery",
        elem_classes=["sheet", "main-sheet"],
        min_width=320,
    )


def draw(
    load: Load,
    pipeline: Pipeline,
    images: Iterable[Image.Image],
    stems: Sequence[str],
    captions: Sequence[str],
    enlarged: bool,
    progress: gr.Progress,
) -> Steps[tuple[Captioned, str, list[Image.Image]]]:
    """Draw a sheet, yielding between its pictures.

    Args:
        load: gives a pipeline.
        pipeline: that the images come from.
        images: one for each of `stems` and `captions`.
        stems: of the names of the files.
        captions: of the pictures.
        enlarged: whether they are enlarged.
        progress: of the event.

    Returns:
        Files with captions, a line on the time it took, and the pictures.
    """
    enlarger = yield from fast_enlarger(load, enlarged, len(stems), progress)
    started = time.perf_counter()
    made: list[Image.Image] = []
    for image in images:
        made.append((yield from enlarger.enlarge(image)))
        if time.perf_counter() - started > QUIET_SECONDS:
            progress((len(made), len(stems)), unit="pictures")
            yield gr.skip()
    line = speed_line(len(made), time.perf_counter() - started, device_of(pipeline))
    end = enlarge.suffix(enlarged)
    files = png_files(made, [f"{stem}{end}" for stem in stems])
    return list(zip(files, captions, strict=True)), line, made
