"""Augmentations of reals and fakes alike, to train a discriminator on few pictures.

DiffAugment (Zhao et al. 2020, arXiv:2006.10738): colour, translation, cutout, differentiable. The
adaptive probability is that of ADA (Karras et al. 2020, arXiv:2006.06676), section 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

TRANSLATION = 0.125  # of the side
CUTOUT = 0.5  # of the side


def _uniform(images: Tensor) -> Tensor:
    return torch.rand(len(images), 1, 1, 1, device=images.device, dtype=images.dtype)


def _color(images: Tensor) -> Tensor:
    """Brightness ±0.5, saturation x 0 to 2, contrast x 0.5 to 1.5."""
    x = images + (_uniform(images) - 0.5)
    grey = x.mean(1, keepdim=True)
    x = (x - grey) * (_uniform(images) * 2) + grey
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return (x - mean) * (_uniform(images) + 0.5) + mean


def _translation(images: Tensor) -> Tensor:
    """Shift by whole pixels, zeros from outside."""
    N, _, H, W = images.shape
    device = images.device
    pad_y, pad_x = round(H * TRANSLATION), round(W * TRANSLATION)
    dy = torch.randint(0, 2 * pad_y + 1, (N, 1, 1), device=device)
    dx = torch.randint(0, 2 * pad_x + 1, (N, 1, 1), device=device)
    padded = F.pad(images, (pad_x, pad_x, pad_y, pad_y)).permute(0, 2, 3, 1)  # [N, H, W, 3]
    rows = torch.arange(H, device=device).view(1, H, 1) + dy
    columns = torch.arange(W, device=device).view(1, 1, W) + dx
    index = torch.arange(N, device=device).view(N, 1, 1)
    return padded[index, rows, columns].permute(0, 3, 1, 2)


def _cutout(images: Tensor) -> Tensor:
    """Grey out a square of half the side, its middle anywhere."""
    N, _, H, W = images.shape
    centre_y = torch.randint(0, H, (N, 1, 1), device=images.device)
    centre_x = torch.randint(0, W, (N, 1, 1), device=images.device)
    rows = torch.arange(H, device=images.device).view(1, H, 1)
    columns = torch.arange(W, device=images.device).view(1, 1, W)
    inside = ((rows - centre_y).abs() < H * CUTOUT / 2) & (
        (columns - centre_x).abs() < W * CUTOUT / 2
    )
    return images * (~inside)[:, None]


AUGMENTATIONS = {"color": _color, "translation": _translation, "cutout": _cutout}


def diff_augment(images: Tensor, names: Sequence[str], probability: float = 1.0) -> Tensor:
    """Apply each named augmentation to images [N, 3, H, W], to each picture with `probability`.

    Raises:
        ValueError: a name other than color, translation, cutout.
    """
    for name in names:
        if name not in AUGMENTATIONS:
            raise ValueError(f"No augmentation {name!r}; there are {', '.join(AUGMENTATIONS)}.")
        changed = AUGMENTATIONS[name](images)
        if probability >= 1:
            images = changed
        else:
            images = torch.where(_uniform(images) < probability, changed, images)
    return images


@dataclass
class AdaController:
    """Keeps r_t = E[sign(D(real))] near `target` by raising and lowering the probability.

    ADA (Karras et al. 2020), section 3.1: the way from 0 to 1 takes at least `ramp_kimg`.
    """

    target: float = 0.6
    ramp_kimg: float = 100.0
    interval: int = 4  # steps
    probability: float = 0.0
    sign_sum: float = 0.0
    sign_count: int = 0
    steps: int = 0

    def observe(self, real_logits: Sequence[Tensor], batch: int) -> None:
        """Record the discriminator's logits on a batch of reals; adjust every `interval` steps."""
        for logits in real_logits:
            self.sign_sum += float(logits.detach().sign().mean())
            self.sign_count += 1
        self.steps += 1
        if self.steps % self.interval == 0:
            mean_sign = self.sign_sum / self.sign_count
            change = self.interval * batch / (self.ramp_kimg * 1000)
            self.probability += change if mean_sign > self.target else -change
            self.probability = min(max(self.probability, 0.0), 1.0)
            self.sign_sum, self.sign_count = 0.0, 0
