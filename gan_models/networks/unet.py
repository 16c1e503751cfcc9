"""U-Net translator: Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial
Networks" (pix2pix, arXiv:1611.07004)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.inference import ChannelsLast
from gan_models.networks.norms import NormKind, initialise, make_norm


class Step(nn.Module):
    """Activation, 4x4 convolution that halves or doubles the size, normalisation."""

    def __init__(
        self, conv: nn.Conv2d | nn.ConvTranspose2d, norm: NormKind | None, slope: float | None
    ) -> None:
        super().__init__()
        self.conv, self.slope = conv, slope
        self.norm = make_norm(norm, conv.out_channels) if norm else None

    def forward(self, x: Tensor, batch_stats: bool) -> Tensor:
        """x [N, I, H, W] -> [N, O, H / 2, W / 2] or [N, O, 2H, 2W]."""
        x = self.conv(x if self.slope is None else F.leaky_relu(x, self.slope))
        return x if self.norm is None else self.norm(x, batch_stats)


class UnetGenerator(ChannelsLast):
    """Pictures -> pictures of the same size, a multiple of 2**num_downs.

    Args:
        in_channels, out_channels: 1 grey, 3 colour.
        width: channels after the first convolution; 64 in the paper.
        num_downs: how often the size is halved; 8 for 256 px, 7 for 128 px.
        norm: "batch", "instance" or "instance-affine".
        dropout: 0.5 in the middle of the way up, in training only.
    """

    family = "unet"

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        width: int = 64,
        num_downs: int = 8,
        norm: NormKind = "batch",
        dropout: bool = True,
    ) -> None:
        super().__init__()
        if num_downs < 5:
            raise ValueError(f"num_downs must be 5 or more, not {num_downs}.")
        self.in_channels, self.out_channels, self.img_channels = (
            in_channels,
            out_channels,
            out_channels,
        )
        self.width, self.num_downs, self.norm, self.dropout = width, num_downs, norm, dropout
        self.img_resolution = 2**num_downs
        bias = norm != "batch"
        widths = [width * min(2**i, 8) for i in range(num_downs)]
        self.downs, self.ups = nn.ModuleList(), nn.ModuleList()
        for i, after in enumerate(widths):
            first, last = i == 0, i == num_downs - 1
            before = in_channels if first else widths[i - 1]
            self.downs.append(
                Step(
                    nn.Conv2d(before, after, 4, 2, 1, bias=bias),
                    None if first or last else norm,
                    None if first else 0.2,
                )
            )
            # ups[i] undoes downs[i], from what lies below it and, but for the last, the shortcut
            outputs = out_channels if first else before
            conv = nn.ConvTranspose2d(
                after if last else 2 * after, outputs, 4, 2, 1, bias=bias or first
            )
            self.ups.append(Step(conv, None if first else norm, 0.0))
        self.apply(initialise)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "width": self.width,
            "num_downs": self.num_downs,
            "norm": self.norm,
            "dropout": self.dropout,
        }

    def forward(self, images: Tensor, batch_stats: bool = False) -> Tensor:
        """images [N, in_channels, H, W] in [-1, 1] -> [N, out_channels, H, W] in [-1, 1].

        `batch_stats`: batch norm takes the batch's own statistics, as the authors test.

        Raises:
            ValueError: H or W is no multiple of 2**num_downs.
        """
        if images.shape[2] % self.img_resolution or images.shape[3] % self.img_resolution:
            raise ValueError(
                f"This network needs sides that are multiples of {self.img_resolution}, "
                f"not {images.shape[3]}x{images.shape[2]}. Resize the picture."
            )
        x, shortcuts = images, []
        for down in self.downs:
            x = down(x, batch_stats)
            shortcuts.append(x)  # [N, widths[i], H / 2**(i + 1), …]
        for i in reversed(range(self.num_downs)):
            inner = i == self.num_downs - 1
            x = self.ups[i](x if inner else torch.cat([shortcuts[i], x], dim=1), batch_stats)
            if self.dropout and 4 <= i < self.num_downs - 1:
                x = F.dropout(x, 0.5, self.training)
        return x.tanh()
