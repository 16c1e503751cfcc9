"""The networks that enlarge pictures: which one is used, and how long it takes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

import gradio as gr
from PIL import Image

from gan_models import RestorationPipeline, availability, get_spec
from tabs.components.events import Steps
from tabs.components.loading import Load, ShowProgress, loading
from tabs.components.models import checked_model, models_of, title_of
from tabs.components.progress import Bar
from tabs.components.text import device_of, duration, megapixels, seconds_taken

TASK = "restoration"
FAST = "real-esrgan-fast-x4"  # for sheets and films
BY_QUALITY = ("real-esrgan-x4", "real-esrgan-general-x4", FAST)  # for photos and faces
FACTOR = 4  # of all of these
AUTOMATIC = "automatic"
PATIENCE_SECONDS = 15.0  # that the automatic choice may take
LONG_SECONDS = 60.0  # longer work is announced
MOST_MEGAPIXELS_AT_ONCE = 1024  # of all results of one batch or film
AUTOMATIC_LABEL = f"Automatic: the best that takes under {PATIENCE_SECONDS:.0f} s"

Size = tuple[int, int]


@dataclass(frozen=True)
class Forecast:
    """Time and size of an enlargement, before it starts."""

    seconds: float
    pixels: int  # of all results
    refused: tuple[str, ...]  # why some cannot be taken, a sentence each

    def sentence(self, what: str) -> str:
        """`what` names the pictures: "3 pictures", "48 frames of 320x240"."""
        line = f"{what} become {megapixels(self.pixels)}: about {duration(self.seconds)}"
        return "\n\n".join([f"{line} on this machine.", *(f"**{why}**" for why in self.refused)])


def forecast(pipeline: RestorationPipeline, sizes: Sequence[Size], scale: float | None) -> Forecast:
    """Forecast the enlargement of pictures of these sizes.

    Raises:
        ValueError: none of them can be taken, or their results are too large together.
    """
    seconds, pixels, refused = 0.0, 0, []
    for size, count in Counter(sizes).items():
        try:
            plan = pipeline.plan(size, scale, count)
        except ValueError as error:
            refused.append(str(error))
            continue
        seconds += plan.seconds
        pixels += plan.size[0] * plan.size[1] * count
    if not pixels:
        raise ValueError(refused[0])
    if pixels > MOST_MEGAPIXELS_AT_ONCE * 1_000_000:
        raise ValueError(
            f"Together they would have {megapixels(pixels)}; at most {MOST_MEGAPIXELS_AT_ONCE} are "
            "made at once. Choose fewer or smaller pictures, or a smaller factor."
        )
    return Forecast(seconds, pixels, tuple(refused))


def is_ready(model: str) -> bool:
    """Whether a model can be used at once."""
    return availability(get_spec(model))[0]


def candidates(model: str) -> list[str]:
    """The model chosen; for the automatic choice those that are ready, the best first.

    Raises:
        ValueError: there is no such model.
    """
    if model != AUTOMATIC:
        return [checked_model(model, TASK)]
    known = {spec.id for spec in models_of(TASK)}
    return [name for name in BY_QUALITY if name in known and is_ready(name)] or [FAST]


def choose(
    load: Load, model: str, sizes: Sequence[Size], scale: float | None, progress: ShowProgress
) -> Steps[RestorationPipeline]:
    """Load the model chosen; of the automatic ones, the best that takes these pictures in time.

    Use as `pipeline = yield from choose(…)`.

    Raises:
        ValueError: no such model, or pictures that it does not take.
    """
    *better, last = candidates(model)
    for name in better:
        pipeline: RestorationPipeline = yield from loading(load, name, progress)
        if forecast(pipeline, sizes, scale).seconds <= PATIENCE_SECONDS:
            return pipeline
    return (yield from loading(load, last, progress))


def best_for(load: Load, image: Image.Image, progress: ShowProgress) -> Steps[RestorationPipeline]:
    """The best network that enlarges this picture within seconds; as `choose`."""
    return (yield from choose(load, AUTOMATIC, [image.size], None, progress))


def enlarge(
    pipeline: RestorationPipeline,
    image: Image.Image,
    scale: float | None,
    progress: ShowProgress,
) -> Steps[tuple[Image.Image, str]]:
    """Enlarge a picture, yielding meanwhile; returns it and a line on sizes and time."""
    began = time.perf_counter()
    made = yield from Bar(progress).follow(pipeline.iter_enlarge(image, scale), "Enlarging")
    took = seconds_taken(time.perf_counter() - began)
    sizes = "{}x{} to {}x{}".format(*image.size, *made.size)
    return made, f"{sizes} · {title_of(pipeline.spec)} · {took}, {device_of(pipeline)}"


class Enlarger:
    """Enlarges the pictures of a sheet or film with the fast network, or leaves them as they are.

    Args:
        pipeline: the network; None leaves all pictures as they are.
        count: how many pictures will come, to say how long it takes.
    """

    def __init__(self, pipeline: RestorationPipeline | None, count: int) -> None:
        self._pipeline, self._count, self._has_started = pipeline, count, False

    def enlarge(self, image: Image.Image) -> Steps[Image.Image]:
        """The picture, enlarged if there is a network; use as `image = yield from …`.

        It yields meanwhile, so that the event can be cancelled.

        Raises:
            ValueError: all of them would be too large.
        """
        if self._pipeline is None:
            return image
        if not self._has_started:
            self._has_started = True
            _announce(self._pipeline, image.size, self._count)
        with closing(self._pipeline.iter_enlarge(image)) as steps:
            while True:
                try:
                    next(steps)
                except StopIteration as end:
                    return end.value
                yield gr.skip()

    def enlarge_all(self, images: Sequence[Image.Image]) -> Steps[list[Image.Image]]:
        """The pictures of a sheet; as `enlarge`."""
        made: list[Image.Image] = []
        for image in images:
            made.append((yield from self.enlarge(image)))
        return made


def fast_enlarger(
    load: Load, enlarged: bool, count: int, progress: ShowProgress
) -> Steps[Enlarger]:
    """An `Enlarger` of so many pictures, with the fast network if `enlarged`."""
    pipeline = (yield from loading(load, FAST, progress)) if enlarged else None
    return Enlarger(pipeline, count)


def _announce(pipeline: RestorationPipeline, size: Size, count: int) -> None:
    found = forecast(pipeline, [size] * count, None)
    if found.seconds > LONG_SECONDS:
        what = f"{count} picture{'s' if count > 1 else ''} of {size[0]}x{size[1]}"
        gr.Info(f"{found.sentence(what)} Cancel stops it.", title="Enlarging", duration=12)
