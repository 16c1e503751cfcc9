"""Draw the curves of a run: one small panel for each quantity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw

from gan_models.media.curves import Curve, Scaled, scale, thin

PANEL = (320, 180)
MARGIN = 24
COLUMNS = 3
MOST_POINTS = 600
CLIPPED = 0.01  # of the values at either end: a single outlier would flatten the rest
INK, FAINT, GRID = (30, 60, 120), (190, 205, 225), (225, 225, 225)


def draw_curves(panels: Mapping[str, Curve]) -> Image.Image:
    """One panel for each name -> (kimg, value): the values faint, their running mean strong."""
    rows = -(-len(panels) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * PANEL[0], rows * PANEL[1]), "white")
    for index, (name, curve) in enumerate(panels.items()):
        corner = (index % COLUMNS * PANEL[0], index // COLUMNS * PANEL[1])
        _draw_panel(ImageDraw.Draw(sheet), corner, name, thin(curve, MOST_POINTS))
    return sheet


def _smooth(curve: Curve) -> Curve:
    """Mean over a window of a twentieth of the curve, shorter at the ends."""
    values = np.array([y for _, y in curve])
    half = max(len(values) // 40, 1)
    total = np.cumsum(np.concatenate([[0.0], values]))
    index = np.arange(len(values))
    low, high = np.maximum(index - half, 0), np.minimum(index + half + 1, len(values))
    means = (total[high] - total[low]) / (high - low)
    return [(x, float(mean)) for (x, _), mean in zip(curve, means, strict=True)]


def _draw_panel(
    draw: ImageDraw.ImageDraw, corner: tuple[int, int], name: str, curve: Curve
) -> None:
    left, top = corner[0] + MARGIN, corner[1] + MARGIN
    width, height = PANEL[0] - 2 * MARGIN, PANEL[1] - 2 * MARGIN
    draw.rectangle((left, top, left + width, top + height), outline=GRID)
    if not curve:
        return
    scaled: Scaled = scale([curve, _smooth(curve)], CLIPPED)
    for line, ink in zip(scaled.curves, (FAINT, INK), strict=True):
        draw.line([(left + x * width, top + (1 - y) * height) for x, y in line], fill=ink)
    draw.text((left, corner[1] + 4), f"{name}: {curve[-1][1]:.4g}", fill="black")
    low, high = scaled.low, scaled.high
    draw.text((left, top + height + 4), f"{low:.3g} to {high:.3g}", fill="grey")
    draw.text((left + width - 70, top + height + 4), f"{scaled.right:.4g} kimg", fill="grey")
