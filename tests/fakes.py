"""A generator small enough to make pictures at once, and a pipeline around it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gan_models.pipelines import LatentPipeline
from gan_models.zoo import get_spec


class TinyGenerator(nn.Module):
    """z sets the colour of two halves: pictures that differ, and differ smoothly."""

    z_dim, img_resolution = 100, 64

    def __init__(self) -> None:
        super().__init__()
        self.anchor = nn.Parameter(torch.zeros(1))
        self.calls: list[int] = []

    def forward(self, z: Tensor) -> Tensor:
        """z [N, 100] -> [N, 3, 64, 64]."""
        self.calls.append(len(z))
        halves = torch.tanh(z[:, :6].reshape(-1, 3, 2, 1))
        return halves.repeat_interleave(32, 2).expand(-1, -1, -1, 64)


def fake_load(model: str, progress=None, cancelled=None) -> LatentPipeline:
    """As `load_pipeline`, without weights."""
    return LatentPipeline(TinyGenerator(), get_spec(model), "0" * 64)


class Clock:
    """Seconds that pass when the test says so, and a little at each look."""

    def __init__(self, tick: float = 0.001) -> None:
        self.now, self.tick = 100.0, tick

    def __call__(self) -> float:
        """The time in seconds."""
        self.now += self.tick
        return self.now
