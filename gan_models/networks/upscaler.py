"""The second stage of a cascade: enlarges a picture of 64 px to 256 px and adds detail.

Cascades of a base and a GAN upscaler: GigaGAN (Kang et al. 2023, arXiv:2303.05511), section 3.4.
Residual blocks without batch norm at the small size as in EDSR (Lim et al. 2017, arXiv:1707.02921),
sub-pixel convolutions (Shi et al. 2016, arXiv:1609.05158) that start as nearest-neighbour
enlargement (Aitken et al. 2017, arXiv:1707.02937) to avoid checkerboard artefacts, and
noise at every size as in StyleGAN (Karras et al. 2019, arXiv:1812.04948, section 2).
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import Network
from gan_models.networks.inference import bias_of

NOISE_PX = 64  # side of the fixed noise at the small size; larger pictures repeat it
FACTOR = 4
FIRST_CORRECTION = 0.1  # factor of the usual initial weights, to start near the plain enlargement


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a skip."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv0 = nn.Conv2d(width, width, 3, padding=1)
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        with torch.no_grad():
            self.conv1.weight.mul_(0.3)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.conv1(F.leaky_relu(self.conv0(x), 0.2))


class SubPixelConv(nn.Module):
    """A convolution to four times the channels, laid out as a picture twice as large."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, 4 * c_out, 3, padding=1)
        with torch.no_grad():  # the four pixels of a cell start equal
            first = self.conv.weight[::4].clone()
            self.conv.weight.copy_(first.repeat_interleave(4, dim=0))
            bias = bias_of(self.conv)
            bias.copy_(bias[::4].repeat_interleave(4))

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(F.pixel_shuffle(self.conv(x), 2), 0.2)


class Upscaler(Network):
    """Pictures [N, 3, H, W] -> [N, 3, 4 H, 4 W], with their label maps where there are any.

    Args:
        num_labels: labels of the maps it can take beside the pictures.
        widths: channels at the size given, at twice and at four times that size.
        num_blocks: residual blocks at the size given and at twice that size.
        label_width: channels to which the labels of a cell of 4x4 pixels are reduced.
    """

    family = "upscaler"
    factor = FACTOR

    def __init__(
        self,
        num_labels: int = 12,
        widths: tuple[int, int, int] = (48, 32, 16),
        num_blocks: tuple[int, int] = (6, 1),
        label_width: int = 16,
    ) -> None:
        super().__init__()
        self.num_labels, self.label_width = num_labels, label_width
        self.widths, self.num_blocks = tuple(widths), tuple(num_blocks)
        wide, middle, narrow = self.widths
        self.from_labels = nn.Conv2d(num_labels * FACTOR**2, label_width, 1, bias=False)
        self.from_image = nn.Conv2d(3 + 1 + label_width, wide, 3, padding=1)
        self.blocks = nn.Sequential(*(ResidualBlock(wide) for _ in range(self.num_blocks[0])))
        self.up0 = SubPixelConv(wide, middle)
        self.middle = nn.Sequential(*(ResidualBlock(middle) for _ in range(self.num_blocks[1])))
        self.up1 = SubPixelConv(middle, narrow)
        self.to_rgb = nn.Conv2d(narrow, 3, 3, padding=1)
        with torch.no_grad():
            self.to_rgb.weight.mul_(FIRST_CORRECTION)
            bias_of(self.to_rgb).zero_()
        self.noise_strength0 = nn.Parameter(torch.zeros(middle, 1, 1))
        self.noise_strength1 = nn.Parameter(torch.zeros(narrow, 1, 1))
        for index in range(3):
            side = NOISE_PX * 2**index
            self.register_buffer(f"noise{index}", torch.randn(1, 1, side, side))

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "num_labels": self.num_labels,
            "widths": list(self.widths),
            "num_blocks": list(self.num_blocks),
            "label_width": self.label_width,
        }

    def _noise(self, index: int, x: Tensor) -> Tensor:
        """Noise for x [N, C, H, W]: new for each picture in training, else fixed [1, 1, H, W].

        Fixed, so that a film does not flicker and a picture does not depend on its batch.
        """
        height, width = x.shape[2:]
        if self.training:
            return torch.randn(len(x), 1, height, width, device=x.device, dtype=x.dtype)
        noise = getattr(self, f"noise{index}").to(x.dtype)
        side = noise.shape[-1]
        if height > side or width > side:
            noise = noise.repeat(1, 1, -(-height // side), -(-width // side))
        return noise[:, :, :height, :width]

    def forward(self, images: Tensor, semantic_map: Tensor | None = None) -> Tensor:
        """Images in [-1, 1] -> four times as large, about [-1, 1].

        Args:
            images: [N, 3, H, W].
            semantic_map: one-hot [N, num_labels, 4 H, 4 W]; None: unknown.

        Raises:
            ValueError: the map has another size.
        """
        size = [FACTOR * side for side in images.shape[2:]]
        if semantic_map is None:
            labels = images.new_zeros(len(images), self.label_width, *images.shape[2:])
        elif list(semantic_map.shape[2:]) != size:
            raise ValueError(f"The label map must be {size}, not {list(semantic_map.shape[2:])}.")
        else:
            labels = self.from_labels(F.pixel_unshuffle(semantic_map.to(images.dtype), FACTOR))
        noise = self._noise(0, images).expand(len(images), -1, -1, -1)
        x = torch.cat([images, noise, labels], dim=1)  # [N, 3 + 1 + label_width, H, W]
        x = self.blocks(self.from_image(x.contiguous(memory_format=torch.channels_last)))
        x = self.up0(x)  # [N, middle, 2 H, 2 W]
        x = self.middle(x + self.noise_strength0 * self._noise(1, x))
        x = self.up1(x)  # [N, narrow, 4 H, 4 W]
        x = self.to_rgb(x + self.noise_strength1 * self._noise(2, x))
        plain = F.interpolate(images, size=size, mode="bicubic", align_corners=False)
        return plain + x
