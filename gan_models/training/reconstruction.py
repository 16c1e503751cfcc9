"""Reconstruction by an encoder beside a GAN (VAE/GAN, Larsen et al. 2016, arXiv:1512.09300).

A generator that must also reconstruct real pictures cannot collapse to a few layouts, as it does
after short, purely adversarial training.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_models.metrics.features import FeatureMaps
from gan_models.networks.base import Network
from gan_models.networks.efficientnet_lite import EfficientNetLite
from gan_models.training import losses


@dataclass(frozen=True)
class ReconstructionSettings:
    """The weights of the terms."""

    perceptual: float = 10.0
    pixels: float = 5.0
    kl: float = 0.004  # per nat
    share: float = 1.0  # of the batch that is reconstructed


@dataclass(frozen=True)
class Encoded:
    """Pictures that were encoded, to compare with their reconstructions."""

    images: Tensor  # [N, 3, H, W]
    scales: list[Tensor]  # their feature maps
    kl: Tensor  # the KL divergence of their z, a scalar


class Reconstruction:
    """Encodes real pictures to z, and gives the loss of their reconstructions.

    Args:
        settings: weights of the terms.
        encoder: feature maps and pictures -> mu, logvar.
        features: the frozen network, for the encoder and the perceptual loss.
        input_px: side to which pictures are resized for `features`.
    """

    def __init__(
        self,
        settings: ReconstructionSettings,
        encoder: Network,
        features: EfficientNetLite,
        input_px: int,
    ) -> None:
        self.settings, self.encoder = settings, encoder
        self.features, self.input_px = features, input_px

    def _scales(self, images: Tensor) -> list[Tensor]:
        return FeatureMaps.of(self.features, images, self.input_px).scales

    def encode(self, images: Tensor, maps: FeatureMaps | None = None) -> tuple[Tensor, Encoded]:
        """Images [N, 3, H, W] -> a sampled z [N, z_dim], and the reference for `loss`.

        `maps`: those of the images at `input_px`, if they were computed already.
        """
        with torch.no_grad():
            scales = self._scales(images) if maps is None else maps.scales
        mu, logvar = self.encoder(scales, images)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return z, Encoded(images, scales, losses.kl_free_bits(mu, logvar, 0.0))

    def loss(self, encoded: Encoded, made: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum and its terms, for pictures `made` from the z of `encode`."""
        terms = {
            "perceptual": losses.perceptual(encoded.scales, self._scales(made)),
            "pixels": F.l1_loss(made, encoded.images),
            "kl": encoded.kl,
        }
        return losses.weighted_sum(terms, self.settings), terms
