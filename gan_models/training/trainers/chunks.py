"""Parts of batches, with the results of the generator's step that other steps need."""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from gan_models.metrics.features import FeatureMaps


@dataclass
class LatentChunk:
    """A part of a batch; the generator's step sets what the other networks are trained on."""

    images: Tensor  # [N, 3, H, W] uint8
    class_index: Tensor | None  # [N]
    fakes: Tensor = field(init=False)  # [N, 3, H, W] without gradients, as all below
    real_maps: FeatureMaps | None = None  # only where they are shared
    fake_maps: FeatureMaps | None = None
    real_features: Tensor = field(init=False)  # [N, D] for the auxiliary classifier
    fake_features: Tensor = field(init=False)

    @property
    def required_class(self) -> Tensor:
        """`class_index`.

        Raises:
            ValueError: the data has no classes.
        """
        if self.class_index is None:
            raise ValueError("An auxiliary classifier needs data with classes.")
        return self.class_index


@dataclass
class UpscalerChunk:
    """A part of a batch; the generator's step sets what the discriminators are trained on."""

    large: Tensor  # [N, 3, crop, crop] uint8
    label_map: Tensor  # [N, crop, crop]
    made: Tensor  # [N, 3, crop / 4, crop / 4] uint8
    reals: Tensor = field(init=False)  # windows of `large` and of all results
    fakes: Tensor = field(init=False)
    real_maps: FeatureMaps = field(init=False)
    fake_maps: FeatureMaps = field(init=False)
