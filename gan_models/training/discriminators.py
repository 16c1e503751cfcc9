"""A discriminator with what comes before it: augmentation, and features where it needs them."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from gan_models.device import mixed_precision
from gan_models.metrics.features import FeatureMaps
from gan_models.networks.efficientnet_lite import EfficientNetLite0
from gan_models.training.augment import AdaController, diff_augment


class AugmentedDiscriminator:
    """Images and classes -> logits, through augmentation; the same for reals and fakes.

    Args:
        discriminator: takes images, or feature maps where `features` is given.
        features: frozen network of a projected discriminator.
        input_px: side to which pictures are brought for `features`.
        augmentations: names for `diff_augment`.
        ada: controls how often they act; None: always.
    """

    def __init__(
        self,
        discriminator: nn.Module,
        features: EfficientNetLite0 | None = None,
        input_px: int = 128,
        augmentations: Sequence[str] = (),
        ada: AdaController | None = None,
    ) -> None:
        self.discriminator, self.features = discriminator, features
        self.input_px, self.augmentations, self.ada = input_px, tuple(augmentations), ada

    def __call__(self, images: Tensor, c: Tensor | None = None) -> list[Tensor]:
        """Images [N, 3, H, W], class as the discriminator wants it -> logits, one each head."""
        probability = 1.0 if self.ada is None else self.ada.probability
        images = diff_augment(images, self.augmentations, probability)
        if self.features is None:
            return [self.discriminator(images, c)]  # in float32, for R1's second derivatives
        return self.of_features(FeatureMaps.of(self.features, images, self.input_px), c)

    def of_features(self, seen: FeatureMaps, c: Tensor | None = None) -> list[Tensor]:
        """Feature maps instead of images -> logits, one each head; only for projected heads."""
        with mixed_precision(seen.images.device):
            logits = self.discriminator(seen.scales, seen.images, c)
        return [x.float() for x in logits]
