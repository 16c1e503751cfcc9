"""What is told of an enlargement before it begins and while it goes on."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image

Result = TypeVar("Result")


@dataclass(frozen=True)
class EnlargeProgress:
    """How far an enlargement is."""

    fraction: float  # 0 to 1
    seconds_left: float  # on this machine, as far as it is known

    def sentence(self) -> str:
        """For people: "37 %, about 20 s left"."""
        return f"{100 * self.fraction:.0f} %, {duration(self.seconds_left)} left"


@dataclass(frozen=True)
class EnlargePlan:
    """What an enlargement comes to, before it begins."""

    in_size: tuple[int, int]
    size: tuple[int, int]
    num_frames: int
    seconds: float  # estimated, of all frames

    def sentence(self) -> str:
        """For people: what becomes of the picture, and how long it takes here."""
        (width, height), (wide, high) = self.in_size, self.size
        what = f"{width}x{height} becomes {wide}x{high}, {wide * high / 1e6:.1f} megapixels"
        frames = f", {self.num_frames} pictures" if self.num_frames > 1 else ""
        return f"{what}{frames}: {duration(self.seconds)} on this machine."


@dataclass(frozen=True)
class CropPreview:
    """A small part of a picture, enlarged plainly and by the network."""

    box: tuple[int, int, int, int]  # left, top, right, bottom in pixels of the input
    before: Image.Image
    after: Image.Image


class Clock:
    """How long an enlargement still takes: by an estimate first, then more and more by how it goes.

    Args:
        estimate: of the whole, in seconds.
    """

    def __init__(self, estimate: float) -> None:
        self._estimate, self._start, self._told = estimate, time.monotonic(), 0.0

    def at(self, fraction: float) -> EnlargeProgress:
        """What to tell when this part of the work is done; never less than before."""
        fraction = self._told = min(1.0, max(self._told, fraction))
        elapsed = time.monotonic() - self._start
        left = (1 - fraction) * self._estimate
        if fraction > 0:
            left = (1 - fraction) * left + fraction * (1 - fraction) * elapsed / fraction
        return EnlargeProgress(fraction, left)

    def over(
        self, steps: Generator[float, None, Result], before: float, share: float
    ) -> Generator[EnlargeProgress, None, Result]:
        """Run steps that tell 0 to 1 of a part of the work; return what they return.

        Args:
            before: how much of the work is done before the part.
            share: how much of the work the part is.
        """
        while True:
            try:
                part = next(steps)
            except StopIteration as end:
                return end.value
            yield self.at(before + share * part)


def of_all(
    one: EnlargeProgress, done: int, num_frames: int | None, elapsed: float
) -> EnlargeProgress:
    """How far a whole film is, from how far one of its frames is.

    Args:
        done: frames before this one.
        num_frames: of the film; None where it is unknown, and only the frame is told.
        elapsed: seconds since the film began.
    """
    if not num_frames:
        return one
    behind = max(0, num_frames - done - 1)
    each = elapsed / (done + one.fraction) if done else one.seconds_left + elapsed
    fraction = min(1.0, (done + one.fraction) / num_frames)
    return EnlargeProgress(fraction, one.seconds_left + behind * each)


def duration(seconds: float) -> str:
    """A time for people: "about 20 s", "about 3 minutes", "about 2.5 hours"."""
    if seconds < 1:
        return "under a second"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} minutes"
    return f"about {seconds / 3600:.1f} hours"
