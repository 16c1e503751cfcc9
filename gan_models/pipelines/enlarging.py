"""Enlarge pictures of any size tile by tile, in bounded memory.

The input of a tile has a margin around its output. If the margin covers the receptive field of the
network, the result is exactly that of the network on the whole picture. If the receptive field is
hundreds of pixels, of which the far ones hardly matter, tiles are also blended at their edges.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from PIL import Image
from torch import Tensor

if TYPE_CHECKING:
    from gan_models.networks.rrdbnet import RRDBNet
    from gan_models.networks.srvgg import SRVGGNetCompact

Box = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True)
class Tile:
    """The output and input areas of a tile, both in pixels of the input picture."""

    gives: Box
    sees: Box

    @property
    def area(self) -> int:
        """Pixels that are computed."""
        left, top, right, bottom = self.sees
        return (right - left) * (bottom - top)


def cut(
    size: tuple[int, int], tile_px: int, margin_px: int, fade_px: int = 0, multiple: int = 1
) -> list[Tile]:
    """The tiles of a picture (width, height), row by row; a single one for a small picture.

    Args:
        size: of the picture.
        tile_px: side of the largest square input of a tile.
        margin_px: width of the input beyond the output on each side.
        fade_px: width of the output beyond its part, blended with its neighbours.
        multiple: divisor of the coordinates at which tiles start.
    """
    if size[0] * size[1] <= tile_px**2:
        whole = (0, 0, *size)
        return [Tile(whole, whole)]
    margin = math.ceil(margin_px / multiple) * multiple
    step = max(multiple, (tile_px - 2 * margin) // multiple * multiple)
    across, down = (list(_spans(side, step, margin, fade_px, multiple)) for side in size)
    return [
        Tile((left, top, right, bottom), (from_x, from_y, to_x, to_y))
        for top, bottom, from_y, to_y in down
        for left, right, from_x, to_x in across
    ]


def _spans(
    side: int, step: int, margin: int, fade: int, multiple: int
) -> Iterator[tuple[int, int, int, int]]:
    """Cut one side into equal parts: start and end of the output and of the input of each."""
    count = math.ceil(side / step)
    inner = (round(k * side / count / multiple) * multiple for k in range(1, count))
    for first, last in pairwise([0, *inner, side]):
        gives = max(0, first - fade), min(side, last + fade)
        yield *gives, max(0, first - margin), min(side, last + margin)


class Canvas:
    """The result picture; tiles are added row by row, each resized as the whole would be.

    Args:
        in_size: of the input, width and height.
        size: of the result.
        scale: of the tiles to the input.
        mode: "RGB" or "L".
        fade_px: as for `cut`.

    Attributes:
        image: the result.
    """

    def __init__(
        self,
        in_size: tuple[int, int],
        size: tuple[int, int],
        scale: int,
        mode: str,
        fade_px: int = 0,
    ) -> None:
        self.image = Image.new(mode, size)
        self._scale = scale
        self._ratios = [scale * a / b for a, b in zip(in_size, size, strict=True)]
        self._fades = [round(2 * fade_px * b / a) for a, b in zip(in_size, size, strict=True)]

    def put(self, tile: Tile, pixels: np.ndarray) -> None:
        """Add a tile: `pixels` is its enlarged input area, uint8 [h, w, 3] or [h, w]."""
        edges = [edge * self._scale for edge in tile.gives]
        corner = [edge * self._scale for edge in tile.sees[:2]]
        rx, ry = self._ratios
        x0, x1 = (round(edge / rx) for edge in edges[0::2])
        y0, y1 = (round(edge / ry) for edge in edges[1::2])
        box = (x0 * rx - corner[0], y0 * ry - corner[1], x1 * rx - corner[0], y1 * ry - corner[1])
        made = Image.fromarray(pixels)
        if rx == ry == 1:
            left, top, right, bottom = map(round, box)
            part = made.crop((left, top, right, bottom))
        else:
            part = made.resize((x1 - x0, y1 - y0), Image.Resampling.LANCZOS, box)
        self.image.paste(part, (x0, y0), self._mask(part.size, x0, y0))

    def _mask(self, size: tuple[int, int], x0: int, y0: int) -> Image.Image | None:
        """The weights of a tile where it overlaps left and upper neighbours; None: no overlap."""
        fade_x, fade_y = self._fades
        if not ((x0 and fade_x) or (y0 and fade_y)):
            return None
        columns, rows = np.ones(size[0]), np.ones(size[1])
        if x0 and fade_x:
            columns = ((np.arange(size[0]) + 0.5) / fade_x).clip(0, 1)
        if y0 and fade_y:
            rows = ((np.arange(size[1]) + 0.5) / fade_y).clip(0, 1)
        return Image.fromarray((255 * np.outer(rows, columns)).round().astype(np.uint8))


@torch.inference_mode()
def enlarge_pixels(
    network: RRDBNet | SRVGGNetCompact, pixels: np.ndarray
) -> Generator[float, None, np.ndarray]:
    """Enlarge uint8 [H, W, 3] or [H, W] by the network's factor; yields the progress, 0 to 1."""
    images = torch.from_numpy(np.array(pixels)).to(next(network.parameters()).device)
    images = images.reshape(*pixels.shape[:2], -1).permute(2, 0, 1)[None].float().div_(255)
    if network.in_channels == 1:  # each colour channel separately
        parts = images.split(1, 1)
    else:  # grey as three equal colours
        parts = [images.expand(-1, network.in_channels, -1, -1)]
    made = []
    for index, part in enumerate(parts):
        made.append((yield from _part_of(network.steps(part), index, len(parts))))
    image = torch.cat(made, 1)[0]  # [3 or 1, scale H, scale W]
    return _to_bytes(image if pixels.ndim == 3 else image.mean(0, keepdim=True))


def _part_of(
    steps: Generator[float, None, Tensor], index: int, count: int
) -> Generator[float, None, Tensor]:
    """Run one of several computations, with its progress as a part of that of all."""
    while True:
        try:
            part = next(steps)
        except StopIteration as end:
            return end.value
        yield (index + part) / count


def _to_bytes(image: Tensor) -> np.ndarray:
    """[C, H, W] in [0, 1] to uint8 [H, W, 3] or, of one channel, [H, W]."""
    made = image.float().mul(255).round_().clamp_(0, 255).byte().permute(1, 2, 0).cpu().numpy()
    return np.ascontiguousarray(made if made.shape[2] > 1 else made[..., 0])
