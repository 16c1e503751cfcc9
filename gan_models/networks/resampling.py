"""Resampling with FIR filters, in plain convolutions: upsample, blur, downsample.

A filter is given by its taps along one axis, [L], summing to 1; it acts on both axes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

BINOMIAL = (1.0, 3.0, 3.0, 1.0)


def fir_taps(weights: Sequence[float]) -> Tensor:
    """Return the taps [L] of a filter, made to sum to 1."""
    taps = torch.tensor(weights, dtype=torch.float32)
    return taps / taps.sum()


def blur(
    x: Tensor,
    taps: Tensor,
    padding: tuple[int, int],
    gain: float = 1.0,
    bias: Tensor | None = None,
) -> Tensor:
    """Convolve each channel with the filter; `padding` zeros before and after, on both axes.

    x [N, C, H, W], bias [C] -> [N, C, H + p0 + p1 - L + 1, W + p0 + p1 - L + 1]
    """
    before, after = padding
    margin = before if before == after else 0
    if before != after:
        x = F.pad(x, (before, after, before, after))
    channels, length = x.shape[1], taps.shape[0]
    kernel = torch.outer(taps, taps).flip(0, 1).to(x.dtype) * gain
    kernel = kernel.expand(channels, 1, length, length)
    return F.conv2d(x, kernel, bias, padding=margin, groups=channels)


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


def kaiser_beta(num_taps: int, width: float, rate: float) -> float:
    """Return the Kaiser window's beta for a transition band of `width` (Kaiser 1974)."""
    attenuation = 2.285 * (num_taps - 1) * math.pi * width / (rate / 2) + 7.95
    if attenuation > 50:
        return 0.1102 * (attenuation - 8.7)
    if attenuation > 21:
        return 0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21)
    return 0.0


def kaiser_lowpass(num_taps: int, cutoff: float, width: float, rate: float) -> Tensor:
    """Design a windowed-sinc low-pass filter: taps [num_taps] summing to 1.

    Args:
        num_taps: its length.
        cutoff, width: edge and width of the transition band, in cycles per picture.
        rate: samples per picture.
    """
    at = torch.arange(num_taps, dtype=torch.float64) - (num_taps - 1) / 2
    taps = torch.sinc(2 * cutoff / rate * at) * _kaiser(num_taps, width, rate)
    return (taps / taps.sum()).float()


def radial_lowpass(num_taps: int, cutoff: float, width: float, rate: float) -> Tensor:
    """Design a rotationally symmetric low-pass filter: [num_taps, num_taps] summing to 1.

    Args: those of `kaiser_lowpass`; an even number of taps, or 1.
    """
    at = (torch.arange(num_taps, dtype=torch.float64) - (num_taps - 1) / 2) / rate
    radius = torch.hypot(at[:, None], at[None, :]) * math.pi
    window = _kaiser(num_taps, width, rate)
    taps = torch.special.bessel_j1(2 * cutoff * radius) / radius * torch.outer(window, window)
    return (taps / taps.sum()).float()


def _kaiser(num_taps: int, width: float, rate: float) -> Tensor:
    beta = kaiser_beta(num_taps, width, rate)
    return torch.kaiser_window(num_taps, periodic=False, beta=beta, dtype=torch.float64)


def fir_upsample(x: Tensor, taps: Tensor | None, factor: int, padding: tuple[int, int]) -> Tensor:
    """Put factor - 1 zeros after each sample, pad (or, below 0, crop), filter, keep the mean.

    x [N, C, H, W] -> [N, C, factor H + p0 + p1 - L + 1, …]; taps [L], None: no filter.
    """
    if taps is None:
        return F.pad(x, (*padding, *padding))
    channels, length = x.shape[1], taps.shape[0]
    kernel = (taps * factor).to(x.dtype).expand(channels, 1, length)
    x = F.conv_transpose2d(x, kernel[:, :, None, :], stride=(1, factor), groups=channels)
    x = F.conv_transpose2d(x, kernel[:, :, :, None], stride=(factor, 1), groups=channels)
    # the transposed convolution gives the whole overlap, without zeros after the last sample
    low, high = padding[0] - (length - 1), padding[1] - (length - 1) + factor - 1
    return F.pad(x, (low, high, low, high))


def fir_downsample(x: Tensor, taps: Tensor | None, factor: int) -> Tensor:
    """Filter, then take every `factor`-th sample; taps [L] or [L, L], None: no filter."""
    if taps is None:
        return x if factor == 1 else x[:, :, ::factor, ::factor]
    channels = x.shape[1]
    if taps.ndim == 2:
        kernel = taps.flip(0, 1).to(x.dtype).expand(channels, 1, -1, -1)
        return F.conv2d(x, kernel, stride=factor, groups=channels)
    kernel = taps.flip(0).to(x.dtype).expand(channels, 1, -1)
    x = F.conv2d(x, kernel[:, :, None, :], stride=(1, factor), groups=channels)
    return F.conv2d(x, kernel[:, :, :, None], stride=(factor, 1), groups=channels)
