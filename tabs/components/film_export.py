"""Export a film of a pipeline's pictures: its settings, and the file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import gradio as gr
from gradio.components import Component
from PIL import Image

from gan_models import Pipeline, VideoWriter, limits
from tabs.components import enlarge
from tabs.components.events import Steps
from tabs.components.files import output_folder
from tabs.components.loading import Load
from tabs.components.text import device_of, speed_line
from tabs.components.upscalers import fast_enlarger

FORMATS = [("MP4", ".mp4"), ("GIF", ".gif"), ("WebP", ".webp")]


@dataclass(frozen=True)
class FilmSettings:
    """The components of the settings."""

    frames: gr.Number
    fps: gr.Slider
    suffix: gr.Radio
    enlarged: gr.Checkbox

    @property
    def inputs(self) -> list[Component]:
        """All of them; `Film.read` takes their values."""
        return [self.frames, self.fps, self.suffix, self.enlarged]


@dataclass(frozen=True)
class Film:
    """The settings of one film."""

    num_frames: int
    fps: int
    suffix: str
    enlarged: bool

    @classmethod
    def read(cls, frames: float | None, fps: float, suffix: str, enlarged: bool) -> Film:
        """The values of `FilmSettings.inputs`, checked.

        Raises:
            ValueError: another number of frames than 2 to the limit.
        """
        count, most = int(frames or 0), limits().walk_frames
        if not 2 <= count <= most:
            raise ValueError(f"A film has 2 to {most:g} frames, not {count}.")
        return cls(count, int(fps), suffix, enlarged)

    @property
    def plays_as_video(self) -> bool:
        """Whether a video component shows it; else a picture component."""
        return self.suffix == ".mp4"


def layout_settings(prefix: str, num_frames: int) -> FilmSettings:
    """Lay out the settings in the row that is open; `num_frames` is the first value."""
    frames = gr.Number(
        num_frames,
        label="Frames",
        minimum=2,
        maximum=int(limits().walk_frames),
        precision=0,
        min_width=100,
        elem_id=f"{prefix}-frames",
    )
    fps = gr.Slider(1, 60, 24, step=1, label="Frames a second", elem_id=f"{prefix}-fps")
    suffix = gr.Radio(FORMATS, value=".mp4", label="Format", elem_id=f"{prefix}-format")
    return FilmSettings(frames, fps, suffix, enlarge.film_switch(prefix))


def write(
    load: Load,
    pipeline: Pipeline,
    frames: Iterable[Image.Image],
    film: Film,
    stem: str,
    progress: gr.Progress,
    hold_frames: int = 0,
    finish: Callable[[int, Image.Image], Image.Image] | None = None,
) -> Steps[tuple[str, str]]:
    """Write the file, yielding between frames; returns its path and a line on the time it took.

    Args:
        load: gives a pipeline.
        pipeline: that the frames come from.
        frames: as many as the film has.
        film: its settings.
        stem: of the file's name.
        progress: of the event.
        hold_frames: how often the last frame is repeated.
        finish: takes the index of a frame and its picture, enlarged where the film is; returns the
            frame to write.

    Raises:
        ValueError: the frames are too large to be enlarged or encoded.
    """
    enlarger = yield from fast_enlarger(load, film.enlarged, film.num_frames, progress)
    path = output_folder() / f"{stem}{enlarge.suffix(film.enlarged)}{film.suffix}"
    started = time.perf_counter()
    with VideoWriter(path, film.fps, film.num_frames + hold_frames) as writer:
        last: Image.Image | None = None
        for k, frame in enumerate(frames):
            made = yield from enlarger.enlarge(frame)
            last = made if finish is None else finish(k, made)
            writer.add(last)
            progress((k + 1, film.num_frames), desc="Rendering", unit="frames")
            yield gr.skip()
        if last is not None:
            for _ in range(hold_frames):
                writer.add(last)
    seconds = time.perf_counter() - started
    return str(path), speed_line(film.num_frames, seconds, device_of(pipeline))
