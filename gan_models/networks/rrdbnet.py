"""RRDBNet, the generator of ESRGAN (Wang et al. 2018, arXiv:1809.00219, section 3.1) as Real-ESRGAN
uses it (Wang et al. 2021, arXiv:2107.10833, section 3.3): residual-in-residual dense blocks, then
two enlargements by 2; smaller factors unshuffle the picture first."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import typed_modules
from gan_models.networks.inference import ChannelsLast, result_of

SLOPE = 0.2  # of every leaky ReLU
RESIDUAL = 0.2  # how much of each residual branch is added
UNSHUFFLE = {4: 1, 2: 2, 1: 4}  # by the factor of the whole


class DenseBlock(nn.Module):
    """Five convolutions, each takes all outputs before it; the last is the residual.

    Input and output may have more precision than the weights.
    """

    def __init__(self, num_feat: int, num_grow_ch: int) -> None:
        super().__init__()
        grown = range(num_feat, num_feat + 5 * num_grow_ch, num_grow_ch)
        self.conv1 = nn.Conv2d(grown[0], num_grow_ch, 3, padding=1)
        self.conv2 = nn.Conv2d(grown[1], num_grow_ch, 3, padding=1)
        self.conv3 = nn.Conv2d(grown[2], num_grow_ch, 3, padding=1)
        self.conv4 = nn.Conv2d(grown[3], num_grow_ch, 3, padding=1)
        self.conv5 = nn.Conv2d(grown[4], num_feat, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """x [N, num_feat, H, W] -> the same shape."""
        return result_of(self.steps(x))

    def steps(self, x: Tensor) -> Generator[None, None, Tensor]:
        """`forward`, yielding after each convolution but the last."""
        features = [x.to(self.conv1.weight.dtype)]
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            features.append(F.leaky_relu(conv(torch.cat(features, 1)), SLOPE))
            yield
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
        return result_of(self.steps(x))

    def steps(self, x: Tensor) -> Generator[None, None, Tensor]:
        """`forward`, yielding after each convolution but the last."""
        y = x
        for dense in (self.rdb1, self.rdb2, self.rdb3):
            y = yield from dense.steps(y)
        return x + RESIDUAL * y


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
    img_resolution = 256  # shorter side of the patches that it was trained on
    slope, residual = SLOPE, RESIDUAL

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
        self.in_channels, self.out_channels = in_channels, out_channels
        self.scale, self.img_channels = scale, out_channels
        self.num_feat, self.num_blocks, self.num_grow_ch = num_feat, num_blocks, num_grow_ch
        self.unshuffle = UNSHUFFLE[scale]
        self.cached_twin = None
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
        return result_of(self.steps(images))

    def first_features(self, images: Tensor) -> Tensor:
        """The output of the first convolution: [N, C, H, W] -> [N, num_feat, H / unshuffle, …]."""
        if self.unshuffle > 1:
            height, width = images.shape[2:]
            missing = (0, -width % self.unshuffle, 0, -height % self.unshuffle)
            images = F.pad(images, missing, mode="reflect") if any(missing) else images
            images = F.pixel_unshuffle(images, self.unshuffle)
        return self.conv_first(images.to(self.conv_first.weight.dtype))

    def steps(self, images: Tensor) -> Generator[float, None, Tensor]:
        """`forward` in steps: yields the share that is done, 0 to 1; returns the result."""
        first = self.first_features(images)
        dtype = torch.promote_types(first.dtype, images.dtype)
        y = first.to(dtype)
        blocks = typed_modules(self.body, ResidualDenseBlocks)
        for index, block in enumerate(blocks):
            pauses = block.steps(y)
            for pause in range(12):
                next(pauses)
                yield (index + pause / 12) / len(blocks)
            y = result_of(pauses)
        x = first + self.conv_body(y.to(first.dtype))
        for conv in (self.conv_up1, self.conv_up2):
            x = F.leaky_relu(conv(F.interpolate(x, scale_factor=2, mode="nearest")), SLOPE)
        x = self.conv_last(F.leaky_relu(self.conv_hr(x), SLOPE))
        return self.cut(x, images).to(dtype)

    def cut(self, made: Tensor, images: Tensor) -> Tensor:
        """Crop what was padded to fill whole pixels of the unshuffled picture."""
        height, width = images.shape[2:]
        return made[:, :, : self.scale * height, : self.scale * width]
