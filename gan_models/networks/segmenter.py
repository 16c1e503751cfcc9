"""A small U-Net (Ronneberger et al. 2015, arXiv:1505.04597) that segments pictures."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import Network

NORMS = {"batch": nn.BatchNorm2d, "group": lambda channels: nn.GroupNorm(4, channels)}


def _double_conv(c_in: int, c_out: int, norm: str) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, padding=1, bias=False),
        NORMS[norm](c_out),
        nn.ReLU(),
        nn.Conv2d(c_out, c_out, 3, padding=1, bias=False),
        NORMS[norm](c_out),
        nn.ReLU(),
    )


class Segmenter(Network):
    """Picture -> one logit a class and pixel; sizes that 2**depth divides.

    Args:
        num_classes: of labels.
        width: channels at full size; twice as many at each level below, at most eight times.
        depth: number of halvings.
        norm: "batch", or "group" (four groups of channels), which treats pictures separately.
    """

    family = "segmenter"

    def __init__(
        self, num_classes: int = 12, width: int = 24, depth: int = 4, norm: str = "batch"
    ) -> None:
        super().__init__()
        self.num_classes, self.width, self.depth, self.norm = num_classes, width, depth, norm
        widths = [min(width * 2**level, 8 * width) for level in range(depth + 1)]
        self.down = nn.ModuleList(
            _double_conv(c_in, c_out, norm)
            for c_in, c_out in zip([3, *widths[:-1]], widths, strict=True)
        )
        self.up = nn.ModuleList(
            _double_conv(below + skip, skip, norm)
            for below, skip in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.out = nn.Conv2d(width, num_classes, 1)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        names = ("num_classes", "width", "depth", "norm")
        return {name: getattr(self, name) for name in names}

    def forward(self, images: Tensor) -> Tensor:
        """Images [N, 3, H, W] in [-1, 1] -> logits [N, num_classes, H, W]."""
        x, skips = images, []
        for level, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if level else x)
            skips.append(x)
        skips.pop()
        for block in self.up:
            x = F.interpolate(x, scale_factor=2, mode="nearest")
            x = block(torch.cat([x, skips.pop()], dim=1))
        return self.out(x)
