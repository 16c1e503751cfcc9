"""SPADE's discriminator: the multi-scale patch discriminator of pix2pixHD (Wang et al. 2018,
arXiv:1711.11585) with spectral norm, as Park et al. 2019 (arXiv:1903.07291) use it."""

from __future__ import annotations

import itertools
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import Network
from gan_models.networks.norms import InstanceNorm
from gan_models.networks.spade import add_spectral_norm, initialise


class PatchStack(nn.Module):
    """4x4 convolutions: logits of patches at one scale."""

    def __init__(self, in_channels: int, width: int, num_layers: int) -> None:
        super().__init__()
        widths = [in_channels] + [width * min(2**i, 8) for i in range(num_layers)]
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 4, 1 if i == num_layers - 1 else 2, 2, bias=i == 0)
            for i, (a, b) in enumerate(itertools.pairwise(widths))
        )
        self.norms = nn.ModuleList(
            nn.Identity() if i == 0 else InstanceNorm(w) for i, w in enumerate(widths[1:])
        )
        self.to_logits = nn.Conv2d(widths[-1], 1, 4, 1, 2)

    def forward(self, x: Tensor) -> list[Tensor]:
        """x [N, in_channels, H, W] -> the features of each layer, and last the logits [N, 1, …]."""
        features = []
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.leaky_relu(norm(conv(x)), 0.2)
            features.append(x)
        return [*features, self.to_logits(x)]


class MultiscaleDiscriminator(Network):
    """Semantic maps and pictures -> features and logits of patches at several scales.

    Args:
        num_labels: planes of the semantic map; 0: pictures alone.
        img_channels: of the pictures.
        width: channels after the first convolution; 64 in the paper.
        num_layers: convolutions before the logits; 4 in the paper.
        num_scales: each scale has half the size of the one before; 2 in the paper.
    """

    family = "spade-discriminator"

    def __init__(
        self,
        num_labels: int,
        img_channels: int = 3,
        width: int = 64,
        num_layers: int = 4,
        num_scales: int = 2,
        spectral: bool = True,
    ) -> None:
        super().__init__()
        self.num_labels, self.img_channels, self.width = num_labels, img_channels, width
        self.num_layers, self.num_scales, self.spectral = num_layers, num_scales, spectral
        self.scales = nn.ModuleList(
            PatchStack(num_labels + img_channels, width, num_layers) for _ in range(num_scales)
        )
        self.apply(initialise)
        if spectral:
            add_spectral_norm(self.scales, None)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "num_labels": self.num_labels,
            "img_channels": self.img_channels,
            "width": self.width,
            "num_layers": self.num_layers,
            "num_scales": self.num_scales,
            "spectral": self.spectral,
        }

    def forward(self, inputs: Tensor) -> list[list[Tensor]]:
        """inputs [N, num_labels + img_channels, H, W]: map and picture -> features a scale.

        The last entry of each scale are its logits [N, 1, h, w].
        """
        results = []
        for index, stack in enumerate(self.scales):
            if index:
                inputs = F.avg_pool2d(inputs, 3, 2, 1, count_include_pad=False)
            results.append(stack(inputs))
        return results
