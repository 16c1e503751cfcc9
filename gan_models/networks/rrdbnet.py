"""RRDBNet, the generator of ESRGAN (Wang et al. 2018, arXiv:1809.00219, section 3.1) as Real-ESRGAN
uses it (Wang et al. 2021, arXiv:2107.10833, section 3.3): residual-in-residual dense blocks, then
two enlargements by 2; smaller factors see the picture unshuffled first."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .inference import ChannelsLast

SLOPE = 0.2  # of every leaky ReLU
RESIDUAL = 0.2  # how much of each residual branch is added
UNSHUFFLE = {4: 1, 2: 2, 1: 4}  # by the factor of the whole


class DenseBlock(nn.Module):
    """Five convolutions, each sees all outputs before it; the last is the residual."""

    def __init__(self, num_feat: int, num_grow_ch: int) -> None:
        super().__init__()
        for k in range(1, 6):
            outputs = num_grow_ch if k < 5 else num_feat
            before = num_feat + (k - 1) * num_grow_ch
            self.add_module(f"conv{k}", nn.Conv2d(before, outputs, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        """x [N, num_feat, H, W] -> the same shape."""
        features = [x]
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            features.append(F.leaky_relu(conv(torch.cat(features, 1)), SLOPE))
        return x + RESIDUAL * self.conv5(torch.cat(features, 1))


class ResidualDenseBlocks(nn.Module):
    """Three dense blocks inside one more residual."""

    def __init__(self, num_feat: int, num_grow_ch: int) -> None:
        super().__init__()
        self.rdb1 = DenseBlock(num_feat, num_grow_ch)
        self.rdb2 = DenseBlock(num_feat, num_grow_ch)
        self.rdb3 = DenseBlock(num_feat, num_grow_ch)

    def forward(self, x: Tensor) -> Tensor:
        """x [N, num_feat, H, W] -> the same shape."""
        return x + RESIDUAL * self.rdb3(self.rdb2(self.rdb1(x)))


class RRDBNet(ChannelsLast):
    """Pictures -> the same pictures, `scale` times the size, with plausible detail.

    Args:
        in_channels, out_channels: 3 in the published models.
        scale: 4, 2 or 1; below 4 the picture is unshuffled by 2 or 4 first.
        num_feat: channels between the blocks.
        num_blocks: residual-in-residual dense blocks; 23, or 6 in the one for drawings.
        num_grow_ch: channels that each convolution of a dense block adds.
    """

    family = "rrdbnet"
    img_resolution = 256  # shorter side of the patches that it was trained to make

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        scale: int = 4,
        num_feat: int = 64,
        num_blocks: int = 23,
        num_grow_ch: int = 32,
    ) -> None:
        super().__init__()
        if scale not in UNSHUFFLE:
            raise ValueError(f"RRDBNet has the factors 1, 2 and 4, not {scale}.")
        self.in_channels, self.out_channels, self.img_channels = (
            in_channels,
            out_channels,
            out_channels,
        )
        self.scale, self.num_feat = scale, num_feat
        self.num_blocks, self.num_grow_ch = num_blocks, num_grow_ch
        self.unshuffle = UNSHUFFLE[scale]
        self.conv_first = nn.Conv2d(in_channels * self.unshuffle**2, num_feat, 3, padding=1)
        self.body = nn.ModuleList(
            ResidualDenseBlocks(num_feat, num_grow_ch) for _ in range(num_blocks)
        )
        self.conv_body = nn.Conv2d(num_feat, num_feat, 3, padding=1)
        self.conv_up1 = nn.Conv2d(num_feat, num_feat, 3, padding=1)
        self.conv_up2 = nn.Conv2d(num_feat, num_feat, 3, padding=1)
        self.conv_hr = nn.Conv2d(num_feat, num_feat, 3, padding=1)
        self.conv_last = nn.Conv2d(num_feat, out_channels, 3, padding=1)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "scale": self.scale,
            "num_feat": self.num_feat,
            "num_blocks": self.num_blocks,
            "num_grow_ch": self.num_grow_ch,
        }

    def forward(self, images: Tensor) -> Tensor:
        """images [N, in_channels, H, W] in [0, 1] -> [N, out_channels, scale H, scale W], about
        [0, 1], not clamped.

        Sides that the unshuffling does not divide are mirrored up to the next that it does, and the
        result is cut to size.
        """
        height, width = images.shape[2:]
        x = self.conv_first(self._unshuffled(images))  # [N, num_feat, h, w]
        y = x
        for block in self.body:
            y = block(y)
        x = x + self.conv_body(y)
        for conv in (self.conv_up1, self.conv_up2):
            x = F.leaky_relu(conv(F.interpolate(x, scale_factor=2, mode="nearest")), SLOPE)
        x = self.conv_last(F.leaky_relu(self.conv_hr(x), SLOPE))
        return x[:, :, : self.scale * height, : self.scale * width]

    def steps(self, images: Tensor) -> Generator[float, None, Tensor]:
        """`forward` in steps: yields how far it is, 0 to 1, and returns the pictures."""
        yield 0.0
        return self(images)

    def _unshuffled(self, images: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C unshuffle^2, H / unshuffle, W / unshuffle], rounded up."""
        if self.unshuffle == 1:
            return images
        height, width = images.shape[2:]
        missing = (0, -width % self.unshuffle, 0, -height % self.unshuffle)
        if any(missing):
            images = F.pad(images, missing, mode="reflect")
        return F.pixel_unshuffle(images, self.unshuffle)
