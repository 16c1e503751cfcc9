"""A live training with its record: losses, measures, and the frames of its film."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gan_models.learning.live import pictures
from gan_models.learning.live.pictures import SHOWN, Picture
from gan_models.learning.live.settings import Settings
from gan_models.learning.live.training import Training

MAX_STEPS = 50_000
FIRST_INTERVAL, MAX_FRAMES = 20, 128


@dataclass(frozen=True)
class Curves:
    """What the record holds, a list of one number a frame."""

    step: list[int]
    discriminator: list[float]
    generator: list[float]
    distance: list[float | None]
    modes: list[int]


class Run:
    """A training that is recorded every so many steps.

    A record that is full drops every second frame, and the interval doubles, so that it always
    spans the whole training.
    """

    def __init__(self, settings: Settings) -> None:
        self.training = Training(settings)
        self.interval = FIRST_INTERVAL
        self.frames: list[Picture] = [pictures.take(self.training)]
        self.picture = self.frames[0]
        random = np.random.RandomState(settings.seed)
        self.real = self.training.data.draw(random, SHOWN)

    @property
    def is_over(self) -> bool:
        """Whether it makes no more steps: they are many, or its numbers overflowed."""
        return self.training.step_count >= MAX_STEPS or self.training.has_diverged

    def step(self) -> None:
        """One step, recorded if its time has come."""
        if self.is_over:
            return
        before = self.training.step_count
        self.training.step()
        count = self.training.step_count
        if count > before and count % self.interval == 0:
            self._record()

    def _record(self) -> None:
        self.picture = pictures.take(self.training)
        if len(self.frames) == MAX_FRAMES:
            self.interval *= 2
            self.frames = [frame for frame in self.frames if frame.step % self.interval == 0]
        if self.picture.step % self.interval == 0:
            self.frames.append(self.picture)

    def look(self) -> Picture:
        """The picture of the training as it is."""
        training = self.training
        if self.picture.step != training.step_count or training.head_start_left:
            self.picture = pictures.take(training)
        return self.picture

    def curves(self) -> Curves:
        """The record as numbers."""
        return Curves(
            [frame.step for frame in self.frames],
            [_finite(frame.discriminator_loss) for frame in self.frames],
            [_finite(frame.generator_loss) for frame in self.frames],
            [None if f.distance is None else _finite(f.distance) for f in self.frames],
            [frame.coverage.modes_covered for frame in self.frames],
        )

    def facts(self) -> dict[str, Any]:
        """The training as it is, for the page."""
        picture = self.picture
        return {
            "step": picture.step,
            "head_start_left": self.training.head_start_left,
            "modes_covered": picture.coverage.modes_covered,
            "num_modes": picture.coverage.num_modes,
            "has_modes": self.training.data.has_modes,
            "share_near": picture.coverage.share_near,
            "discriminator_loss": _finite(picture.discriminator_loss),
            "generator_loss": _finite(picture.generator_loss),
            "distance": None if picture.distance is None else _finite(picture.distance),
            "gradient_norm": _finite(picture.gradient_norm),
            "has_diverged": self.training.has_diverged,
            "is_over": self.is_over,
        }


def _finite(value: float) -> float:
    """Four significant digits, which JSON can hold."""
    return float(f"{np.nan_to_num(value, nan=0.0, posinf=1e9, neginf=-1e9):.4g}")
