"""Plan and progress of an enlargement."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image

Result = TypeVar("Result")


@dataclass(frozen=True)
class EnlargeProgress:
    """The progress of an enlargement."""

    fraction: float  # 0 to 1
    seconds_left: float  # estimate for this machine

    def sentence(self) -> str:
        """The progress as text: "37 %, about 20 s left"."""
        return f"{100 * self.fraction:.0f} %, {duration(self.seconds_left)} left"


@dataclass(frozen=True)
class EnlargePlan:
    """Sizes and estimated time of an enlargement."""

    in_size: tuple[int, int]
    size: tuple[int, int]
    num_frames: int
    seconds: float  # estimated, of all frames

    def sentence(self) -> str:
        """The plan as text: sizes, and the time on this machine."""
        (width, height), (wide, high) = self.in_size, self.size
        what = f"{width}x{height} becomes {wide}x{high}, {wide * high / 1e6:.1f} megapixels"
        frames = f", {self.num_frames} pictures" if self.num_frames > 1 else ""
        return f"{what}{frames}: {duration(self.seconds)} on this machine."


@dataclass(frozen=True)
class CropPreview:
    """A small part of a picture, enlarged bicubically and by the network."""

    box: tuple[int, int, int, int]  # left, top, right, bottom in pixels of the input
    before: Image.Image
    after: Image.Image


class Clock:
    """Estimates the time left: at first by the estimate given, then increasingly as measured.

    Args:
        estimate: of the whole, in seconds.
    """

    def __init__(self, estimate: float) -> None:
        self._estimate, self._start, self._reported = estimate, time.monotonic(), 0.0

    def at(self, fraction: float) -> EnlargeProgress:
        """The progress when a fraction of the work is done; it never decreases."""
        fraction = self._reported = min(1.0, max(self._reported, fraction))
        elapsed = time.monotonic() - self._start
        left = (1 - fraction) * self._estimate
        if fraction > 0:
            left = (1 - fraction) * left + fraction * (1 - fraction) * elapsed / fraction
        return EnlargeProgress(fraction, left)

    def over(
        self, steps: Generator[float, None, Result], before: float, share: float
    ) -> Generator[EnlargeProgress, None, Result]:
        """Run steps that yield the progress of a part of the work, 0 to 1; return their result.

        Args:
            steps: of the part.
            before: share of the work that is done before the part.
            share: share of the part in the work.
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
    """The progress of a film, from that of one of its frames.

    Args:
        one: progress of the frame.
        done: number of frames before it.
        num_frames: of the film; None: unknown, and the frame's progress is returned.
        elapsed: seconds since the film was started.
    """
    if not num_frames:
        return one
    behind = max(0, num_frames - done - 1)
    each = elapsed / (done + one.fraction) if done else one.seconds_left + elapsed
    fraction = min(1.0, (done + one.fraction) / num_frames)
    return EnlargeProgress(fraction, one.seconds_left + behind * each)


def duration(seconds: float) -> str:
    """A duration as text: "about 20 s", "about 3 minutes", "about 2.5 hours"."""
    if seconds < 1:
        return "under a second"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} minutes"
    return f"about {seconds / 3600:.1f} hours"
