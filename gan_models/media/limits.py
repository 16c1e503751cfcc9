"""The limits of files, pictures and films: the largest, and lower ones for a public page.

`limits()` are those in force: by default `PRIVATE`, of a page those that it sets with
`use_limits`, each with the value of its GANVAS_LIMIT_... variable where that is set.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

MAX_FILE_MB = 50  # of a picture or a label map
MIN_SIDE_PX = 16  # of a picture's or a label map's shorter side
MAX_MEGAPIXELS = 64  # of a picture
MAX_ENLARGED_MEGAPIXELS = 256  # of an enlarged one
MAX_LABEL_MAP_MEGAPIXELS = 16.8  # 4096x4096 and a little
MAX_CLIP_FRAMES = 240  # of a film or an animation
MAX_CLIP_MEGAPIXELS = 200  # of all frames together
MAX_WALK_FRAMES = 3600  # of a film that is made: a walk, a morph
MAX_UPLOAD_MB = 2000  # of any uploaded file; checkpoints and zips of pictures are large
_PREFIX = "GANVAS_LIMIT_"


@dataclass(frozen=True)
class Limits:
    """The limits of one page, of the command line or of a program."""

    file_mb: float = MAX_FILE_MB
    megapixels: float = MAX_MEGAPIXELS
    enlarged_megapixels: float = MAX_ENLARGED_MEGAPIXELS
    label_map_megapixels: float = MAX_LABEL_MAP_MEGAPIXELS
    clip_frames: float = MAX_CLIP_FRAMES
    clip_megapixels: float = MAX_CLIP_MEGAPIXELS
    walk_frames: float = MAX_WALK_FRAMES
    upload_mb: float = MAX_UPLOAD_MB

    def with_environment(self) -> Limits:
        """These limits with the values of the GANVAS_LIMIT_... variables that are set.

        Raises:
            ValueError: a value is no number above 0, or larger than the largest that is read.
        """
        found = {}
        for field in fields(self):
            name = _PREFIX + field.name.upper()
            if text := os.environ.get(name):
                found[field.name] = _number(name, text, float(field.default))  # pyright: ignore[reportArgumentType]
        return replace(self, **found)


PRIVATE = Limits()
PUBLIC = Limits(
    file_mb=20,
    megapixels=24,
    enlarged_megapixels=64,
    label_map_megapixels=4.2,  # 2048x2048
    clip_frames=120,
    clip_megapixels=60,
    walk_frames=600,  # 25 s at 24 frames a second
    upload_mb=50,
)
_CHOSEN: list[Callable[[], Limits]] = []  # one, where a page has set it


def use_limits(choose: Callable[[], Limits]) -> None:
    """Set the limits of this process; `choose` is asked each time."""
    _CHOSEN[:] = [choose]


def limits() -> Limits:
    """The limits in force."""
    return (_CHOSEN[0]() if _CHOSEN else PRIVATE).with_environment()


def _number(name: str, text: str, largest: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= largest:  # also refuses NaN
        raise ValueError(f"{name} must be a number above 0 and at most {largest:g}, not {text!r}.")
    return value


def check_file_size(path: Path, advice: str = "Make it smaller first.") -> None:
    """Refuse a file that is empty or too large.

    Args:
        path: an existing file.
        advice: a sentence that says what to do about a large one.

    Raises:
        ValueError: no bytes, or over the limit, by default 50 MB.
    """
    size, most = path.stat().st_size, limits().file_mb
    if size == 0:
        raise ValueError(f"{path.name} is empty; choose another file.")
    if size > most * 1_000_000:
        raise ValueError(
            f"{path.name} has {size / 1e6:.0f} MB; at most {most:g} MB are taken. {advice}"
        )


def check_size(
    size: tuple[int, int],
    name: str,
    max_megapixels: float | None = None,
    advice: str = "Make it smaller first.",
) -> None:
    """Refuse a picture of a size (width, height) outside the limits.

    Args:
        name: what to call it in the error.
        max_megapixels: the limit of its kind; by default that of pictures.
        advice: a sentence that says what to do about a large one.

    Raises:
        ValueError: too many megapixels, or the shorter side under 16 px.
    """
    width, height = size
    most = limits().megapixels if max_megapixels is None else max_megapixels
    if width * height > most * 1_000_000:
        megapixels = width * height / 1e6
        digits = 1 if megapixels < 1.1 * most else 0
        raise ValueError(
            f"{name} is {width}x{height}, {megapixels:.{digits}f} megapixels; "
            f"at most {most:g} are taken. {advice}"
        )
    if min(width, height) < MIN_SIDE_PX:
        raise ValueError(
            f"{name} is {width}x{height}; its shorter side must have {MIN_SIDE_PX} px or more."
        )


def check_clip_size(size: tuple[int, int], num_frames: int, name: str) -> None:
    """Refuse a film or an animation that is too long or too large.

    Raises:
        ValueError: over the limits, by default 240 frames and 200 megapixels of all frames, or
            another one.
    """
    check_size(size, name)
    most = limits()
    megapixels = size[0] * size[1] * num_frames / 1e6
    if num_frames > most.clip_frames or megapixels > most.clip_megapixels:
        raise ValueError(
            f"{name} is too long: {most.clip_frames:g} frames and {most.clip_megapixels:g} "
            "megapixels of all frames together are taken. Cut it shorter or make it smaller."
        )
