"""The limits of files and pictures."""

from __future__ import annotations

from pathlib import Path

MAX_FILE_MB = 50  # of a picture or a label map
MIN_SIDE_PX = 16  # of a picture's or a label map's shorter side
MAX_MEGAPIXELS = 64  # of a picture
MAX_ENLARGED_MEGAPIXELS = 256  # of an enlarged one
MAX_LABEL_MAP_MEGAPIXELS = 16.8  # 4096x4096 and a little
MAX_CLIP_FRAMES = 240  # of a film or an animation
MAX_CLIP_MEGAPIXELS = 200  # of all frames together


def check_file_size(path: Path, advice: str = "Make it smaller first.") -> None:
    """Refuse a file that is empty or too large.

    Args:
        path: an existing file.
        advice: a sentence that says what to do about a large one.

    Raises:
        ValueError: no bytes, or over 50 MB.
    """
    size = path.stat().st_size
    if size == 0:
        raise ValueError(f"{path.name} is empty; choose another file.")
    if size > MAX_FILE_MB * 1_000_000:
        raise ValueError(
            f"{path.name} has {size / 1e6:.0f} MB; at most {MAX_FILE_MB} MB are taken. {advice}"
        )


def check_size(
    size: tuple[int, int],
    name: str,
    max_megapixels: float = MAX_MEGAPIXELS,
    advice: str = "Make it smaller first.",
) -> None:
    """Refuse a picture of a size (width, height) outside the limits.

    Args:
        name: what to call it in the error.
        max_megapixels: the limit of its kind.
        advice: a sentence that says what to do about a large one.

    Raises:
        ValueError: too many megapixels, or the shorter side under 16 px.
    """
    width, height = size
    if width * height > max_megapixels * 1_000_000:
        megapixels = width * height / 1e6
        digits = 1 if megapixels < 1.1 * max_megapixels else 0
        raise ValueError(
            f"{name} is {width}x{height}, {megapixels:.{digits}f} megapixels; "
            f"at most {max_megapixels} are taken. {advice}"
        )
    if min(width, height) < MIN_SIDE_PX:
        raise ValueError(
            f"{name} is {width}x{height}; its shorter side must have {MIN_SIDE_PX} px or more."
        )


def check_clip_size(size: tuple[int, int], num_frames: int, name: str) -> None:
    """Refuse a film or an animation that is too long or too large.

    Raises:
        ValueError: over 240 frames, over 200 megapixels of all frames, or another limit.
    """
    check_size(size, name)
    megapixels = size[0] * size[1] * num_frames / 1e6
    if num_frames > MAX_CLIP_FRAMES or megapixels > MAX_CLIP_MEGAPIXELS:
        raise ValueError(
            f"{name} is too long: {MAX_CLIP_FRAMES} frames and {MAX_CLIP_MEGAPIXELS} megapixels "
            "of all frames together are taken. Cut it shorter or make it smaller."
        )
