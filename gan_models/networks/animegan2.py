"""AnimeGANv2 generator: Chen et al. 2020, "AnimeGAN: A Novel Lightweight GAN for Photo Animation"
(ISICA 2019), in the layer plan of bryandlee/animegan2-pytorch."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.inference import ChannelsLast, is_frozen, one_by_one


class ConvNormAct(nn.Module):
    """Reflected padding, convolution, normalisation over the whole picture, leaky ReLU.

    Args:
        stride: 2 pads right and bottom only.
        depthwise: one filter a channel, with a bias.
        activate: False leaves the leaky ReLU out.
    """

    def __init__(
        self,
        before: int,
        after: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        depthwise: bool = False,
        activate: bool = True,
    ) -> None:
        super().__init__()
        reach = kernel // 2
        self.padding = (0, 1, 0, 1) if stride == 2 else (reach,) * 4
        self.activate = activate
        self.conv = nn.Conv2d(
            before, after, kernel, stride, groups=before if depthwise else 1, bias=depthwise
        )
        self.norm = nn.GroupNorm(1, after)

    def forward(self, x: Tensor) -> Tensor:
        """x [N, before, H, W] -> [N, after, H, W] or half the size."""
        if any(self.padding):
            x = F.pad(x, self.padding, mode="reflect")
        x = self.norm(self.conv(x))
        return F.leaky_relu_(x, 0.2) if self.activate else x


class InvertedBlock(nn.Module):
    """Widen twofold, filter each channel, narrow again; a shortcut where the width stays."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.shortcut = before == after
        self.widen = ConvNormAct(before, 2 * before, 1)
        self.filter = ConvNormAct(2 * before, 2 * before, depthwise=True)
        self.narrow = ConvNormAct(2 * before, after, 1, activate=False)

    def forward(self, x: Tensor) -> Tensor:
        """x [N, before, H, W] -> [N, after, H, W]."""
        y = self.narrow(self.filter(self.widen(x)))
        return x + y if self.shortcut else y


class AnimeGANGenerator(ChannelsLast):
    """Photographs -> drawings of the same size.

    Args:
        in_channels, out_channels: 3 in the published models.
        width: channels after the first convolution; 32 in the published models.
        num_blocks: inverted residual blocks; 4 in the published models.
    """

    family = "animegan2"

    def __init__(
        self, in_channels: int = 3, out_channels: int = 3, width: int = 32, num_blocks: int = 4
    ) -> None:
        super().__init__()
        self.in_channels, self.out_channels, self.img_channels = (
            in_channels,
            out_channels,
            out_channels,
        )
        self.width, self.num_blocks = width, num_blocks
        w, make = width, ConvNormAct
        self.to_half = nn.Sequential(
            make(in_channels, w, 7), make(w, 2 * w, stride=2), make(2 * w, 2 * w)
        )
        self.quarter = nn.Sequential(make(2 * w, 4 * w, stride=2), make(4 * w, 4 * w))
        self.middle = nn.Sequential(
            make(4 * w, 4 * w),
            *(InvertedBlock(4 * w if i == 0 else 8 * w, 8 * w) for i in range(num_blocks)),
            make(8 * w, 4 * w),
        )
        self.up_half = nn.Sequential(make(4 * w, 4 * w), make(4 * w, 4 * w))
        self.up_full = nn.Sequential(make(4 * w, 2 * w), make(2 * w, 2 * w), make(2 * w, w, 7))
        self.to_rgb = nn.Conv2d(w, out_channels, 1, bias=False)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "width": self.width,
            "num_blocks": self.num_blocks,
        }

    def forward(self, images: Tensor, batch_stats: bool = False) -> Tensor:
        """images [N, in_channels, H, W] in [-1, 1] -> [N, out_channels, H, W] in [-1, 1].

        `batch_stats` changes nothing: this network has no batch norm.
        """
        if images.device.type == "cpu" and is_frozen(self, images):
            return one_by_one(self._run, images)
        return self._run(images)

    def _run(self, images: Tensor) -> Tensor:
        x = self.to_half(images)  # [N, 2 width, H / 2, W / 2]
        half_size = x.shape[2:]
        x = self.middle(self.quarter(x))  # [N, 4 width, H / 4, W / 4]
        x = F.interpolate(x, half_size, mode="bilinear", align_corners=True)
        x = self.up_half(x)
        x = F.interpolate(x, images.shape[2:], mode="bilinear", align_corners=True)
        return self.to_rgb(self.up_full(x)).tanh()
