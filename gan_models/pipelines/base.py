"""The base class of pipelines: network, spec, device, and provenance of pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import torch
from PIL import Image

from gan_models.device import device_title
from gan_models.media.images import provenance_of
from gan_models.networks.base import Network
from gan_models.networks.inference import bfloat16_gains
from gan_models.zoo import ModelSpec, same_weights

GeneratorT = TypeVar("GeneratorT", bound=Network)
_PIXELS_A_BATCH = 16 * 128 * 128  # larger batches need more memory and are not faster


class BasePipeline(Generic[GeneratorT]):
    """A network in eval mode, shared by all callers, who never change it.

    Attributes:
        spec: the model's entry of the table.
        weights_sha256: hash of the weights file, part of every picture's provenance.
        upscaler_sha256: the same of the upscaler; "": there is none.
        generator: the network.
    """

    def __init__(self, generator: GeneratorT, spec: ModelSpec, weights_sha256: str) -> None:
        self.generator = generator
        self.spec = spec
        self.weights_sha256 = weights_sha256
        self.upscaler_sha256 = ""

    @property
    def device(self) -> torch.device:
        """The device of the generator."""
        return next(self.generator.parameters()).device

    @property
    def device_title(self) -> str:
        """The title of the device for the page: the accelerator's name, or CPU and its threads."""
        return device_title(self.device)

    @property
    def batch_size(self) -> int:
        """Number of pictures computed at once."""
        return max(1, min(64, _PIXELS_A_BATCH // self.generator.img_resolution**2))

    @property
    def precision(self) -> torch.autocast:
        """A context in bfloat16 if `GANVAS_BFLOAT16=1` is set and it is faster; its pictures differ
        slightly from those in float32.
        """
        wanted = os.environ.get("GANVAS_BFLOAT16") == "1" and bfloat16_gains(self.device.type)
        return torch.autocast(self.device.type, torch.bfloat16, enabled=wanted)

    def provenance(self, **facts: Any) -> dict[str, Any]:
        """The provenance of a picture."""
        return {
            "version": 1,
            "task": self.spec.task,
            "model": self.spec.id,
            "weights_sha256": self.weights_sha256,
            **({"upscaler_sha256": self.upscaler_sha256} if self.upscaler_sha256 else {}),
            **facts,
        }

    def provenance_after(self, image: Image.Image, **facts: Any) -> dict[str, Any]:
        """The provenance of what is made of a picture: that of the picture, if any, is its base."""
        base = provenance_of(image)
        return self.provenance(**facts, **({"base": base} if base else {}))

    def made_with(self, provenance: Mapping[str, Any]) -> bool:
        """Whether a provenance is of these weights, so that the same picture can be made again."""
        return same_weights(provenance, self.weights_sha256, self.upscaler_sha256)
