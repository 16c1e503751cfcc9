"""The trainer of the upscaler, on rendered pairs and on unpaired generated pictures.

On pairs it is trained as SRGAN (Ledig et al. 2017, arXiv:1609.04802): pixels, features, and
discriminators. On generated pictures only the discriminators, feature matching, and the distance of
the shrunk result to the input count: so it learns to repair errors of the generators.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import EllipsisType
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from gan_models import metrics, networks, weights
from gan_models.media.images import to_pil
from gan_models.media.tensors import rows, to_float
from gan_models.metrics.features import FeatureMaps, pooled_features
from gan_models.networks.efficientnet_lite import EfficientNetLite
from gan_models.training import losses
from gan_models.training.feature_matching import Matching
from gan_models.training.optim import Batch, Losses, adam, split, update
from gan_models.training.trainers.base import Metadata, Trainer, load_all_fitting
from gan_models.training.trainers.chunks import UpscalerChunk

FACTOR = 4
NUM_SAMPLES = 8  # in a row of the sheet
JITTER_PX = 8
MOST_NOISE = 0.06  # standard deviation, in a range of 2


@dataclass(frozen=True)
class UpscalerSettings:
    """Networks and numbers; the weights multiply the losses of the same name."""

    generator: dict[str, Any]
    discriminator: dict[str, Any]
    patches: dict[str, Any]  # a discriminator of pixels
    crop_px: int = 128  # side of the parts of the large pictures
    generator_rate: float = 4e-4
    discriminator_rate: float = 4e-4
    betas: tuple[float, float] = (0.5, 0.99)
    pixels: float = 1.0
    shrunk: float = 2.0  # of pairs: L1 of the shrunk result
    kept: float = 1.0  # the same of generated pictures, blurred, to keep layout and colour
    perceptual: float = 0.5
    adversarial: float = 0.06
    matching: float = 1.0
    warm_up_kimg: float = 3.0  # without discriminators
    map_share: float = 0.4  # share of the pairs that are given with their label map
    labels: tuple[str, ...] = ()
    metadata: Metadata = field(kw_only=True)


class UpscalerTrainer(Trainer):
    """Generator against heads on ImageNet features and a patch discriminator (hinge loss).

    Args:
        settings: networks and numbers.
        features: frozen; for the discriminator, the matching and the perceptual loss.
        device: of all networks.
        held_out: `images` uint8 [N, 3, 4 S, 4 S] and `label_map`, never trained on, and `made`
            uint8 [N, 3, S, S], generated.
    """

    def __init__(
        self,
        settings: UpscalerSettings,
        features: EfficientNetLite,
        device: torch.device,
        held_out: Batch,
    ) -> None:
        self.settings, self.features, self.device = settings, features, device
        self.held_out, self.images_seen = held_out, 0
        families = {
            "generator": "upscaler",
            "discriminator": "projected-discriminator",
            "patches": "patchgan",
        }
        self.networks = {
            name: networks.build(family, getattr(settings, name)).to(device)
            for name, family in families.items()
        }
        average = networks.build("upscaler", settings.generator).to(device)
        average.load_state_dict(self.networks["generator"].state_dict())
        self.averages = {"generator": average.eval().requires_grad_(False)}
        discriminators = [self.networks["discriminator"], self.networks["patches"]]
        self.optimizers = {
            "generator": adam(
                [self.networks["generator"]], settings.generator_rate, settings.betas
            ),
            "discriminator": adam(discriminators, settings.discriminator_rate, settings.betas),
        }
        side = settings.crop_px - JITTER_PX
        corners = [held_out["images"][..., :side, :side], held_out["images"][..., -side:, -side:]]
        crops = torch.stack(corners, dim=1).flatten(0, 1)
        self.matching = Matching(features, side, crops)
        self._real_features: Any = None

    # --- training -------------------------------------------------------------------------------

    def step(self, batch: Batch, num_chunks: int) -> Losses:
        """Generator, then discriminators.

        `large` [N, 3, crop, crop] uint8 with `label_map` [N, crop, crop] are shrunk here;
        `made` [N, 3, crop / 4, crop / 4] uint8 are generated pictures without a large one.
        """
        parts = split({name: x.to(self.device) for name, x in batch.items()}, num_chunks)
        chunks = [UpscalerChunk(part["large"], part["label_map"], part["made"]) for part in parts]
        report = update(self.optimizers["generator"], chunks, self._generator_loss)
        if self._uses_discriminators():
            report |= update(self.optimizers["discriminator"], chunks, self._discriminator_loss)
        self.images_seen += len(batch["large"])
        return report

    def _uses_discriminators(self) -> bool:
        return self.images_seen >= self.settings.warm_up_kimg * 1000

    def _semantic_map(self, label_map: Tensor) -> Tensor:
        """[N, H, W] -> one-hot [N, num_labels, H, W]."""
        planes = F.one_hot(label_map.long(), self.networks["generator"].num_labels)
        return planes.permute(0, 3, 1, 2).float()

    def _inputs(self, chunk: UpscalerChunk) -> tuple[Tensor, Tensor]:
        """Small pictures, of pairs and then generated ones, and their maps, 0 where unknown.

        Half of the pairs are blurred and noisy to a random degree, like generated pictures.
        """
        small = F.avg_pool2d(to_float(chunk.large), FACTOR)
        blurred = small
        for _ in range(2):
            blurred = F.avg_pool2d(F.pad(blurred, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
        strength = torch.rand(len(small), 1, 1, 1, device=self.device)
        strength = strength * (torch.rand_like(strength) < 0.5)
        small = torch.lerp(small, blurred, strength)
        small = small + MOST_NOISE * strength * torch.randn_like(small)
        has_map = torch.rand(len(small), 1, 1, 1, device=self.device) < self.settings.map_share
        planes = self._semantic_map(chunk.label_map) * has_map
        made = to_float(chunk.made)
        unknown = planes.new_zeros(len(made), *planes.shape[1:])
        return torch.cat([small, made]), torch.cat([planes, unknown])

    def _window(self) -> tuple[slice | EllipsisType, ...]:
        """A random, slightly smaller part of the pictures for the discriminators.

        Strided layers give gradients a pattern, which the generator learns at a fixed position.
        """
        side = self.matching.input_px
        top, left = torch.randint(self.settings.crop_px - side + 1, (2,)).tolist()
        return ..., slice(top, top + side), slice(left, left + side)

    def _generator_loss(self, chunk: UpscalerChunk) -> tuple[Tensor, dict[str, Tensor]]:
        large = to_float(chunk.large)
        small, planes = self._inputs(chunk)
        fakes = self.networks["generator"](small, planes)
        paired, unpaired = fakes.split([len(large), len(chunk.made)])
        window = self._window()
        crops = fakes[window]
        found = self.matching.maps_of(crops)
        with torch.no_grad():
            truth = self.matching.maps_of(large[window])
        chunk.fakes, chunk.fake_maps = crops.detach(), found.detach()
        chunk.reals, chunk.real_maps = large[window], truth
        shrunk = F.avg_pool2d(unpaired, 2 * FACTOR)
        terms = {
            "pixels": F.l1_loss(paired, large),
            "shrunk": F.l1_loss(F.avg_pool2d(paired, FACTOR), F.avg_pool2d(large, FACTOR)),
            "kept": F.l1_loss(shrunk, F.avg_pool2d(small[len(large) :], 2)),
            "perceptual": losses.perceptual(truth.scales, found.first(len(large)).scales),
        }
        if self._uses_discriminators():
            logits = self.networks["discriminator"](found.scales, found.images)
            logits = [*logits, self.networks["patches"](crops)]
            terms["adversarial"] = losses.hinge_generator(logits) / len(logits)
            terms["matching"] = self.matching.compare(
                self.matching.describe(found), self.matching.describe(truth)
            )
        return losses.weighted_sum(terms, self.settings), terms

    def _discriminator_loss(self, chunk: UpscalerChunk) -> tuple[Tensor, dict[str, Tensor]]:
        real = self._logits(chunk.real_maps, chunk.reals)
        fake = self._logits(chunk.fake_maps, chunk.fakes)
        loss = losses.hinge_discriminator(real, fake) / len(real)
        return loss, {"discriminator": loss}

    def _logits(self, maps: FeatureMaps, images: Tensor) -> list[Tensor]:
        """The logits of both discriminators."""
        heads, patches = self.networks["discriminator"], self.networks["patches"]
        return [*heads(maps.scales, maps.images), patches(images)]

    # --- sheets and measures --------------------------------------------------------------------

    @torch.no_grad()
    def enlarge(self, small: Tensor, label_map: Tensor | None = None) -> Tensor:
        """Apply the averaged upscaler to uint8 pictures; float on the CPU."""
        parts = []
        for start in range(0, len(small), 8):
            part = to_float(small[start : start + 8].to(self.device))
            planes = None
            if label_map is not None:
                maps = label_map[start : start + 8].to(self.device)
                planes = self._semantic_map(maps)
            parts.append(self.averages["generator"](part, planes).cpu())
        return torch.cat(parts)

    def sheet(self) -> Image.Image:
        """Rows: true pictures, enlarged from 64 px, the same with maps, enlarged generated ones."""
        large, maps = (self.held_out[name][:NUM_SAMPLES] for name in ("images", "label_map"))
        small = shrink_bytes(large)
        parts = [to_float(large), self.enlarge(small), self.enlarge(small, maps)]
        parts.append(self.enlarge(self.held_out["made"][:NUM_SAMPLES]))
        return rows([to_pil(part) for part in parts])

    def evaluate(self) -> dict[str, float]:
        """KID-effl0 of enlarged true pictures and of enlarged generated ones."""
        reals = self.held_out["images"]
        if self._real_features is None:
            self._real_features = pooled_features(self.features, to_float(reals))
        true, made = (
            pooled_features(self.features, self.enlarge(small))
            for small in (shrink_bytes(reals), self.held_out["made"])
        )
        real = self._real_features
        return {"kid_effl0": metrics.kid(real, true), "kid_effl0_made": metrics.kid(real, made)}

    # --- files ----------------------------------------------------------------------------------

    def export(self, folder: Path, training: dict[str, Any]) -> None:
        """Write the averaged generator and the discriminators, each as NAME.safetensors."""
        for name, network in (self.networks | self.averages).items():
            weights.save_generator(
                folder / f"{name}.safetensors",
                network,
                task="upscaler",
                labels=self.settings.labels,
                training=training,
                **self.settings.metadata,
            )

    def warm_start(self, files: Mapping[str, Path]) -> list[str]:
        """Load the networks that `export` wrote, if they fit; then without warm-up."""
        found = load_all_fitting(self.networks, self.averages, files)
        if "discriminator" in found:
            self.images_seen = int(self.settings.warm_up_kimg * 1000)
        return found

    def extra_state(self) -> dict[str, Any]:
        """The number of pictures seen and the queues of the matching."""
        return {"images_seen": self.images_seen, "matching": self.matching.state()}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        """Restore the result of `extra_state`."""
        self.images_seen = state["images_seen"]
        self.matching.load_state(state["matching"])


def shrink_bytes(images: Tensor) -> Tensor:
    """uint8 [N, 3, 4 H, 4 W] -> the mean of each cell, uint8 [N, 3, H, W]."""
    return F.avg_pool2d(images.float(), FACTOR).round().clamp(0, 255).byte()
