"""A painter small enough to paint at once, whose pictures show the label map id for id."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from gan_models.media.label_maps import palette
from gan_models.pipelines import SemanticPipeline
from gan_models.zoo import LocalFile, ModelSpec


class TinyPainter(nn.Module):
    """Each label has its own grey, which the style z tints: the map shows, id for id."""

    z_dim, num_labels = 4, 12

    def __init__(self, size: int = 64, seconds: float = 0.0) -> None:
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(1))
        self.crop_size = self.img_resolution = size
        self.seconds = seconds
        self.label_maps: list[np.ndarray] = []

    def forward(self, semantic_map: Tensor, z: Tensor) -> Tensor:
        """[1, 12, H, W] one-hot, [1, 4] -> [1, 3, H, W]."""
        time.sleep(self.seconds)
        label_map = semantic_map.argmax(1)
        self.label_maps.append(label_map[0].numpy().astype(np.uint8))
        grey = label_map / 6 - 1  # [1, H, W]
        return (grey[:, None] + 0.1 * torch.tanh(z[:, :3, None, None])).clamp(-1, 1)


class TinyStyleEncoder(nn.Module):
    """The mean colours of a picture as its style."""

    img_size = 32

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """[N, 3, 32, 32] -> two [N, 4]."""
        mu = torch.nn.functional.pad(images.mean((2, 3)), (0, 1))
        return mu, torch.zeros_like(mu)


def painter_spec() -> ModelSpec:
    """An entry of the table for `TinyPainter`."""
    return ModelSpec(
        id="paint",
        title="Tiny landscape",
        task="semantic",
        family="spade",
        resolution=64,
        source=LocalFile(__file__),
        sha256=None,
        size_bytes=1,
        licence="MIT",
        attribution="a test",
        trained_on="nothing",
        num_params=1,
        labels=palette("landscape").labels,
    )


class TinyStreet(TinyPainter):
    """Three labels, no style."""

    z_dim, num_labels = 0, 3


def street_spec() -> ModelSpec:
    """An entry of the table for `TinyStreet`."""
    labels = ("road", "kerb", "building")
    return replace(painter_spec(), id="street", title="Tiny street", labels=labels)


def fake_street() -> SemanticPipeline:
    """A painter with another legend."""
    return SemanticPipeline(TinyStreet(), street_spec(), "1" * 64)


def fake_painter(model: str = "paint", progress=None, cancelled=None) -> SemanticPipeline:
    """As `load_pipeline`, without weights."""
    return SemanticPipeline(TinyPainter(), painter_spec(), "0" * 64, TinyStyleEncoder())
