"""A VAE's half beside a GAN (VAE/GAN, Larsen et al. 2016, arXiv:1512.09300).

A generator that must also give back real pictures cannot settle on a few layouts, which is what
short adversarial training alone ends in.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.metrics.features import FeatureMaps
from gan_models.networks.efficientnet_lite import EfficientNetLite0
from gan_models.training import losses


@dataclass(frozen=True)
class ReconstructionSettings:
    """What multiplies each term."""

    perceptual: float = 10.0
    pixels: float = 5.0
    kl: float = 0.004  # a nat
    share: float = 1.0  # of the batch that is given back


class Reconstruction:
    """Reals -> z, and what it costs that the generator gives back something else.

    Args:
        settings: the weights.
        encoder: feature maps and pictures -> mu, logvar.
        features: the frozen network, for the encoder and the perceptual loss.
        input_px: side to which pictures are brought for `features`.
    """

    def __init__(
        self,
        settings: ReconstructionSettings,
        encoder: nn.Module,
        features: EfficientNetLite0,
        input_px: int,
    ) -> None:
        self.settings, self.encoder = settings, encoder
        self.features, self.input_px = features, input_px

    def _look(self, images: Tensor) -> list[Tensor]:
        return FeatureMaps.of(self.features, images, self.input_px).scales

    def encode(
        self, images: Tensor, seen: FeatureMaps | None = None
    ) -> tuple[Tensor, dict[str, Tensor | list[Tensor]]]:
        """Images [N, 3, H, W] -> a drawn z [N, z_dim], and what `loss` needs to know.

        `seen` are their maps at `input_px`, where they are there already.
        """
        with torch.no_grad():
            scales = self._look(images) if seen is None else seen.scales
        mu, logvar = self.encoder(scales, images)
        z = mu + torch.randn_like(mu) * (0.5 * logvar).exp()
        return z, {"images": images, "scales": scales, "kl": losses.kl_free_bits(mu, logvar, 0.0)}

    def loss(
        self, known: dict[str, Tensor | list[Tensor]], given_back: Tensor
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum and its terms, for pictures made from `encode`'s z."""
        terms = {
            "perceptual": losses.perceptual(known["scales"], self._look(given_back)),
            "pixels": F.l1_loss(given_back, known["images"]),
            "kl": known["kl"],
        }
        total = sum(getattr(self.settings, name) * term for name, term in terms.items())
        return total, terms
