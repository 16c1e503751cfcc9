"""The film of a session: its recorded frames as pictures, two runs side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from gan_models.learning.live.data import EXTENT, Points
from gan_models.learning.live.pictures import AXIS, Density, Picture
from gan_models.learning.live.run import Run

SIDE, GAP, HEAD = 360, 12, 32  # pixels
PAPER, INK, GUIDE = (255, 255, 255), (30, 41, 59), (148, 163, 184)
REAL, FAKE = (29, 78, 216), (194, 65, 12)
# colours of D(x) = 0, 1/2 and 1
SHADES = np.array([(251, 215, 178), (248, 250, 252), (186, 215, 246)], float)


def frames(runs: Sequence[Run]) -> Iterator[Image.Image]:
    """The film's pictures; a run that ended early stays on its last frame."""
    records = [list(run.frames) for run in runs]
    for k in range(max(map(len, records))):
        shown = [record[min(k, len(record) - 1)] for record in records]
        yield draw_frame([run.real for run in runs], shown)


def num_frames(runs: Sequence[Run]) -> int:
    """How many `frames` gives."""
    return max(len(run.frames) for run in runs)


def draw_frame(reals: Sequence[Points], shown: Sequence[Picture]) -> Image.Image:
    """Pictures side by side, under their letters and steps."""
    width = len(shown) * (SIDE + GAP) + GAP
    sheet = Image.new("RGB", (width, SIDE + HEAD + GAP), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for k, (real, picture) in enumerate(zip(reals, shown, strict=True)):
        x = GAP + k * (SIDE + GAP)
        pen.text((x, 7), f"{'AB'[k]}  {picture.step}", INK, font)
        sheet.paste(draw(real, picture), (x, HEAD))
    return sheet


def draw(real: Points, picture: Picture) -> Image.Image:
    """One picture of `SIDE` pixels: the surface and the points, or the densities and D(x)."""
    if picture.density is not None:
        return _draw_density(picture.density)
    image = _shaded(picture.surface) if picture.surface is not None else _blank()
    pen = ImageDraw.Draw(image)
    _draw_points(pen, real, REAL)
    _draw_points(pen, picture.fake, FAKE)
    return image


def _blank() -> Image.Image:
    return Image.new("RGB", (SIDE, SIDE), PAPER)


def _shaded(surface: NDArray[np.uint8]) -> Image.Image:
    levels = np.array([0.0, 127.5, 255.0])
    channels = [np.interp(surface, levels, SHADES[:, k]) for k in range(3)]
    image = Image.fromarray(np.stack(channels, axis=-1).round().astype(np.uint8))
    return image.resize((SIDE, SIDE), Image.Resampling.BILINEAR)


def _draw_points(pen: ImageDraw.ImageDraw, points: Points, color: tuple[int, int, int]) -> None:
    for x, y in np.nan_to_num(points).clip(-EXTENT, EXTENT):
        u, v = (x / EXTENT + 1) * SIDE / 2, (1 - y / EXTENT) * SIDE / 2
        pen.ellipse((u - 2, v - 2, u + 2, v + 2), fill=color)


def _draw_density(density: Density) -> Image.Image:
    image = _blank()
    pen = ImageDraw.Draw(image)
    top = 1.25 * max(float(density.data.max()), 1e-9)
    x = (AXIS / EXTENT + 1) * SIDE / 2
    lines = (
        (density.optimum, GUIDE),
        (density.output, INK),
        (density.data / top, REAL),
        (density.generated / top, FAKE),
    )
    for values, color in lines:
        y = SIDE - 8 - np.nan_to_num(values).clip(0, 1.05) * (SIDE - 24)
        pen.line(list(zip(x.tolist(), y.tolist(), strict=True)), fill=color, width=2)
    return image
