"""Endpoints of the Sample tab for programs: /sample and /interpolate, which return files."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterable
from pathlib import Path

import gradio as gr
from PIL import Image

from gan_models import LatentPipeline, VideoWriter
from tabs.components.errors import user_errors
from tabs.components.events import LONG, Updates
from tabs.components.files import output_folder, png_files
from tabs.components.loading import Load, loading
from tabs.components.models import models_of
from tabs.components.progress import stepping
from tabs.components.request_batching import OPTIONS, Batcher
from tabs.components.seed_row import page_seeds
from tabs.components.tickets import checked_any, file_stem
from tabs.latent.state import TASK, Sheet


def build(load: Load) -> None:
    """Declare the endpoints; their components are invisible."""
    first = models_of(TASK)[0].id

    def draw(kind: tuple[str, float], seeds: list[int]) -> list[Image.Image]:
        pipeline: LatentPipeline = load(kind[0])
        return pipeline.sample(seeds, kind[1])

    batcher = Batcher(draw)

    def sample(seeds: str, model: str, truncation_psi: float) -> list[str]:
        """Sample one picture a seed from an unconditional GAN.

        Args:
            seeds: Whole numbers and ranges, such as "0-7, 42"; at most 64 pictures a call.
            model: A model id of task "latent" from list_models.
            truncation_psi: 0 (average) to 2 (wild); 1 is the model's own variety.

        Returns:
            PNG files in the order of the seeds, each with its provenance inside.
        """
        with user_errors():
            sheet = Sheet.read(model, seeds, truncation_psi)
            made = batcher((sheet.model, sheet.truncation_psi), sheet.seeds)
            return png_files(made, [f"{file_stem(model)}-seed{seed:08d}" for seed in sheet.seeds])

    def interpolate(
        seeds: str, model: str, num_frames: float, progress: gr.Progress = gr.Progress()
    ) -> Updates:
        """Make a walk through the latents of some seeds as an MP4.

        Args:
            seeds: Two or more keyframes, such as "3, 8, 3"; first = last makes a seamless loop.
            model: A model id of task "latent" from list_models.
            num_frames: 2 to 3600; on a public page 2 to 600.

        Returns:
            An MP4 of 24 frames a second.
        """
        with user_errors():
            keys = page_seeds(seeds, minimum=2)
            path = output_folder() / f"{file_stem(checked_any(model, TASK))}-walk.mp4"
            count = whole_number(num_frames)
            pipeline: LatentPipeline = yield from loading(load, model, progress)
            frames = pipeline.iter_frames(keys, count)
            yield from stepping(_write(frames, count, path), progress, "Rendering")
            yield str(path)

    seeds = gr.Textbox("0-7", visible=False, label="seeds")
    keys = gr.Textbox("3, 8, 3", visible=False, label="seeds")
    model = gr.Textbox(first, visible=False, label="model")
    psi = gr.Number(1, visible=False, label="truncation_psi")
    count = gr.Number(60, visible=False, label="num_frames")
    files = gr.Files(visible=False, label="pictures")
    movie = gr.File(visible=False, label="movie")
    hidden = gr.Button(visible=False)
    hidden.click(sample, [seeds, model, psi], files, api_name="sample", **OPTIONS)
    hidden.click(interpolate, [keys, model, count], movie, api_name="interpolate", **LONG)


def _write(frames: Iterable[Image.Image], count: int, path: Path) -> Generator[float, None, None]:
    """Write a film, yielding the share that is done after each frame."""
    with VideoWriter(path) as writer:
        for k, frame in enumerate(frames, 1):
            writer.add(frame)
            yield k / count


def whole_number(value: object) -> int:
    """A number that a program sends as an int.

    Raises:
        ValueError: it is not a whole number.
    """
    if not isinstance(value, int | float) or not math.isfinite(value) or int(value) != value:
        raise ValueError(f"num_frames must be a whole number, not {value!s:.40}.")
    return int(value)
