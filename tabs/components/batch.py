"""Several pictures to a zip; a GIF or a short video, frame by frame."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import Pipeline, VideoWriter, count_frames, limits, read_clip, save_png
from tabs.components.errors import user_errors
from tabs.components.events import PRIVATE, Event, Options, Steps, Updates
from tabs.components.files import file_input, output_folder
from tabs.components.loading import in_thread
from tabs.components.preview import into_view
from tabs.components.progress import Bar
from tabs.components.text import device_of, speed_line
from tabs.components.upload import open_photo, size_of
from tabs.languages.own_text import own
from tabs.server import sweep

MAX_PICTURES = 32

Size = tuple[int, int]


@dataclass(frozen=True)
class Head:
    """A picture file before its pixels are read."""

    path: str
    size: Size

    @property
    def name(self) -> str:
        """The file's name."""
        return Path(self.path).name

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.size[0] * self.size[1]


def _save_png(image: Image.Image, stem: Path, *_: Any) -> Path:
    path = stem.with_name(f"{stem.name}.png")
    save_png(image, path)
    return path


@dataclass(frozen=True)
class Work:
    """What a tab does to one picture, for panels that do it to several or to a film's frames."""

    prefix: str  # of element ids
    verb: str  # on the buttons
    given: Sequence[gr.Dropdown | gr.Radio | gr.Slider | gr.Checkbox]  # the model, then settings
    # (sizes of all pictures, progress, *values of `given`): checks them, returns the pipeline
    open: Callable[..., Steps[Pipeline]]
    # (pipeline, picture, *values of the settings): yields its progress, returns the picture
    steps: Callable[..., Steps[Image.Image]]
    queue: Options  # that its events wait in
    # (sizes, *values of `given`): a note on pictures before the work begins
    forecast: Callable[..., str] | None = None
    # (picture, path without suffix, *values of the settings): writes it, returns its path
    save: Callable[..., Path] = _save_png


