"""Pictures as arrays and tensors, and sheets of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

Pixels = NDArray[np.uint8]


def channels_first(pixels: Pixels) -> Tensor:
    """[N, H, W, 3] uint8 -> tensor [N, 3, H, W] uint8."""
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)))


def channels_last(images: Tensor) -> Pixels:
    """Tensor [N, 3, H, W] uint8 -> [N, H, W, 3] uint8."""
    return images.permute(0, 2, 3, 1).contiguous().cpu().numpy()


def to_float(images: Tensor) -> Tensor:
    """uint8 [N, 3, H, W] -> float32 in [-1, 1]."""
    return images.float().div(127.5).sub(1)


def to_byte(images: Tensor) -> Tensor:
    """[N, 3, H, W] in [-1, 1] -> uint8; values outside are clamped."""
    return images.float().mul(127.5).add(127.5).round().clamp(0, 255).byte()


def shrink(pixels: Pixels, side_px: int) -> Pixels:
    """Resize pictures [N, H, W, 3] to squares of `side_px`, antialiased; unchanged if they are."""
    if pixels.shape[1:3] == (side_px, side_px):
        return pixels
    parts = []
    for start in range(0, len(pixels), 256):
        images = channels_first(pixels[start : start + 256]).float()
        images = torch.nn.functional.interpolate(
            images, (side_px, side_px), mode="bilinear", antialias=True, align_corners=False
        )
        parts.append(channels_last(images.round().clamp(0, 255).byte()))
    return np.concatenate(parts)


def rows(pictures: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """A sheet of equally long rows of pictures of one size."""
    width, height = pictures[0][0].size
    sheet = Image.new("RGB", (width * len(pictures[0]), height * len(pictures)))
    for y, row in enumerate(pictures):
        for x, picture in enumerate(row):
            sheet.paste(picture, (x * width, y * height))
    return sheet
