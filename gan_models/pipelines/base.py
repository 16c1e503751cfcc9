"""What the pipelines share: a network, what it is, where it runs, and what its pictures say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from gan_models.networks.inference import bfloat16_gains
from gan_models.zoo import ModelSpec, same_weights

_PIXELS_A_BATCH = 16 * 128 * 128  # larger batches need more memory and are no faster


class BasePipeline:
    """A network, in eval mode, shared by all callers and never changed by them.

    Attributes:
        spec: what the model is.
        weights_sha256: hash of the weights file, part of every picture's provenance.
        upscaler_sha256: the same of the upscaler behind the generator; "" where there is none.
        generator: the network.
    """

    def __init__(self, generator: nn.Module, spec: ModelSpec, weights_sha256: str) -> None:
        self.generator = generator
        self.spec = spec
        self.weights_sha256 = weights_sha256
        self.upscaler_sha256 = ""

    @property
    def device(self) -> torch.device:
        """The device that the generator is on."""
        return next(self.generator.parameters()).device

    @property
    def batch_size(self) -> int:
        """Pictures computed at once."""
        return max(1, min(64, _PIXELS_A_BATCH // self.generator.img_resolution**2))

    @property
    def precision(self) -> torch.autocast:
        """A context in bfloat16 where `GANVAS_BFLOAT16=1` asks for it and it is faster; its
        pictures differ a little from those in float32.
        """
        wanted = os.environ.get("GANVAS_BFLOAT16") == "1" and bfloat16_gains(self.device.type)
        return torch.autocast(self.device.type, torch.bfloat16, enabled=wanted)

    def provenance(self, **facts: Any) -> dict[str, Any]:
        """What a picture's PNG says of how it was made."""
        return {
            "version": 1,
            "task": self.spec.task,
            "model": self.spec.id,
            "weights_sha256": self.weights_sha256,
            **({"upscaler_sha256": self.upscaler_sha256} if self.upscaler_sha256 else {}),
            **facts,
        }

    def made_with(self, provenance: Mapping[str, Any]) -> bool:
        """Whether a provenance names these weights, so that it gives its picture again."""
        return same_weights(provenance, self.weights_sha256, self.upscaler_sha256)
