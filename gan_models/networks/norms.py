"""The normalisations of translators, with one signature."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

NormKind = Literal["instance", "instance-affine", "batch"]


class InstanceNorm(nn.Module):
    """Each channel of each picture to mean 0 and variance 1 (Ulyanov et al., arXiv:1607.08022)."""

    def __init__(self, channels: int, *, affine: bool = False) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None

    def forward(self, x: Tensor, batch_stats: bool = False) -> Tensor:
        """x [N, C, H, W] -> the same shape; `batch_stats` changes nothing here."""
        if len(x) == 1 and not self.training:
            # of one picture the batch's statistics are its own, in whatever memory layout
            return F.batch_norm(x, None, None, self.weight, self.bias, training=True)
        return F.instance_norm(x, weight=self.weight, bias=self.bias)


class BatchNorm(nn.BatchNorm2d):
    """Batch norm that can use the batch's own statistics outside training, too."""

    def forward(self, input: Tensor, batch_stats: bool = False) -> Tensor:
        """input [N, C, H, W] -> the same shape.

        `batch_stats`: normalise as in training, without updating the running statistics.
        """
        if self.training or not batch_stats:
            return super().forward(input)
        return F.batch_norm(input, None, None, self.weight, self.bias, training=True, eps=self.eps)


def running_statistics(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """The running variance and mean [C] of a batch norm.

    Raises:
        ValueError: it was built without them.
    """
    if norm.running_var is None or norm.running_mean is None:
        raise ValueError("This batch norm has no running statistics.")
    return norm.running_var, norm.running_mean


def make_norm(kind: NormKind, channels: int) -> nn.Module:
    """Build a normalisation of one of the known kinds.

    Raises:
        ValueError: an unknown kind.
    """
    if kind == "batch":
        return BatchNorm(channels)
    if kind not in ("instance", "instance-affine"):
        raise ValueError(f'norm is "instance", "instance-affine" or "batch", not {kind!r}.')
    return InstanceNorm(channels, affine=kind == "instance-affine")


def initialise(module: nn.Module) -> None:
    """Normal weights of deviation 0.02, as the CycleGAN and pix2pix papers give them."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, BatchNorm):
        nn.init.normal_(module.weight, 1.0, 0.02)
