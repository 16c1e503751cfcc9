"""The networks: nn.Modules only, tensors in, tensors out; one file per family, named after it."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gan_models.networks.base import Network

# family -> "module:class"; imported when built, so that one family costs nothing to the others
FAMILIES: dict[str, str] = {
    "dcgan": "dcgan:DCGANGenerator",
    "dcgan-discriminator": "dcgan:DCGANDiscriminator",
    "stylegan2": "stylegan2:StyleGAN2Generator",
    "stylegan2-discriminator": "stylegan2_discriminator:StyleGAN2Discriminator",
    "stylegan3": "stylegan3:StyleGAN3Generator",
    "biggan-deep": "biggan:BigGANDeepGenerator",
    "resnet": "resnet:ResnetGenerator",
    "unet": "unet:UnetGenerator",
    "patchgan": "patchgan:PatchDiscriminator",
    "spade": "spade:SpadeGenerator",
    "spade-encoder": "spade:StyleEncoder",
    "spade-discriminator": "spade_discriminator:MultiscaleDiscriminator",
    "animegan2": "animegan2:AnimeGANGenerator",
    "fastgan": "fastgan:FastGANGenerator",
    "rrdbnet": "fast.rrdb:FastRRDBNet",
    "srvgg": "fast.compact:FastSRVGGNetCompact",
    "feature-encoder": "feature_encoder:FeatureEncoder",
    "aux-classifier": "aux_classifier:AuxClassifier",
    "classifier": "classifier:Classifier",
    "efficientnet_lite0": "efficientnet_lite:EfficientNetLite0",
    "efficientnet_lite2": "efficientnet_lite:EfficientNetLite2",
    "projected-discriminator": "projected:ProjectedDiscriminator",
    "segmenter": "segmenter:Segmenter",
    "upscaler": "upscaler:Upscaler",
    "perceptron": "digits:PerceptronGenerator",
    "perceptron-discriminator": "digits:PerceptronDiscriminator",
    "dcgan-28": "digits:DigitGenerator",
    "dcgan-28-discriminator": "digits:DigitDiscriminator",
    "digit-classifier": "digits:DigitClassifier",
}

# names of families in files of earlier versions -> those of today
ALIASES = {"feature-reader": "aux-classifier"}


def build(family: str, config: dict[str, Any]) -> Network:
    """Build an untrained network of `family` from its constructor arguments.

    Raises:
        ValueError: the family is unknown, or the arguments do not fit it.
    """
    if family not in FAMILIES:
        raise ValueError(f"Unknown family {family!r}. Known are: {', '.join(sorted(FAMILIES))}.")
    module, name = FAMILIES[family].split(":")
    cls = getattr(importlib.import_module(f"{__name__}.{module}"), name)
    try:
        return cls(**config)
    except TypeError as error:
        raise ValueError(f"The configuration does not fit family {family!r}: {error}.") from error
