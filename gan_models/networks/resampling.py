"""Resampling with FIR filters, in plain convolutions: upsample, blur, downsample.

A filter is given by its taps along one axis, [L], summing to 1; it acts on both axes.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

BINOMIAL = (1.0, 3.0, 3.0, 1.0)


def fir_taps(weights: Sequence[float]) -> Tensor:
    """Return the taps [L] of a filter, made to sum to 1."""
    taps = torch.tensor(weights, dtype=torch.float32)
    return taps / taps.sum()


def blur(x: Tensor, taps: Tensor, padding: tuple[int, int], gain: float = 1.0) -> Tensor:
    """Convolve each channel with the filter; `padding` zeros before and after, on both axes.

    x [N, C, H, W] -> [N, C, H + p0 + p1 - L + 1, W + p0 + p1 - L + 1]
    """
    before, after = padding
    taps = taps.to(x.dtype).flip(0) * gain**0.5
    if before == after:
        margin = before
    else:
        x, margin = F.pad(x, (before, after, before, after)), 0
    channels, length = x.shape[1], taps.shape[0]
    across = taps.view(1, 1, 1, length).expand(channels, -1, -1, -1)
    down = taps.view(1, 1, length, 1).expand(channels, -1, -1, -1)
    x = F.conv2d(x, across, padding=(0, margin), groups=channels)
    return F.conv2d(x, down, padding=(margin, 0), groups=channels)


def upsample2(x: Tensor, taps: Tensor) -> Tensor:
    """Double the size, keeping the mean: x [N, C, H, W] -> [N, C, 2H, 2W]."""
    channels, length = x.shape[1], taps.shape[0]
    kernel = torch.outer(taps, taps).to(x.dtype) * 4
    kernel = kernel.expand(channels, 1, length, length)
    x = F.conv_transpose2d(x, kernel, stride=2, groups=channels)  # [N, C, 2H + L - 2, …]
    before = (length - 2) // 2
    after = length - 2 - before
    return x[:, :, before : x.shape[2] - after, before : x.shape[3] - after]


def downsample2(x: Tensor, taps: Tensor) -> Tensor:
    """Halve the size: x [N, C, 2H, 2W] -> [N, C, H, W]."""
    channels, length = x.shape[1], taps.shape[0]
    kernel = torch.outer(taps, taps).flip(0, 1).to(x.dtype).expand(channels, 1, length, length)
    before, after = (length - 1) // 2, (length - 2) // 2
    x = F.pad(x, (before, after, before, after))
    return F.conv2d(x, kernel, stride=2, groups=channels)
