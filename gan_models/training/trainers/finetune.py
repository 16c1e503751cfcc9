"""The latent trainer for fine-tuning: starts from a base, trains on few pictures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gan_models import metrics
from gan_models.media.images import grid, to_pil
from gan_models.media.tensors import rows, to_float
from gan_models.metrics.features import pooled_features
from gan_models.networks.base import Network
from gan_models.networks.efficientnet_lite import EfficientNetLite
from gan_models.training.trainers.latent import LatentSettings, LatentTrainer
from gan_models.weights import save_generator

MEASURED = 128  # generated pictures for a measurement
MEASURED_REALS = 500
THUMB_PX = 8
COPY_RATIO = 0.5  # a copy is nearer to a training picture than this share of their distances
NUM_NEAREST = 8
SHEET_PX = 640


@dataclass
class Nearest:
    """Generated pictures [N, 3, H, W], and for each the most similar training picture."""

    fakes: Tensor
    reals: Tensor
    ratio: np.ndarray  # [N] their distance / a typical distance between training pictures


class FinetuneTrainer(LatentTrainer):
    """A latent trainer that starts from a base and measures copies of training pictures."""

    def __init__(
        self,
        settings: LatentSettings,
        features: EfficientNetLite,
        device: torch.device,
        reals: Tensor,
        generator: Network,
        discriminator: Network | None,
        finetune_settings: dict[str, Any],
    ) -> None:
        super().__init__(settings, features, device, reals[:MEASURED_REALS])
        for networks in (self.networks, self.averages):
            networks["generator"].load_state_dict(generator.state_dict())
        fresh = self.networks["discriminator"]
        if discriminator is not None and discriminator.config == fresh.config:
            fresh.load_state_dict(discriminator.state_dict())
        if self.ada is not None:
            self.ada.ramp_kimg = finetune_settings["kimg"]  # runs are shorter than the default
        self.finetune_settings = finetune_settings  # for the metadata of the files
        self.nearest: Nearest | None = None

    # --- sheets and measures --------------------------------------------------------------------

    def sheet(self) -> Image.Image:
        """Pictures of the first seeds, by the averaged generator."""
        return self._sheet_of(self.averages["generator"])

    def raw_sheet(self) -> Image.Image:
        """The same by the generator without averaging."""
        return self._sheet_of(self.networks["generator"])

    def _sheet_of(self, generator: Network) -> Image.Image:
        side = min(max(SHEET_PX // generator.img_resolution, 3), 8)
        return grid(to_pil(self.sample(range(side * side), generator=generator)))

    def evaluate(self) -> dict[str, float]:
        """KID-effl0 and diversity against the pictures, and the share of copies of them."""
        if self._real_features is None:
            self._real_features = pooled_features(self.features, to_float(self.reals))
        fakes = self.sample(range(100_000, 100_000 + MEASURED))
        found = pooled_features(self.features, fakes)
        self.nearest = find_nearest(fakes, self.reals)
        ratio = self.nearest.ratio
        return {
            "kid_effl0": metrics.kid(self._real_features, found),
            "diversity_share": metrics.diversity(found) / metrics.diversity(self._real_features),
            "layout_share": layout_diversity(fakes) / max(layout_diversity(self.reals), 1e-6),
            "memorised_share": float((ratio < COPY_RATIO).mean()),
            "nearest_ratio": float(np.median(ratio)),
        }

    def nearest_sheet(self) -> Image.Image | None:
        """Samples above the training pictures most similar to them; None before a measurement."""
        if self.nearest is None:
            return None
        first = np.argsort(self.nearest.ratio)[:NUM_NEAREST]
        made, seen = self.nearest.fakes[first], to_float(self.nearest.reals[first])
        return rows([to_pil(made), to_pil(seen)])

    # --- files ----------------------------------------------------------------------------------

    def export(self, folder: Path, training: dict[str, Any]) -> None:
        """Write the networks, with the settings in their metadata."""
        super().export(folder, training | {"settings": self.finetune_settings})

    def save_snapshot(self, path: Path, training: dict[str, Any]) -> None:
        """Write the averaged generator as a self-describing file."""
        save_generator(
            path,
            self.averages["generator"],
            task="latent",
            training=training | {"settings": self.finetune_settings},
            **self.settings.metadata,
        )


def find_nearest(fakes: Tensor, reals: Tensor) -> Nearest:
    """For each generated picture the most similar training picture, and their distance.

    Compared at 8 px, mirrored or not: in ImageNet features the blur and noise of a generator alone
    separate a copy from its original, in the layout of the colours they do not.

    Args:
        fakes: [N, 3, H, W] in [-1, 1].
        reals: [M, 3, H, W] uint8, two or more.
    """
    made, real = _thumbnails(fakes), _thumbnails(reals)
    apart = metrics.pairwise_distances(real, real)
    np.fill_diagonal(apart, np.inf)
    scale = max(float(np.median(apart.min(axis=1))), 1e-6)
    mirrored = _thumbnails(reals.flip(-1))
    gaps = np.minimum(
        metrics.pairwise_distances(made, real), metrics.pairwise_distances(made, mirrored)
    )
    return Nearest(fakes, reals[gaps.argmin(axis=1)], gaps.min(axis=1) / scale)


def layout_diversity(images: Tensor) -> float:
    """The mean distance of the layouts of pictures [N, 3, H, W]: brightness at 8 px.

    Each with mean 0 and deviation 1, so that a mere change of colour or brightness is no
    difference: collapsing generators often keep the variety of colours and lose that of layouts.
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
