"""Enlarge several pictures, or the frames of a film."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

import gradio as gr
from PIL import Image

from gan_models import EnlargeProgress, RestorationPipeline, WeightsError
from tabs.components.batch import Size, Work
from tabs.components.events import LONG, Returned, Steps
from tabs.components.loading import Load
from tabs.components.save_as import save_as
from tabs.components.upscalers import candidates, choose, forecast, is_ready
from tabs.restore.single import SinglePanel, chosen_title, how_to_get
from tabs.restore.state import refuse_absent_choice


def work(panel: SinglePanel, load: Load) -> Work:
    """The work of the panels of several pictures and of films."""

    def opened(
        sizes: Sequence[Size], progress: gr.Progress, model: str, scale: int, suffix: str
    ) -> Steps[RestorationPipeline]:
        refuse_absent_choice(model)
        pipeline = yield from choose(load, model, sizes, scale, progress)
        forecast(pipeline, sizes, scale)  # refuses what is too much
        return pipeline

    def note(sizes: Sequence[Size], model: str, scale: int, suffix: str) -> str:
        if not all(is_ready(name) for name in candidates(model)):
            return how_to_get(model)
        try:
            pipeline = run_through(choose(load, model, sizes, scale, lambda *_, **__: None))
        except WeightsError as error:
            return f"**{error}**"
        return chosen_title(pipeline, model) + forecast(pipeline, sizes, scale).sentence(
            counted(sizes)
        )

    def steps(
        pipeline: RestorationPipeline, photo: Image.Image, scale: int, suffix: str
    ) -> Generator[EnlargeProgress, None, Image.Image]:
        return pipeline.iter_enlarge(photo, scale)

    def save(image: Image.Image, stem: Path, scale: int, suffix: str) -> Path:
        return save_as(image, stem, suffix)

    given = [panel.model, panel.controls.scale, panel.results.suffix]
    return Work("restore", "Enlarge", given, opened, steps, LONG, note, save)


def counted(sizes: Sequence[Size]) -> str:
    """The number of pictures, and their size if it is one: "3 pictures", "48 of 320x240"."""
    if len(set(sizes)) == 1:
        return "{} of {}x{}".format(len(sizes), *sizes[0])
    return f"{len(sizes)} pictures"


def run_through(steps: Steps[Returned]) -> Returned:
    """Run steps without pausing between them; returns their result."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
