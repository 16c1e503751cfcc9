"""The latent trainer as fine-tuning plays it: from a base, towards a handful of pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from gan_models import metrics
from gan_models.media.images import grid, to_pil
from gan_models.media.tensors import rows, to_float
from gan_models.metrics.features import pooled_features
from gan_models.networks.efficientnet_lite import EfficientNetLite0
from gan_models.training.trainers.latent import LatentSettings, LatentTrainer
from gan_models.weights import save_generator

MEASURED = 128  # generated pictures a measurement
MEASURED_REALS = 500
THUMB_PX = 8
COPY_RATIO = 0.5  # nearer to a training picture than this share of their own distances: a copy
NUM_NEAREST = 8
SHEET_PX = 640


@dataclass
class Nearest:
    """Generated pictures [N, 3, H, W], and for each the most alike of those trained on."""

    fakes: Tensor
    reals: Tensor
    ratio: np.ndarray  # [N] their distance, in typical distances between pictures trained on


class FinetuneTrainer(LatentTrainer):
    """A latent trainer that begins from a base and watches for copies of what it is shown."""

    def __init__(
        self,
        settings: LatentSettings,
        features: EfficientNetLite0,
        device: torch.device,
        reals: Tensor,
        generator: nn.Module,
        discriminator: nn.Module | None,
        how: dict[str, Any],
    ) -> None:
        super().__init__(settings, features, device, reals[:MEASURED_REALS])
        for networks in (self.networks, self.averages):
            networks["generator"].load_state_dict(generator.state_dict())
        ours = self.networks["discriminator"]
        if discriminator is not None and discriminator.config == ours.config:
            ours.load_state_dict(discriminator.state_dict())
        if self.ada is not None:
            self.ada.ramp_kimg = how["kimg"]  # in the paper's 500 kimg these runs are over
        self.how = how  # the settings, for the files to tell
        self.nearest: Nearest | None = None

    # --- looking and measuring ------------------------------------------------------------------

    def sheet(self) -> Image.Image:
        """The averaged generator's pictures of the first seeds."""
        return self._sheet_of(self.averages["generator"])

    def raw_sheet(self) -> Image.Image:
        """The same of the generator as it is."""
        return self._sheet_of(self.networks["generator"])

    def _sheet_of(self, generator: torch.nn.Module) -> Image.Image:
        side = min(max(SHEET_PX // generator.img_resolution, 3), 8)
        return grid(to_pil(self.sample(range(side * side), generator=generator)))

    def evaluate(self) -> dict[str, float]:
        """KID-effl0 and diversity against the pictures, and the share of copies of them."""
        if self._real_features is None:
            self._real_features = pooled_features(self.features, to_float(self.reals))
        fakes = self.sample(range(100_000, 100_000 + MEASURED))
        seen = pooled_features(self.features, fakes)
        self.nearest = find_nearest(fakes, self.reals)
        ratio = self.nearest.ratio
        return {
            "kid_effl0": metrics.kid(self._real_features, seen),
            "diversity_share": metrics.diversity(seen) / metrics.diversity(self._real_features),
            "layout_share": layout_diversity(fakes) / max(layout_diversity(self.reals), 1e-6),
            "memorised_share": float((ratio < COPY_RATIO).mean()),
            "nearest_ratio": float(np.median(ratio)),
        }

    def nearest_sheet(self) -> Image.Image | None:
        """Samples above the pictures trained on that are most like them; None before a measure."""
        if self.nearest is None:
            return None
        first = np.argsort(self.nearest.ratio)[:NUM_NEAREST]
        made, seen = self.nearest.fakes[first], to_float(self.nearest.reals[first])
        return rows([to_pil(made), to_pil(seen)])

    # --- files ----------------------------------------------------------------------------------

    def export(self, folder: Path, training: dict[str, Any]) -> None:
        """The finished networks; they say how they were tuned."""
        super().export(folder, training | {"settings": self.how})

    def save_snapshot(self, path: Path, training: dict[str, Any]) -> None:
        """The averaged generator as it stands, as a file that describes itself."""
        training = training | {"settings": self.how}
        card = self.settings.card
        save_generator(path, self.averages["generator"], task="latent", training=training, **card)


def find_nearest(fakes: Tensor, reals: Tensor) -> Nearest:
    """For each generated picture the most alike of those trained on, and how alike.

    Compared at 8 px, mirrored or not: ImageNet features tell a copy from its original by the mere
    blur and noise that a generator adds, the layout of the colours does not.

    Args:
        fakes: [N, 3, H, W] in [-1, 1].
        reals: [M, 3, H, W] uint8, two or more.
    """
    made, seen = _thumbnails(fakes), _thumbnails(reals)
    apart = metrics.pairwise_distances(seen, seen)
    np.fill_diagonal(apart, np.inf)
    scale = max(float(np.median(apart.min(axis=1))), 1e-6)
    mirrored = _thumbnails(reals.flip(-1))
    gaps = np.minimum(
        metrics.pairwise_distances(made, seen), metrics.pairwise_distances(made, mirrored)
    )
    return Nearest(fakes, reals[gaps.argmin(axis=1)], gaps.min(axis=1) / scale)


def layout_diversity(images: Tensor) -> float:
    """How far apart the layouts of pictures [N, 3, H, W] are: light and dark at 8 px.

    Each with mean 0 and deviation 1, so that a mere change of colour or light is no difference:
    generators that collapse often keep the colours and lose the layouts.
    """
    grey = _thumbnails(images).reshape(len(images), 3, -1).mean(axis=1)  # [N, 64]
    grey = grey - grey.mean(axis=1, keepdims=True)
    return metrics.diversity(grey / (grey.std(axis=1, keepdims=True) + 0.05))


def _thumbnails(images: Tensor) -> np.ndarray:
    """[N, 3, H, W] in [-1, 1], or uint8 -> [N, 3 x 8 x 8]."""
    parts = []
    for part in images.split(64):
        part = to_float(part) if part.dtype == torch.uint8 else part.float().clamp(-1, 1)
        parts.append(torch.nn.functional.adaptive_avg_pool2d(part, THUMB_PX).flatten(1))
    return torch.cat(parts).numpy()
