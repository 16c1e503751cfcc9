"""Several pictures to a zip; a GIF or a short video, frame by frame."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import gradio as gr

from gan_models import VideoWriter, count_frames, read_clip, save_png
from tabs.common import (
    GPU,
    PRIVATE,
    Load,
    checked_model,
    device_of,
    loading,
    output_folder,
    refuse_absent,
    speed_line,
    stepping,
    user_errors,
)
from tabs.components.files import file_input
from tabs.components.preview import into_view
from tabs.translate.photo import open_photo
from tabs.translate.single import TASK, SinglePanel

MAX_PICTURES = 32


def build_several(load: Load, single: SinglePanel) -> list[Any]:
    """Lay out and connect the panel of several pictures; returns what can be cancelled."""
    files = file_input(
        label=f"Up to {MAX_PICTURES} pictures", file_count="multiple",
        elem_id="translate-files", height=140,
    )  # fmt: skip
    go = gr.Button("Translate all", elem_id="translate-all")
    info = gr.Markdown("", elem_classes="card", elem_id="translate-all-info")
    archive = gr.File(
        label="All as one zip", visible=False, interactive=False, elem_id="translate-zip"
    )

    def run(
        paths: list[str] | None,
        model: str,
        strength: float,
        keep_colours: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            names = zip_names(paths or [])
            notes = [f"{Path(p).name}: first of its pictures." for p in names if _moves(p)]
            refuse_absent(checked_model(model, TASK))
            pipeline = yield from loading(load, model, progress)
            started, folder = time.perf_counter(), output_folder()
            target = folder / f"{model}.zip"
            with zipfile.ZipFile(target, "w") as zipped:
                for count, (path, name) in enumerate(names.items(), 1):
                    steps = pipeline.iter_translate(open_photo(path), strength, keep_colours)
                    made = yield from stepping(steps, progress, f"{count} of {len(names)}")
                    save_png(made, folder / "one.png")
                    zipped.write(folder / "one.png", name)
            seconds = time.perf_counter() - started
            line = speed_line(len(names), seconds, device_of(pipeline))
            yield gr.File(str(target), visible=True), "\n\n".join([line, *notes])

    given = [files, single.model, single.strength, single.keep_colours]
    started = go.click(run, given, [archive, info], show_progress_on=[info], **GPU, **PRIVATE)
    started.then(**into_view("translate-zip"))
    return [started]


def build_clip(load: Load, single: SinglePanel) -> list[Any]:
    """Lay out and connect the panel of moving pictures; returns what can be cancelled."""
    clip = file_input(
        label="GIF or short video, up to 240 frames",
        elem_id="translate-clip", height=140,
    )  # fmt: skip
    with gr.Row():
        suffix = gr.Radio(
            [("MP4", ".mp4"), ("GIF", ".gif"), ("WebP", ".webp")],
            value=".mp4", label="Format", elem_id="translate-clip-format",
        )  # fmt: skip
        go = gr.Button("Translate frames", elem_id="translate-frames")
    info = gr.Markdown("", elem_classes="card", elem_id="translate-clip-info")
    video = gr.Video(
        label="Result", autoplay=True, loop=True, visible=False, height=320,
        elem_id="translate-video",
    )  # fmt: skip
    file = gr.File(label="Download", visible=False, interactive=False, elem_id="translate-movie")

    def run(
        path: str | None,
        model: str,
        suffix: str,
        strength: float,
        keep_colours: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            if path is None:
                raise ValueError("Upload a GIF or a short video first.")
            frames = read_clip(path)
            refuse_absent(checked_model(model, TASK))
            pipeline = yield from loading(load, model, progress)
            started = time.perf_counter()
            target = output_folder() / f"{Path(path).stem}-{model}{suffix}"
            total = len(frames.frames)
            with VideoWriter(target, round(frames.fps), total) as writer:
                for count, frame in enumerate(frames.frames, 1):
                    progress((count - 1, total), desc="Translating", unit="frames")
                    yield gr.skip()
                    writer.add(pipeline.translate(frame, strength, keep_colours))
            seconds = time.perf_counter() - started
            plays = suffix == ".mp4"
            line = speed_line(total, seconds, device_of(pipeline))
            yield (
                gr.Video(str(target) if plays else None, visible=plays),
                gr.File(str(target), visible=True),
                line,
            )

    given = [clip, single.model, suffix, single.strength, single.keep_colours]
    started = go.click(run, given, [video, file, info], show_progress_on=[info], **GPU, **PRIVATE)
    started.then(**into_view("translate-movie"))
    return [started]


def zip_names(paths: list[str]) -> dict[str, str]:
    """The name in the zip for each file: its own with .png, numbered where two are alike.

    Raises:
        ValueError: no pictures, too many, or one that cannot be read.
    """
    if not 1 <= len(paths) <= MAX_PICTURES:
        raise ValueError(f"Upload 1 to {MAX_PICTURES} pictures first; there are {len(paths)}.")
    names: dict[str, str] = {}
    for path in paths:
        count_frames(path)  # reads every file's head before the work begins
        stem, k = Path(path).stem, 1
        while f"{stem}{'' if k == 1 else f'-{k}'}.png" in names.values():
            k += 1
        names[path] = f"{stem}{'' if k == 1 else f'-{k}'}.png"
    return names


def _moves(path: str) -> bool:
    return count_frames(path) > 1
