"""Curves of a run as a picture: one small panel a quantity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw

PANEL = (320, 180)
MARGIN = 24
COLUMNS = 3
INK, FAINT, GRID = (30, 60, 120), (190, 205, 225), (225, 225, 225)


def draw_curves(panels: Mapping[str, tuple[Sequence[float], Sequence[float]]]) -> Image.Image:
    """One panel for each name -> (kimg, values): the values faint, their running mean strong."""
    rows = -(-len(panels) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * PANEL[0], rows * PANEL[1]), "white")
    for index, (name, (xs, ys)) in enumerate(panels.items()):
        corner = (index % COLUMNS * PANEL[0], index // COLUMNS * PANEL[1])
        _draw_panel(ImageDraw.Draw(sheet), corner, name, np.asarray(xs), np.asarray(ys))
    return sheet


def _thin(values: np.ndarray, most: int = 600) -> np.ndarray:
    """At most `most` means of neighbours."""
    return np.array([part.mean() for part in np.array_split(values, min(most, len(values)))])


def _smooth(values: np.ndarray) -> np.ndarray:
    """Mean over a window of a twentieth of the curve, shorter at the ends."""
    half = max(len(values) // 40, 1)
    total = np.cumsum(np.concatenate([[0.0], values]))
    index = np.arange(len(values))
    low, high = np.maximum(index - half, 0), np.minimum(index + half + 1, len(values))
    return (total[high] - total[low]) / (high - low)


def _draw_panel(
    draw: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    name: str,
    xs: np.ndarray,
    ys: np.ndarray,
) -> None:
    finite = np.isfinite(ys)
    xs, ys = _thin(xs[finite]), _thin(ys[finite])
    left, top = corner[0] + MARGIN, corner[1] + MARGIN
    width, height = PANEL[0] - 2 * MARGIN, PANEL[1] - 2 * MARGIN
    draw.rectangle((left, top, left + width, top + height), outline=GRID)
    if not len(ys):
        return
    low, high = np.percentile(ys, [1, 99]) if len(ys) > 20 else (ys.min(), ys.max())
    span, reach = max(high - low, 1e-9), max(xs[-1] - xs[0], 1e-9)
    for values, ink in ((ys, FAINT), (_smooth(ys), INK)):
        px = left + (xs - xs[0]) / reach * width
        py = top + height - ((values - low) / span).clip(0, 1) * height
        draw.line(list(zip(px.tolist(), py.tolist(), strict=True)), fill=ink)
    draw.text((left, corner[1] + 4), f"{name}: {ys[-1]:.4g}", fill="black")
    draw.text((left, top + height + 4), f"{low:.3g} to {high:.3g}", fill="grey")
    draw.text((left + width - 70, top + height + 4), f"{xs[-1]:.4g} kimg", fill="grey")
