"""ResNet translator: Johnson et al. 2016 (arXiv:1603.08155) as CycleGAN uses it (Zhu et al. 2017,
arXiv:1703.10593), and CUT's antialiased variant (Park et al. 2020, arXiv:2007.15651)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks import winograd
from gan_models.networks.inference import ChannelsLast, is_frozen, one_by_one
from gan_models.networks.norms import NormKind, initialise, make_norm

DOWN_TAPS = (0.25, 0.5, 0.25)  # CUT's antialiasing filter before halving (Zhang, arXiv:1904.11486)


class ConvNorm(nn.Module):
    """Convolution, normalisation, ReLU."""

    def __init__(
        self, conv: nn.Conv2d | nn.ConvTranspose2d, norm: NormKind, *, activate: bool = True
    ) -> None:
        super().__init__()
        self.conv, self.activate = conv, activate
        self.norm = make_norm(norm, conv.out_channels)

    def forward(self, x: Tensor, batch_stats: bool = False) -> Tensor:
        """x [N, I, H, W] -> [N, O, H', W']."""
        conv = self.conv
        if isinstance(conv, nn.Conv2d) and winograd.is_faster(conv, x):
            x = winograd.convolve(conv, x)
        else:
            x = conv(x)
        x = self.norm(x, batch_stats)
        return F.relu_(x) if self.activate else x


class Halve(nn.Module):
    """Blur with [1, 2, 1] / 4, then take every second pixel."""

    def forward(self, x: Tensor) -> Tensor:
        """x [N, C, H, W] -> [N, C, ceil(H / 2), ceil(W / 2)]."""
        channels = x.shape[1]
        taps = x.new_tensor(DOWN_TAPS)
        kernel = torch.outer(taps, taps).expand(channels, 1, 3, 3)
        return F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), kernel, stride=2, groups=channels)


class ResidualBlock(nn.Module):
    """Two reflected 3x3 convolutions beside a shortcut."""

    def __init__(self, width: int, norm: NormKind, dropout: bool, bias: bool) -> None:
        super().__init__()
        self.dropout = dropout
        self.first = ConvNorm(_reflected(width, width, 3, bias), norm)
        self.second = ConvNorm(_reflected(width, width, 3, bias), norm, activate=False)

    def forward(self, x: Tensor, batch_stats: bool = False) -> Tensor:
        """x [N, C, H, W] -> the same shape."""
        y = self.first(x, batch_stats)
        if self.dropout:
            y = F.dropout(y, 0.5, self.training)
        return x + self.second(y, batch_stats)


class ResnetGenerator(ChannelsLast):
    """Pictures of one domain -> pictures of another, of any size from 16 px.

    Args:
        in_channels, out_channels: 1 grey, 3 colour.
        width: channels at full size; 64 in the paper.
        num_blocks: residual blocks; 9 for 256 px, 6 for 128 px in the paper.
        norm: "instance", "instance-affine" or "batch".
        dropout: 0.5 inside the blocks, in training only.
        antialias_down, antialias_up: CUT's filtered resampling instead of strides.
        mask: the last layer also gives a mask of what to leave unchanged (GANimation, Pumarola
            et al. 2018, arXiv:1807.09251, equation 1); needs as many channels out as in.
    """

    family = "resnet"

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        num_blocks: int = 9,
        norm: NormKind = "instance",
        dropout: bool = False,
        antialias_down: bool = False,
        antialias_up: bool = False,
        mask: bool = False,
    ) -> None:
        super().__init__()
        if mask and in_channels != out_channels:
            raise ValueError(
                f"A mask mixes pictures of as many channels, not {in_channels} with {out_channels}."
            )
        self.in_channels, self.out_channels, self.img_channels = (
            in_channels,
            out_channels,
            out_channels,
        )
        self.width, self.num_blocks, self.norm, self.dropout = width, num_blocks, norm, dropout
        self.antialias_down, self.antialias_up, self.mask = antialias_down, antialias_up, mask
        bias = norm != "batch"
        self.stem = ConvNorm(_reflected(in_channels, width, 7, bias), norm)
        stride = 1 if antialias_down else 2
        self.downs = nn.ModuleList(
            ConvNorm(nn.Conv2d(w, 2 * w, 3, stride, 1, bias=bias), norm) for w in (width, 2 * width)
        )
        self.blocks = nn.ModuleList(
            ResidualBlock(4 * width, norm, dropout, bias) for _ in range(num_blocks)
        )
        self.ups = nn.ModuleList(
            ConvNorm(_doubling(w, antialias_up, bias), norm) for w in (4 * width, 2 * width)
        )
        self.to_rgb = _reflected(width, out_channels + mask, 7, True)
        self.halve = Halve() if antialias_down else nn.Identity()
        self.apply(initialise)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "width": self.width,
            "num_blocks": self.num_blocks,
            "norm": self.norm,
            "dropout": self.dropout,
            "antialias_down": self.antialias_down,
            "antialias_up": self.antialias_up,
            "mask": self.mask,
        }

    def forward(self, images: Tensor, batch_stats: bool = False) -> Tensor:
        """images [N, in_channels, H, W] in [-1, 1] -> [N, out_channels, H, W] in [-1, 1].

        H and W are rounded up to a multiple of 4. `batch_stats`: batch norm takes the batch's own
        statistics.
        """
        if images.device.type != "cpu" or not is_frozen(self, images):
            return self._run(images, batch_stats)
        images = images.contiguous(memory_format=torch.channels_last)
        if batch_stats and self.norm == "batch":  # the statistics are those of the whole batch
            return self._run(images, batch_stats)
        return one_by_one(lambda image: self._run(image, False), images)

    def _run(self, images: Tensor, batch_stats: bool) -> Tensor:
        x = self.stem(images, batch_stats)  # [N, width, H, W]
        for down in self.downs:
            x = self.halve(down(x, batch_stats))  # [N, 4 width, H / 4, W / 4] after both
        for block in self.blocks:
            x = block(x, batch_stats)
        for up in self.ups:
            if self.antialias_up:  # linear interpolation is CUT's [1, 3, 3, 1] filter
                x = F.interpolate(x, scale_factor=2, mode="bilinear")
            x = up(x, batch_stats)  # [N, width, H, W] after both
        added = [n for side in (3, 2) for n in (0, x.shape[side] - images.shape[side])]
        images = F.pad(images, added, mode="replicate") if self.mask and any(added) else images
        return self.finish(self.to_rgb(x), images)

    def finish(self, last: Tensor, images: Tensor) -> Tensor:
        """The last convolution's output and the input pictures, of one size -> pictures."""
        if not self.mask:
            return last.tanh()
        made, share = last[:, :-1].tanh(), last[:, -1:].sigmoid()
        return images + share * (made - images)


def _reflected(before: int, after: int, kernel: int, bias: bool) -> nn.Conv2d:
    return nn.Conv2d(before, after, kernel, padding=kernel // 2, padding_mode="reflect", bias=bias)


def _doubling(width: int, antialias: bool, bias: bool) -> nn.Conv2d | nn.ConvTranspose2d:
    """Halve the channels; without antialiasing, double the size as well."""
    if antialias:
        return nn.Conv2d(width, width // 2, 3, 1, 1, bias=bias)
    return nn.ConvTranspose2d(width, width // 2, 3, 2, 1, output_padding=1, bias=bias)
