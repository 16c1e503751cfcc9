"""StyleGAN2 discriminator: Karras et al. 2020 (arXiv:1912.04958), residual, with minibatch
standard deviation (arXiv:1710.10196) and the projection of StyleGAN2-ADA (arXiv:2006.06676)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import Network
from gan_models.networks.mapping import SQRT2, EqualLinear, normalise
from gan_models.networks.resampling import BINOMIAL, blur, downsample2, fir_taps
from gan_models.networks.stylegan2 import channel_plan


class EqualConv(nn.Module):
    """A convolution with weights of variance 1, scaled at run time; optionally halves the size."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        *,
        down: bool = False,
        activate: bool = True,
        conv_clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.kernel, self.down, self.activate, self.conv_clamp = kernel, down, activate, conv_clamp
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if activate else None

    def forward(self, x: Tensor, taps: Tensor, gain: float = 1.0) -> Tensor:
        """x [N, I, H, W] -> [N, O, H, W] or [N, O, H/2, W/2], times `gain`."""
        scale = gain * (SQRT2 if self.activate else 1.0)
        weight = (self.weight * (scale / self.weight[0].numel() ** 0.5)).to(x.dtype)
        bias = None if self.bias is None else (self.bias * scale).to(x.dtype)
        if self.down and self.kernel == 1:
            x = F.conv2d(downsample2(x, taps), weight, bias)
        elif self.down:
            pads = taps.shape[0] + self.kernel - 3
            x = F.conv2d(blur(x, taps, ((pads + 1) // 2, pads // 2)), weight, bias, stride=2)
        else:
            x = F.conv2d(x, weight, bias, padding=self.kernel // 2)
        if self.activate:  # homogeneous, so that the gains could go into the weights
            x = F.leaky_relu(x, 0.2)
        if self.conv_clamp is not None:
            x = x.clamp(-self.conv_clamp * gain, self.conv_clamp * gain)
        return x


class DiscriminatorBlock(nn.Module):
    """Two convolutions and a shortcut, which halve the size."""

    def __init__(self, in_channels: int, out_channels: int, conv_clamp: float | None) -> None:
        super().__init__()
        self.conv0 = EqualConv(in_channels, in_channels, 3, conv_clamp=conv_clamp)
        self.conv1 = EqualConv(in_channels, out_channels, 3, down=True, conv_clamp=conv_clamp)
        self.skip = EqualConv(in_channels, out_channels, 1, down=True, activate=False)

    def forward(self, x: Tensor, taps: Tensor) -> Tensor:
        """x [N, I, H, W] -> [N, O, H/2, W/2]."""
        shortcut = self.skip(x, taps, gain=0.5**0.5)
        return shortcut + self.conv1(self.conv0(x, taps), taps, gain=0.5**0.5)


class ClassMapping(nn.Module):
    """Class -> vector that the features of its pictures are projected on."""

    def __init__(self, c_dim: int, width: int, num_layers: int = 8) -> None:
        super().__init__()
        self.embed = EqualLinear(c_dim, width)
        self.layers = nn.ModuleList(
            EqualLinear(width, width, activate=True, lr_multiplier=0.01) for _ in range(num_layers)
        )

    def forward(self, c: Tensor) -> Tensor:
        """c [N, c_dim] -> [N, width]."""
        x = normalise(self.embed(c))
        for layer in self.layers:
            x = layer(x)
        return x


def minibatch_deviation(x: Tensor, group_size: int | None) -> Tensor:
    """Append the mean deviation within groups of the batch: x [N, C, H, W] -> [N, C + 1, H, W]."""
    batch, _, height, width = x.shape
    group = batch if group_size is None else min(group_size, batch)
    while batch % group:
        group -= 1
    grouped = x.float().reshape(group, batch // group, -1)  # [G, N / G, C H W]
    deviation = (grouped.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=1)  # [N / G]
    plane = deviation.to(x.dtype).repeat(group).view(batch, 1, 1, 1).expand(-1, -1, height, width)
    return torch.cat([x, plane], dim=1)


class StyleGAN2Discriminator(Network):
    """Pictures, and a class where there are any -> logits.

    Args: those of `StyleGAN2Generator` of the same name; `group_size` is the minibatch deviation's.
    """

    family = "stylegan2-discriminator"
    mapping: ClassMapping | None
    resample_filter: Tensor

    def __init__(
        self,
        c_dim: int = 0,
        img_resolution: int = 256,
        img_channels: int = 3,
        channel_base: int = 32768,
        channel_max: int = 512,
        channels: Sequence[int] | None = None,
        conv_clamp: float | None = None,
        group_size: int | None = 4,
        num_mapping_layers: int = 8,
        cmap_dim: int | None = None,
    ) -> None:
        super().__init__()
        self.channels = list(channels or channel_plan(img_resolution, channel_base, channel_max))
        self.c_dim, self.img_resolution, self.img_channels = c_dim, img_resolution, img_channels
        self.num_classes = c_dim
        self.conv_clamp, self.group_size = conv_clamp, group_size
        self.num_mapping_layers = num_mapping_layers
        widths = self.channels[::-1]  # from the full size down
        self.cmap_dim = (cmap_dim or widths[-1]) if c_dim else 0
        self.from_rgb = EqualConv(img_channels, widths[0], 1, conv_clamp=conv_clamp)
        self.blocks = nn.ModuleList(
            DiscriminatorBlock(before, after, conv_clamp) for before, after in pairwise(widths)
        )
        last = widths[-1]
        self.conv = EqualConv(last + 1, last, 3, conv_clamp=conv_clamp)
        self.fc = EqualLinear(last * 16, last, activate=True)
        self.out = EqualLinear(last, self.cmap_dim or 1)
        # the class alone, not a generator's mapping; the attribute is named as in saved weights
        mapping = ClassMapping(c_dim, self.cmap_dim, num_mapping_layers) if c_dim else None
        self.mapping = mapping  # pyright: ignore[reportIncompatibleVariableOverride]  see above
        self.register_buffer("resample_filter", fir_taps(BINOMIAL))

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "c_dim": self.c_dim,
            "img_resolution": self.img_resolution,
            "img_channels": self.img_channels,
            "channels": self.channels,
            "conv_clamp": self.conv_clamp,
            "group_size": self.group_size,
            "num_mapping_layers": self.num_mapping_layers,
            "cmap_dim": self.cmap_dim or None,
        }

    def forward(self, images: Tensor, c: Tensor | None = None) -> Tensor:
        """images [N, img_channels, H, H] in [-1, 1], c [N, c_dim] -> logits [N].

        Raises:
            ValueError: a class is missing.
        """
        taps = self.resample_filter
        x = self.from_rgb(images, taps)
        for block in self.blocks:
            x = block(x, taps)  # [N, channels, H / 2, H / 2]
        x = self.conv(minibatch_deviation(x, self.group_size), taps)  # [N, C, 4, 4]
        x = self.out(self.fc(x.flatten(1)))  # [N, cmap_dim or 1]
        if self.mapping is None:
            return x.flatten()
        if c is None:
            raise ValueError(f"This network needs a class: give c, one row of {self.c_dim}.")
        return (x * self.mapping(c.to(x.dtype))).sum(dim=1) / self.cmap_dim**0.5
