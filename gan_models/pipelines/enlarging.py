"""A picture of any size through a network that enlarges, tile by tile, in bounded memory.

A tile sees a margin around what it gives. Where the margin is the network's whole reach, tiles give
exactly what the network gives on the whole picture; where the reach is hundreds of pixels, of which
hardly any count, it is as wide as shows no difference.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

LANCZOS_REACH = 3  # pixels of the result

Box = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True)
class Tile:
    """What a tile gives, and what it sees for that; both in pixels of the input."""

    gives: Box
    sees: Box

    @property
    def area(self) -> int:
        """Pixels that are computed."""
        left, top, right, bottom = self.sees
        return (right - left) * (bottom - top)


def cut(size: tuple[int, int], tile_px: int, margin_px: int, multiple: int = 1) -> list[Tile]:
    """The tiles of a picture (width, height), row by row; one where it fits into one.

    Args:
        tile_px: the longest side that a tile may see.
        margin_px: how much more than it gives a tile sees on each side, inside the picture.
        multiple: what the places where tiles begin are divisible by.
    """
    if size[0] * size[1] <= tile_px**2:
        whole = (0, 0, *size)
        return [Tile(whole, whole)]
    step = max(multiple, (tile_px - 2 * margin_px) // multiple * multiple)
    margin = math.ceil(margin_px / multiple) * multiple
    across, down = (list(_spans(side, step, margin, multiple)) for side in size)
    return [
        Tile((left, top, right, bottom), (from_x, from_y, to_x, to_y))
        for top, bottom, from_y, to_y in down
        for left, right, from_x, to_x in across
    ]


def _spans(side: int, step: int, margin: int, multiple: int) -> Iterator[tuple[int, int, int, int]]:
    """Cut one side into equal parts: where each begins and ends, and sees from and to."""
    count = math.ceil(side / step)
    edges = [round(k * side / count / multiple) * multiple for k in range(count)] + [side]
    for first, last in pairwise(edges):
        yield first, last, max(0, first - margin), min(side, last + margin)


class Canvas:
    """The picture that tiles are put into, each shrunk as the whole would be.

    Args:
        size: of the result, width and height.
        scale: how much larger than the input a tile comes.
        mode: of the result, "RGB" or "L".
    """

    def __init__(
        self, size: tuple[int, int], in_size: tuple[int, int], scale: int, mode: str
    ) -> None:
        self.image = Image.new(mode, size)
        self._scale = scale
        self._ratios = [scale * a / b for a, b in zip(in_size, size, strict=True)]

    def put(self, tile: Tile, pixels: np.ndarray) -> None:
        """Paste what a tile gives of `pixels`, uint8 [h, w(, 3)], what it sees at `scale`."""
        made = Image.fromarray(pixels)
        left, top, right, bottom = (edge * self._scale for edge in tile.gives)
        at_x, at_y = (edge * self._scale for edge in tile.sees[:2])
        x0, x1 = (round(edge / self._ratios[0]) for edge in (left, right))
        y0, y1 = (round(edge / self._ratios[1]) for edge in (top, bottom))
        if self._ratios == [1, 1]:
            part = made.crop((left - at_x, top - at_y, right - at_x, bottom - at_y))
        else:
            box = (
                *(x0 * self._ratios[0] - at_x, y0 * self._ratios[1] - at_y),
                *(x1 * self._ratios[0] - at_x, y1 * self._ratios[1] - at_y),
            )
            part = made.resize((x1 - x0, y1 - y0), Image.Resampling.LANCZOS, box)
        self.image.paste(part, (x0, y0))


@torch.inference_mode()
def enlarge_pixels(
    network: nn.Module, pixels: np.ndarray, dtype: torch.dtype = torch.float32
) -> Generator[float, None, np.ndarray]:
    """uint8 [H, W, 3] or [H, W] to uint8 at the network's factor; yields how far it is, 0 to 1."""
    colours = torch.from_numpy(np.atleast_3d(pixels)).to(next(network.parameters()).device)
    images = colours.permute(2, 0, 1)[None].float().div(255)  # [1, 3 or 1, H, W]
    grey = images.shape[1] == 1
    if network.in_channels == 1:  # each colour by itself
        images = images.transpose(0, 1)
    elif grey:
        images = images.expand(-1, 3, -1, -1)
    made = yield from network.steps(images)
    if network.in_channels == 1:
        made = made.transpose(0, 1)
    elif grey:
        made = made.mean(1, keepdim=True)
    return _to_bytes(made[0])


def _to_bytes(image: Tensor) -> np.ndarray:
    """[C, H, W] in [0, 1] to uint8 [H, W, 3] or, of one channel, [H, W]."""
    made = image.float().mul(255).round_().clamp_(0, 255).byte().permute(1, 2, 0).cpu()
    return np.ascontiguousarray(made.numpy() if made.shape[2] > 1 else made.numpy()[..., 0])
