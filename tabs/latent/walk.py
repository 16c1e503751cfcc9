"""A walk through keyframe seeds, taken home as MP4, GIF or WebP."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import gradio as gr

from gan_models import VideoWriter, format_seeds
from tabs.components import enlarge
from tabs.components.common import (
    AT_ONCE,
    GPU,
    PRIVATE,
    Load,
    device_of,
    loading,
    output_folder,
    page_seeds,
    speed_line,
    user_errors,
)
from tabs.components.history import History
from tabs.components.preview import into_view
from tabs.components.upscalers import fast_grower
from tabs.components.visitor import checked_any, file_stem
from tabs.latent.morph import possible
from tabs.latent.sheet import SheetPanel
from tabs.latent.state import TASK, Pick

MAX_FRAMES_ON_PAGE = 3600


def build(load: Load, sheet: SheetPanel, picked: gr.State) -> None:
    """Lay out and connect the panel."""
    keys = gr.Textbox(
        "3, 8, 3",
        label="Seeds of the keyframes",
        info="In this order. If the last seed is the first one, the film is a seamless loop.",
        elem_id="latent-keyframes",
    )
    with gr.Row():
        add = gr.Button("Add clicked picture", elem_id="latent-key-add", min_width=120)
        from_sheet = gr.Button("Use the seeds above", elem_id="latent-key-sheet", min_width=120)
        close = gr.Button("Make it a loop", elem_id="latent-key-close", min_width=120)
    with gr.Row():
        frames = gr.Number(
            60, label="Frames", minimum=2, maximum=MAX_FRAMES_ON_PAGE, precision=0, min_width=100,
            elem_id="latent-frames",
        )  # fmt: skip
        fps = gr.Slider(1, 60, 24, step=1, label="Frames a second", elem_id="latent-fps")
        suffix = gr.Radio(
            [("MP4", ".mp4"), ("GIF", ".gif"), ("WebP", ".webp")],
            value=".mp4",
            label="Format",
            elem_id="latent-format",
        )
        large = enlarge.film_switch("latent")
    with gr.Row():
        export = gr.Button("Make the film", variant="primary", elem_id="latent-export")
        cancel = gr.Button("Cancel", elem_id="latent-export-cancel", elem_classes="while-running")
    with gr.Column(elem_id="latent-walk-results"):
        info = gr.Markdown("", elem_classes="card", elem_id="latent-walk-info")
        video = gr.Video(
            label="Film", autoplay=True, loop=True, visible=False, elem_id="latent-video",
            height=360,
        )  # fmt: skip
        animation = gr.Image(
            label="Film", type="filepath", visible=False, interactive=False, height=360,
            elem_id="latent-animation", elem_classes="fill",
        )  # fmt: skip
        file = gr.File(label="Download", visible=False, interactive=False, elem_id="latent-file")

    def make(
        model: str,
        keys: str,
        frames: float,
        fps: float,
        suffix: str,
        psi: float,
        space: str,
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            asked = (page_seeds(keys, minimum=2), int(frames or 0), int(fps), suffix, psi, space)
            asked += (enlarged,)
            shown, line = yield from _write(load, checked_any(model, TASK), *asked, progress)
            is_video = suffix == ".mp4"
            yield (
                gr.Video(shown if is_video else None, visible=is_video),
                gr.Image(None if is_video else shown, visible=not is_video),
                gr.File(shown, visible=True),
                line,
            )

    started = export.click(
        make,
        [sheet.model, keys, frames, fps, suffix, sheet.psi, sheet.space, large],
        [video, animation, file, info],
        show_progress_on=[info],
        **GPU,
        **PRIVATE,
    )
    started.then(**into_view("latent-walk-results"))
    cancel.click(lambda: "Stopped.", None, info, cancels=[started], queue=False, **PRIVATE)
    add.click(append_pick, [keys, picked], keys, **AT_ONCE)
    from_sheet.click(sheet_keys, [keys, sheet.history], keys, **AT_ONCE)
    close.click(close_loop, keys, keys, **AT_ONCE)


def _write(
    load: Load,
    model: str,
    seeds: list[int],
    num_frames: int,
    fps: int,
    suffix: str,
    psi: float,
    space: str,
    enlarged: bool,
    progress: gr.Progress,
) -> Generator[Any, None, tuple[str, str]]:
    """Make the file, yielding between frames; returns its path and what was measured."""
    pipeline = yield from loading(load, model, progress)
    grower = yield from fast_grower(load, enlarged, num_frames, progress)
    keys = "-".join(map(str, seeds[:4]))
    name = f"{file_stem(model)}-seeds-{keys}{enlarge.suffix(enlarged)}{suffix}"
    path, started = output_folder() / name, time.perf_counter()
    with VideoWriter(path, fps, num_frames) as writer:
        frames = pipeline.iter_frames(seeds, num_frames, possible(pipeline, space), psi)
        for k, frame in enumerate(frames):
            writer.add((yield from grower.grow(frame)))
            progress((k + 1, num_frames), desc="Rendering", unit="frames")
            yield gr.skip()
    line = speed_line(num_frames, time.perf_counter() - started, device_of(pipeline))
    return str(path), line


def append_pick(keys: str, picked: Pick | None) -> str:
    """The keyframes, and the clicked picture's seed after them."""
    if picked is None:
        raise gr.Error("Click a picture of the sheet first.")
    return f"{keys.rstrip(', ')}, {picked.seed}".lstrip(", ")


def sheet_keys(keys: str, history: History) -> str:
    """The seeds of the sheet on the table as keyframes."""
    return format_seeds(history.current.seeds) if history.current else keys


def close_loop(keys: str) -> str:
    """The keyframes, ending where they start."""
    with user_errors():
        seeds = page_seeds(keys)
    return keys if len(seeds) > 1 and seeds[0] == seeds[-1] else f"{keys.rstrip(', ')}, {seeds[0]}"
