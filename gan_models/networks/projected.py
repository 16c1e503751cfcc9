"""Projected discriminator: logits from a frozen network's features instead of pixels.

Projected GANs Converge Faster (Sauer et al. 2021, arXiv:2111.01007): section 3.2, random
cross-channel and cross-scale mixing that stays as initialised, and one small discriminator a scale.
Classes enter by projection (Miyato and Koyama 2018, arXiv:1802.05637). One more head may take the
picture itself, made small: ImageNet features hold little colour. Every head takes the
minibatch deviation (Karras et al. 2018, arXiv:1710.10196, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from gan_models.networks.base import Network
from gan_models.networks.stylegan2_discriminator import minibatch_deviation


class FeatureMixing(nn.Module):
    """Random, frozen 1x1 mixing of the channels, then 3x3 mixing from coarse scales to fine."""

    def __init__(self, c_in: Sequence[int], c_out: Sequence[int]) -> None:
        super().__init__()
        self.across_channels = nn.ModuleList(
            nn.Conv2d(given, mixed, 1, bias=False) for given, mixed in zip(c_in, c_out, strict=True)
        )
        coarser = (*c_out[1:], c_out[-1])
        self.across_scales = nn.ModuleList(
            nn.Conv2d(above, mixed, 3, padding=1, bias=False)
            for above, mixed in zip(coarser, c_out, strict=True)
        )
        for weight in self.parameters():  # without biases
            nn.init.kaiming_normal_(weight, nonlinearity="linear")
        self.requires_grad_(False)

    def forward(self, scales: Sequence[Tensor]) -> list[Tensor]:
        """Maps from fine to coarse -> mixed maps of the same sizes."""
        own = [conv(x) for conv, x in zip(self.across_channels, scales, strict=True)]
        mixed = [self.across_scales[-1](own[-1])]
        for conv, x in zip(self.across_scales[-2::-1], own[-2::-1], strict=True):
            above = F.interpolate(mixed[0], size=x.shape[2:], mode="bilinear", align_corners=False)
            mixed.insert(0, (x + conv(above)) * 0.5**0.5)
        return mixed


class Head(nn.Module):
    """A small spectral-norm discriminator on one scale: a grid of logits, 4x4 or so."""

    def __init__(self, c_in: int, width: int, num_downs: int, num_classes: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [spectral_norm(nn.Conv2d(c_in, width, 3, padding=1))]
        layers.append(nn.LeakyReLU(0.2))
        for _ in range(num_downs):
            layers += [
                spectral_norm(nn.Conv2d(width, width, 4, stride=2, padding=1, bias=False)),
                nn.BatchNorm2d(width),
                nn.LeakyReLU(0.2),
            ]
        self.body = nn.Sequential(*layers)
        self.logit = spectral_norm(nn.Conv2d(width + 1, 1, 3, padding=1))
        self.embed = nn.Embedding(num_classes, width) if num_classes else None
        if self.embed is not None:
            nn.init.normal_(self.embed.weight, std=width**-0.5)

    def forward(self, x: Tensor, c: Tensor | None) -> Tensor:
        h = self.body(x)  # [N, width, h, w]
        # the batch's deviation makes fakes without variety recognisable
        logits = self.logit(minibatch_deviation(h, None))  # [N, 1, h, w]
        if self.embed is None:
            return logits
        if c is None:
            raise ValueError("This discriminator is conditional; pass class indices [N] as c.")
        return logits + torch.einsum("nchw,nc->nhw", h, self.embed(c))[:, None]


class ProjectedDiscriminator(Network):
    """One head a scale over mixed features; the frozen feature network itself is not part of it.

    Args:
        feature_channels: of the frozen network's maps, from fine to coarse.
        mixed_channels: of the same maps after mixing.
        width: of the heads.
        num_classes: 0 for none.
        color_px: side to which the colour head shrinks pictures; 0 for no such head.
    """

    family = "projected-discriminator"

    def __init__(
        self,
        feature_channels: Sequence[int] = (24, 40, 112, 320),
        mixed_channels: Sequence[int] = (48, 64, 96, 128),
        width: int = 64,
        num_classes: int = 0,
        color_px: int = 0,
    ) -> None:
        super().__init__()
        self.color_px = color_px
        self.feature_channels = tuple(feature_channels)
        self.mixed_channels = tuple(mixed_channels)
        self.width, self.num_classes = width, num_classes
        self.mixing = FeatureMixing(self.feature_channels, self.mixed_channels)
        downs = range(len(self.mixed_channels) - 1, -1, -1)
        self.heads = nn.ModuleList(
            Head(channels, width, num_downs, num_classes)
            for channels, num_downs in zip(self.mixed_channels, downs, strict=True)
        )
        self.color_head = Head(3, width, 2, num_classes) if color_px else None

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "feature_channels": list(self.feature_channels),
            "mixed_channels": list(self.mixed_channels),
            "width": self.width,
            "num_classes": self.num_classes,
            "color_px": self.color_px,
        }

    def forward(
        self, scales: Sequence[Tensor], images: Tensor, c: Tensor | None = None
    ) -> list[Tensor]:
        """Maps, fine to coarse, of images [N, 3, H, W], class indices [N] -> logits of each head.

        Logits are [N, 1, h, w].
        """
        logits = [head(x, c) for head, x in zip(self.heads, self.mixing(scales), strict=True)]
        if self.color_head is not None:
            logits.append(self.color_head(F.adaptive_avg_pool2d(images, self.color_px), c))
        return logits
