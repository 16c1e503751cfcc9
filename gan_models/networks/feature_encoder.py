"""Encode pictures to latents, from the feature maps of a frozen network.

The encoder of a VAE (Kingma and Welling 2014, arXiv:1312.6114) beside a GAN (Larsen et al. 2016,
arXiv:1512.09300). Only training needs it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import Network

COLOR_PX = 8  # side of the picture itself as an input: feature maps hold little colour


class FeatureEncoder(Network):
    """Encode the two coarsest feature maps, reduced and flattened, and the picture made small.

    Args:
        z_dim: of the latent.
        feature_channels: of the two coarsest maps, finer one first.
        side: to which both maps are pooled.
        width: channels to which each map is reduced.
        hidden: of the layer between.
    """

    family = "feature-encoder"

    def __init__(
        self,
        z_dim: int,
        feature_channels: Sequence[int] = (112, 320),
        side: int = 6,
        width: int = 32,
        hidden: int = 512,
    ) -> None:
        super().__init__()
        self.z_dim, self.feature_channels = z_dim, tuple(feature_channels)
        self.side, self.width, self.hidden = side, width, hidden
        self.reduce = nn.ModuleList(nn.Conv2d(given, width, 1) for given in self.feature_channels)
        inputs = len(self.feature_channels) * width * side**2 + 3 * COLOR_PX**2
        self.body = nn.Linear(inputs, hidden)
        self.mu, self.logvar = nn.Linear(hidden, z_dim), nn.Linear(hidden, z_dim)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "z_dim": self.z_dim,
            "feature_channels": list(self.feature_channels),
            "side": self.side,
            "width": self.width,
            "hidden": self.hidden,
        }

    def forward(self, scales: Sequence[Tensor], images: Tensor) -> tuple[Tensor, Tensor]:
        """Maps, fine to coarse, of images [N, 3, H, W] in [-1, 1] -> mu, logvar, each [N, z_dim].

        Only the coarsest maps of `scales` are used.
        """
        maps = scales[-len(self.reduce) :]
        parts = [
            F.adaptive_avg_pool2d(F.leaky_relu(conv(x), 0.2), self.side).flatten(1)
            for conv, x in zip(self.reduce, maps, strict=True)
        ]
        parts.append(F.adaptive_avg_pool2d(images, COLOR_PX).flatten(1))
        h = F.leaky_relu(self.body(torch.cat(parts, dim=1)), 0.2)
        return self.mu(h), self.logvar(h).clamp(-8.0, 4.0)