def build_several(work: Work) -> list[Event]:
    """Lay out and connect the panel of several pictures; returns the events to cancel."""
    files = file_input(
        label=f"Up to {MAX_PICTURES} pictures",
        file_count="multiple",
        elem_id=f"{work.prefix}-files",
        height=140,
    )
    go = gr.Button(f"{work.verb} all", elem_id=f"{work.prefix}-all")
    info = gr.Markdown("", elem_classes="card", elem_id=f"{work.prefix}-all-info")
    archive = gr.File(
        label="All as one zip", visible=False, interactive=False, elem_id=f"{work.prefix}-zip"
    )

    def run(
        paths: list[str] | None,
        model: str,
        *settings: Any,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        with user_errors(), sweep.Using(paths or []):
            heads, notes = read_heads(paths or [])
            sizes, stems = [head.size for head in heads], zip_stems([head.path for head in heads])
            pipeline = yield from work.open(sizes, progress, model, *settings)
            started, folder = time.perf_counter(), output_folder()
            target = folder / f"{pipeline.spec.id}.zip"
            bar, count = Bar(progress, sum(head.pixels for head in heads)), 0
            with zipfile.ZipFile(target, "w") as zipped:
                for k, (head, stem) in enumerate(zip(heads, stems, strict=True), 1):
                    try:
                        steps = work.steps(pipeline, open_photo(head.path), *settings)
                        made = yield from bar.follow(steps, f"{k}/{len(heads)}", head.pixels)
                    except ValueError as error:  # broken after its header, or refused
                        notes.append(f"**{own(head.name)} was left out.** {error}")
                        continue
                    save = partial(work.save, made, folder / "one", *settings)
                    written = yield from in_thread(save)
                    zipped.write(written, stem + written.suffix)
                    count += 1
            if not count:
                raise ValueError(notes[-1].partition("** ")[2])
            line = speed_line(count, time.perf_counter() - started, device_of(pipeline))
            yield gr.File(str(target), visible=True), "\n\n".join([line, *notes])

    _forecast(work, files, info, lambda paths: [head.size for head in read_heads(paths)[0]])
    options: Options = {"show_progress_on": [info], **work.queue, **PRIVATE}
    started = go.click(run, [files, *work.given], [archive, info], **options)
    started.then(**into_view(f"{work.prefix}-zip"))
    return [started]


def build_clip(work: Work) -> list[Event]:
    """Lay out and connect the panel of moving pictures; returns the events to cancel."""
    clip = file_input(
        label=f"GIF or short video, up to {limits().clip_frames:g} frames",
        elem_id=f"{work.prefix}-clip",
        height=140,
    )
    with gr.Row():
        suffix = gr.Radio(
            [("MP4", ".mp4"), ("GIF", ".gif"), ("WebP", ".webp")],
            value=".mp4",
            label="Format",
            elem_id=f"{work.prefix}-clip-format",
        )
        go = gr.Button(f"{work.verb} frames", elem_id=f"{work.prefix}-frames")
    info = gr.Markdown("", elem_classes="card", elem_id=f"{work.prefix}-clip-info")
    video = gr.Video(
        label="Result",
        autoplay=True,
        loop=True,
        visible=False,
        height=320,
        elem_id=f"{work.prefix}-video",
    )
    file = gr.File(
        label="Download", visible=False, interactive=False, elem_id=f"{work.prefix}-movie"
    )

    def run(
        path: str | None,
        suffix: str,
        model: str,
        *settings: Any,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        with user_errors():
            if path is None:
                raise ValueError("Upload a GIF or a short video first.")
            read = read_clip(path)
            total, sizes = len(read.frames), [frame.size for frame in read.frames]
            pipeline = yield from work.open(sizes, progress, model, *settings)
            started, bar = time.perf_counter(), Bar(progress, total)
            target = output_folder() / f"{Path(path).stem}-{pipeline.spec.id}{suffix}"
            with VideoWriter(target, min(max(read.fps, 1), 60), total) as writer:
                timed = zip(read.frames, read.durations_ms, strict=True)
                for count, (frame, duration_ms) in enumerate(timed, 1):
                    steps = work.steps(pipeline, frame, *settings)
                    made = yield from bar.follow(steps, f"Frame {count} of {total}", 1)
                    writer.add(made, duration_ms)
            seconds = time.perf_counter() - started
            is_video = suffix == ".mp4"
            line = speed_line(total, seconds, device_of(pipeline))
            yield (
                gr.Video(str(target) if is_video else None, visible=is_video),
                gr.File(str(target), visible=True),
                line,
            )

    _forecast(work, clip, info, lambda path: [frame.size for frame in read_clip(path).frames])
    options: Options = {"show_progress_on": [info], **work.queue, **PRIVATE}
    started = go.click(run, [clip, suffix, *work.given], [video, file, info], **options)
    started.then(**into_view(f"{work.prefix}-movie"))
    return [started]


def _forecast(
    work: Work,
    files: gr.File | gr.Files,
    info: gr.Markdown,
    sizes_of: Callable[[Any], Sequence[Size]],
) -> None:
    """Show the forecast as soon as there are files, and when a setting changes."""
    if work.forecast is None:
        return
    forecast = work.forecast

    def note(given: Any, *values: Any) -> str:
        if not given:
            return ""
        try:
            return forecast(sizes_of(given), *values)
        except ValueError as error:
            return f"**{error}**"

    quiet: Options = {"show_progress": "hidden", "trigger_mode": "always_last", **PRIVATE}
    gr.on(
        [files.change, *(component.change for component in work.given)],
        note,
        [files, *work.given],
        info,
        **quiet,
    )


def read_heads(paths: Sequence[str]) -> tuple[list[Head], list[str]]:
    """The files that hold pictures, and notes on the others and on animations.

    Raises:
        ValueError: no pictures, too many, or none that can be read.
    """
    if not 1 <= len(paths) <= MAX_PICTURES:
        raise ValueError(f"Upload 1 to {MAX_PICTURES} pictures first; there are {len(paths)}.")
    heads, notes, last = [], [], ""
    for path in paths:
        try:
            head = Head(path, size_of(path))
            heads.append(head)
            if count_frames(path) > 1:
                notes.append(f"{own(head.name)}: first of its pictures.")
        except ValueError as error:
            last = str(error)
            notes.append(f"**{own(Path(path).name)} was left out.** {error}")
    if not heads:
        raise ValueError(last)
    return heads, notes


def zip_stems(paths: Sequence[str]) -> list[str]:
    """The names in the zip, without suffix: the files' own, numbered where two are alike."""
    stems: list[str] = []
    for path in paths:
        stem, k = Path(path).stem, 1
        while f"{stem}{'' if k == 1 else f'-{k}'}" in stems:
            k += 1
        stems.append(f"{stem}{'' if k == 1 else f'-{k}'}")
    return stems
