"""A discriminator with its input stages: augmentation, and frozen features if it needs them."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from gan_models.device import mixed_precision
from gan_models.metrics.features import FeatureMaps
from gan_models.networks.efficientnet_lite import EfficientNetLite
from gan_models.training.augment import AdaController, diff_augment


class AugmentedDiscriminator:
    """Images and classes -> augmentation -> logits; the same for reals and fakes.

    Args:
        discriminator: takes images, or feature maps where `features` is given.
        features: frozen network of a projected discriminator.
        input_px: side to which pictures are resized for `features`.
        augmentations: names for `diff_augment`.
        ada: controls their probability; None: always applied.
    """

    def __init__(
        self,
        discriminator: nn.Module,
        features: EfficientNetLite | None = None,
        input_px: int = 128,
        augmentations: Sequence[str] = (),
        ada: AdaController | None = None,
    ) -> None:
        self.discriminator, self.features = discriminator, features
        self.input_px, self.augmentations, self.ada = input_px, tuple(augmentations), ada

    def __call__(self, images: Tensor, c: Tensor | None = None) -> list[Tensor]:
        """Images [N, 3, H, W], classes as the discriminator takes them -> logits of each head."""
        probability = 1.0 if self.ada is None else self.ada.probability
        images = diff_augment(images, self.augmentations, probability)
        if self.features is None:
            return [self.discriminator(images, c)]  # in float32, for R1's second derivatives
        return self.of_features(FeatureMaps.of(self.features, images, self.input_px), c)

    def of_features(self, maps: FeatureMaps, c: Tensor | None = None) -> list[Tensor]:
        """Feature maps of images -> logits of each head; for projected discriminators only."""
        with mixed_precision(maps.images.device):
            logits = self.discriminator(maps.scales, maps.images, c)
        return [x.float() for x in logits]
