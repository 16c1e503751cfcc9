"""The mapping network of StyleGAN2 and StyleGAN3: Karras et al. 2019, "A Style-Based Generator
Architecture" (arXiv:1812.04948), with the classes of StyleGAN2-ADA (arXiv:2006.06676)."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SQRT2 = 2**0.5


class EqualLinear(nn.Module):
    """A linear layer; weights of variance 1 are scaled at run time (arXiv:1710.10196)."""

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        activate: bool = False,
        lr_multiplier: float = 1.0,
        bias_init: float = 0.0,
    ) -> None:
        super().__init__()
        self.activate, self.lr_multiplier = activate, lr_multiplier
        self.weight = nn.Parameter(torch.randn(out_features, in_features) / lr_multiplier)
        self.bias = nn.Parameter(torch.full((out_features,), bias_init / lr_multiplier))

    def forward(self, x: Tensor) -> Tensor:
        """x [N, in_features] -> [N, out_features]."""
        gain = self.lr_multiplier / self.weight.shape[1] ** 0.5
        # full precision also under autocast: few operations, which affect every pixel
        with torch.autocast(x.device.type, enabled=False):
            weight = self.weight.t().to(x.dtype)
            bias = self.bias.to(x.dtype)
            x = torch.addmm(bias, x, weight, beta=self.lr_multiplier, alpha=gain)
        return F.leaky_relu(x, 0.2) * SQRT2 if self.activate else x


def normalise(x: Tensor) -> Tensor:
    """Scale each row of x [N, D] to a mean square of 1."""
    return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


class MappingNetwork(nn.Module):
    """z, and a class where there are any -> w, one copy for each layer that takes one.

    `w_avg` is a live buffer: the truncation of the next call uses its value at that time.
    """

    w_avg: Tensor

    def __init__(
        self,
        z_dim: int,
        c_dim: int,
        w_dim: int,
        num_ws: int,
        num_layers: int = 8,
        embed_features: int | None = None,
        layer_features: int | None = None,
    ) -> None:
        super().__init__()
        self.z_dim, self.c_dim, self.w_dim, self.num_ws = z_dim, c_dim, w_dim, num_ws
        self.embed_features = (embed_features or w_dim) if c_dim else 0
        self.layer_features = layer_features or w_dim
        widths = [z_dim + self.embed_features] + [self.layer_features] * (num_layers - 1) + [w_dim]
        self.embed = EqualLinear(c_dim, self.embed_features) if c_dim else None
        self.layers = nn.ModuleList(
            EqualLinear(before, after, activate=True, lr_multiplier=0.01)
            for before, after in pairwise(widths)
        )
        self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(
        self,
        z: Tensor,
        c: Tensor | None = None,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
    ) -> Tensor:
        """z [N, z_dim], c [N, c_dim] -> ws [N, num_ws, w_dim].

        Args:
            z: normal noise.
            c: one-hot or soft classes.
            truncation_psi: 1 leaves w alone, 0 gives the average picture.
            truncation_cutoff: how many of the first ws are truncated; None: all.

        Raises:
            ValueError: a class is missing.
        """
        w = self.map(z, c)
        ws = w[:, None].expand(-1, self.num_ws, -1)  # [N, num_ws, w_dim]
        if truncation_psi == 1:
            return ws
        cutoff = self.num_ws if truncation_cutoff is None else truncation_cutoff
        truncated = self.w_avg.lerp(ws[:, :cutoff], truncation_psi)
        return torch.cat([truncated, ws[:, cutoff:]], dim=1)

    def map(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """Map z [N, z_dim], c [N, c_dim] to w [N, w_dim], without truncation."""
        parts = [normalise(z.to(self.w_avg.dtype))] if self.z_dim else []
        if self.embed is not None:
            if c is None:
                raise ValueError(f"This network needs a class: give c, one row of {self.c_dim}.")
            parts.append(normalise(self.embed(c.to(self.w_avg.dtype))))
        x = torch.cat(parts, dim=1) if len(parts) > 1 else parts[0]
        for layer in self.layers:
            x = layer(x)
        return x

    @torch.no_grad()
    def track(self, w: Tensor, decay: float = 0.998) -> None:
        """Move `w_avg` towards the mean of w [N, w_dim], as training does at each step."""
        self.w_avg.copy_(w.mean(dim=0).lerp(self.w_avg, decay))
