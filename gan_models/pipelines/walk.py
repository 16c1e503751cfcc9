"""Interpolation in latent space: slerp, and constant speed through keyframes."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Spherical interpolation of latents [..., dim] (Shoemake 1985), t in [0, 1].

    The ends are exactly `a` and `b`; parallel vectors are interpolated linearly.
    """
    if t <= 0 or t >= 1:
        return a if t <= 0 else b
    angle = _angle(a, b)
    sine = torch.sin(angle)
    mixed = (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / sine.clamp_min(1e-8)
    return torch.where(sine < 1e-4, torch.lerp(a, b, t), mixed)


def lerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Linear interpolation, the one for w (Karras et al. 2019, appendix on path length)."""
    return torch.lerp(a, b, t)


def _angle(a: Tensor, b: Tensor) -> Tensor:
    """Angle between latents [..., dim], [..., 1] in radians."""
    unit_a = torch.nn.functional.normalize(a, dim=-1)
    unit_b = torch.nn.functional.normalize(b, dim=-1)
    return torch.acos((unit_a * unit_b).sum(-1, keepdim=True).clamp(-1, 1))


def walk_times(
    keys: Tensor, num_frames: int, closed: bool, space: str = "z"
) -> list[tuple[int, float]]:
    """The position of each frame: its segment, and the position in the segment, 0 to 1.

    `keys` is [K, dim]. Speed is constant along the whole path; on a closed path (last key = first)
    frame k is at k / num_frames, and the end, which is the start, is not repeated.
    """
    lengths = [float(_length(a, b, space)) for a, b in pairwise(keys)]
    total = sum(lengths)
    if total == 0:  # all keys are equal
        lengths, total = [1.0] * len(lengths), float(len(lengths))
    steps = num_frames if closed else num_frames - 1
    return [_locate(total * k / steps, lengths) for k in range(num_frames)]


def _length(a: Tensor, b: Tensor, space: str) -> Tensor:
    if space == "w":
        return (b - a).norm()
    return _angle(a, b).squeeze() * (a.norm() + b.norm()) / 2


def _locate(distance: float, lengths: list[float]) -> tuple[int, float]:
    for segment, length in enumerate(lengths):
        if distance <= length and length > 0:
            return segment, distance / length
        distance -= length
    return len(lengths) - 1, 1.0
