"""Write films for the tests of what reads them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from gan_models.media.video import VideoWriter


def write_film(frames: Iterable[Image.Image], path: Path, fps: float = 24) -> None:
    """Write all frames to `path` at a fixed rate."""
    with VideoWriter(path, fps) as writer:
        for frame in frames:
            writer.add(frame)
