"""The trainer of semantic painting: SPADE and a style encoder (Park et al. 2019, 1903.07291)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from gan_models import metrics, networks, seeds, weights
from gan_models.device import mixed_precision
from gan_models.media.images import to_pil
from gan_models.media.label_maps import colors_of
from gan_models.media.tensors import channels_last, rows, to_byte, to_float
from gan_models.metrics.features import pooled_features
from gan_models.networks.efficientnet_lite import EfficientNetLite
from gan_models.training import losses
from gan_models.training.feature_matching import Matching
from gan_models.training.optim import Batch, Losses, adam, split, update
from gan_models.training.trainers.base import Metadata, Trainer, load_all_fitting

COLOUR_CELLS = 16  # per side, in which mean colours are compared, regardless of texture
FAMILIES = {
    "generator": "spade",
    "encoder": "spade-encoder",
    "discriminator": "spade-discriminator",
    "segmentation_discriminator": "segmenter",
}


@dataclass(frozen=True)
class SemanticSettings:
    """Networks and numbers; the weights multiply the losses of the same name."""

    generator: dict[str, Any]
    encoder: dict[str, Any]
    discriminator: dict[str, Any]
    segmentation_discriminator: dict[str, Any]
    labels: tuple[str, ...]
    generator_rate: float = 2e-4
    discriminator_rate: float = 4e-4
    segmentation_rate: float = 1e-3
    betas: tuple[float, float] = (0.0, 0.99)
    feature_matching: float = 10.0
    perceptual: float = 5.0
    colour: float = 30.0  # with less the style stays unused
    kl: float = 0.01
    free_nats: float = 0.1  # for each component of the style
    segmentation: float = 4.0
    matching: float = 20.0
    features_px: int = 128  # side of the pictures for the frozen features
    blob_interval: int = 2  # steps between batches of blob maps
    num_metric_images: int = 300
    metadata: Metadata = field(kw_only=True)


class SemanticTrainer(Trainer):
    """Generator and encoder against a multi-scale patch discriminator (hinge loss) and a
    segmentation discriminator.

    The latter is that of OASIS (Schönfeld et al. 2021, arXiv:2012.04781): it predicts the label of
    every real pixel and has one more label for generated ones. Its real pictures are scenes and
    collages, so that every label occurs in any place.

    Args:
        settings: networks and numbers.
        features: for losses and measures.
        device: of all networks.
        held_out: `images` uint8 [N, 3, H, W], `label_map` and `blob_map` [N, H, W], never trained
            on.
    """

    RENAMED: ClassVar[Mapping[str, str]] = {"reader": "segmentation_discriminator"}

    def __init__(
        self,
        settings: SemanticSettings,
        features: EfficientNetLite,
        device: torch.device,
        held_out: Batch,
    ) -> None:
        self.settings, self.features, self.device = settings, features, device
        self.held_out, self.steps = held_out, 0
        self.networks = {
            name: networks.build(family, getattr(settings, name)).to(device)
            for name, family in FAMILIES.items()
        }
        self.averages = {}
        for name in ("generator", "encoder"):
            average = networks.build(FAMILIES[name], getattr(settings, name)).to(device)
            average.load_state_dict(self.networks[name].state_dict())
            self.averages[name] = average.eval().requires_grad_(False)
        self.matching = Matching(features, settings.features_px, held_out["images"])
        nets, betas = self.networks, settings.betas
        self.optimizers = {
            "generator": adam([nets["generator"], nets["encoder"]], settings.generator_rate, betas),
            "discriminator": adam([nets["discriminator"]], settings.discriminator_rate, betas),
            "segmentation_discriminator": adam(
                [nets["segmentation_discriminator"]], settings.segmentation_rate, betas
            ),
        }

    # --- training -------------------------------------------------------------------------------

    def step(self, batch: Batch, num_chunks: int) -> Losses:
        """Train all networks on a batch.

        Args:
            batch: `images` uint8 with `label_map` (roughened) and `true_map` (exact), and
                `blob_images` uint8 with `blob_map`. The segmentation discriminator is trained on
                these two kinds by turns.
            num_chunks: parts of the batch.
        """
        chunks = split({name: x.to(self.device) for name, x in batch.items()}, num_chunks)
        for chunk in chunks:
            chunk["images"] = to_float(chunk["images"])
            chunk["blob_images"] = to_float(chunk["blob_images"])
            chunk["semantic_map"] = self.one_hot(chunk["label_map"])
        report = update(self.optimizers["generator"], chunks, self._generator_loss)
        report |= update(self.optimizers["discriminator"], chunks, self._discriminator_loss)
        if self._has_blobs():
            report |= update(self.optimizers["generator"], chunks, self._blob_loss)
        report |= update(
            self.optimizers["segmentation_discriminator"], chunks, self._segmentation_loss
        )
        self.steps += 1
        return report

    def _has_blobs(self) -> bool:
        return self.steps % self.settings.blob_interval == 0

    def one_hot(self, label_map: Tensor) -> Tensor:
        """[N, H, W] -> [N, num_labels, H, W] float."""
        planes = F.one_hot(label_map.long().to(self.device), len(self.settings.labels))
        return planes.permute(0, 3, 1, 2).float()

    def _discriminate(self, semantic_map: Tensor, images: Tensor) -> list[list[Tensor]]:
        """Features by scale and layer, last the logits."""
        with mixed_precision(self.device):
            scales = self.networks["discriminator"](torch.cat([semantic_map, images], dim=1))
        return [[layer.float() for layer in layers] for layers in scales]

    def _segment(self, images: Tensor) -> Tensor:
        """Logits [N, num_labels + 1, H, W]."""
        images = images.contiguous(memory_format=torch.channels_last)
        with mixed_precision(self.device):
            return self.networks["segmentation_discriminator"](images).float()

    def _generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        settings, images = self.settings, batch["images"]
        fakes, mu, logvar = self._reconstruct(images, batch["semantic_map"])
        num = len(mu)  # fakes with the styles of their pictures
        batch["fakes"] = fakes.detach()
        with torch.no_grad():
            real = self._discriminate(batch["semantic_map"][:num], images[:num])
            truth = self.matching.maps_of(images)
        fake = self._discriminate(batch["semantic_map"], fakes)
        found = self.matching.maps_of(fakes)
        terms = {
            "generator": losses.hinge_generator([layers[-1] for layers in fake]) / len(fake),
            "feature_matching": losses.feature_matching(
                [layers[:-1] for layers in real],
                [[layer[:num] for layer in layers[:-1]] for layers in fake],
            ),
            "perceptual": losses.perceptual(truth.first(num).scales, found.first(num).scales),
            "colour": coarse_colour(images[:num], fakes[:num]),
            "kl": losses.kl_free_bits(mu, logvar, settings.free_nats),
            "segmentation": losses.classification_generator(
                self._segment(fakes), batch["label_map"]
            ),
            "matching": self.matching.compare(
                self.matching.describe(found), self.matching.describe(truth)
            ),
        }
        loss = terms["generator"] + settings.kl * terms["kl"]
        for name in ("feature_matching", "perceptual", "colour", "segmentation", "matching"):
            loss = loss + getattr(settings, name) * terms[name]
        return loss, terms

    def _reconstruct(self, images: Tensor, semantic_map: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Paint maps: the first half with the styles of `images`, the rest with random styles.

        Also returns the means and log variances of the styles of the first half.
        """
        num = max(len(images) // 2, 1)
        with mixed_precision(self.device):
            mu, logvar = (x.float() for x in self.networks["encoder"](images[:num]))
            z = torch.randn(len(images), mu.shape[1], device=self.device)
            z = torch.cat([mu + z[:num] * (0.5 * logvar).exp(), z[num:]])
            return self.networks["generator"](semantic_map, z).float(), mu, logvar

    def _perceptual(self, images: Tensor, fakes: Tensor) -> Tensor:
        with torch.no_grad():
            real = self.matching.maps_of(images)
        return losses.perceptual(real.scales, self.matching.maps_of(fakes).scales)

    def _blob_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Reconstruct every second collage; the other maps get random styles.

        Without the patch discriminator, which would learn to recognise blob maps as fakes.
        """
        images, label_map = batch["blob_images"], batch["blob_map"]
        fakes = self._paint_collages(images, self.one_hot(label_map))
        batch["blob_fakes"] = fakes.detach()
        images, copies = images[::2], fakes[::2]
        terms = {
            "collage": self._perceptual(images, copies),
            "tint": coarse_colour(images, copies),
            "blob_segmentation": losses.classification_generator(self._segment(fakes), label_map),
        }
        loss = self.settings.perceptual * terms["collage"] + self.settings.colour * terms["tint"]
        return loss + self.settings.segmentation * terms["blob_segmentation"], terms

    def _paint_collages(self, images: Tensor, semantic_map: Tensor) -> Tensor:
        """Paint maps: every second with the style of its picture, the others with random styles."""
        with mixed_precision(self.device):
            mu, logvar = (x.float() for x in self.networks["encoder"](images[::2]))
            free = torch.randn(len(images), mu.shape[1], device=self.device)
            z = free.clone()
            z[::2] = mu + free[::2] * (0.5 * logvar).exp()
            return self.networks["generator"](semantic_map, z).float()

    def _discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        real = self._discriminate(batch["semantic_map"], batch["images"])
        fake = self._discriminate(batch["semantic_map"], batch["fakes"])
        loss = losses.hinge_discriminator(
            [layers[-1] for layers in real], [layers[-1] for layers in fake]
        ) / len(real)
        return loss, {"discriminator": loss}

    def _segmentation_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        if self._has_blobs() and self.steps // self.settings.blob_interval % 2:
            images, label_map, fakes = (batch[f"blob_{x}"] for x in ("images", "map", "fakes"))
        else:
            images, label_map, fakes = batch["images"], batch["true_map"], batch["fakes"]
        logits = self._segment(torch.cat([images, fakes]))
        real, fake = logits.split([len(images), len(fakes)])
        loss = losses.classification_discriminator(real, label_map, fake)
        return loss, {"segmentation_discriminator": loss}

    # --- sheets and measures --------------------------------------------------------------------

    @torch.no_grad()
    def paint(self, label_maps: Tensor, z: Tensor) -> Tensor:
        """The averaged generator's pictures [N, 3, H, W] uint8 of maps [N, H, W] and styles."""
        parts = []
        for part, style in zip(label_maps.split(16), z.split(16), strict=True):
            images = self.averages["generator"](self.one_hot(part), style.to(self.device))
            parts.append(to_byte(images).cpu())
        return torch.cat(parts)

    @torch.no_grad()
    def styles(self, images: Tensor) -> Tensor:
        """The styles [N, z_dim] of uint8 pictures: the means of the encoder."""
        encoder = self.averages["encoder"]
        parts = [encoder(to_float(part.to(self.device)))[0].cpu() for part in images.split(32)]
        return torch.cat(parts)

    def random_styles(self, num: int) -> Tensor:
        """Styles of the seeds 0 to num - 1."""
        return seeds.sample_z(range(num), self.networks["generator"].z_dim)

    def sheet(self) -> Image.Image:
        """Rows: map, picture, made with its style, with a random style, blob map, random style."""
        images, maps, blobs = (
            self.held_out[name][:8] for name in ("images", "label_map", "blob_map")
        )
        random = self.random_styles(len(maps))
        colors = torch.tensor(colors_of(self.settings.labels), dtype=torch.uint8)
        painted = [self.paint(maps, self.styles(images)), self.paint(maps, random)]
        parts = [_colored(maps, colors), images, *painted]
        parts += [_colored(blobs, colors), self.paint(blobs, random)]
        return rows([to_pil(to_float(part)) for part in parts])

    def evaluate(self) -> dict[str, float]:
        """KID-effl0 with random styles, and `style_nearer`."""
        count = min(self.settings.num_metric_images, len(self.held_out["images"]))
        images, maps = self.held_out["images"][:count], self.held_out["label_map"][:count]
        painted = self.paint(maps, self.random_styles(count))
        real, fake = (pooled_features(self.features, to_float(x)) for x in (images, painted))
        return {
            "kid_effl0": metrics.kid(real, fake),
            "style_nearer": self.style_nearer(images, maps),
        }

    def style_nearer(self, images: Tensor, maps: Tensor) -> float:
        """How often a picture is nearer in colour to its style reference than to a random one.

        The reference is a picture of another scene, so that its colours can only come from the
        style.
        """
        painted = self.paint(maps, self.styles(images.roll(1, 0)))
        return metrics.style_accuracy(channels_last(painted), channels_last(images))

    # --- files ----------------------------------------------------------------------------------

    def export(self, folder: Path, training: dict[str, Any]) -> None:
        """Write generator and encoder (both averaged) and the discriminators, one file each."""
        for name, network in (self.networks | self.averages).items():
            weights.save_generator(
                folder / f"{name}.safetensors",
                network,
                task="semantic",
                labels=self.settings.labels,
                training=training,
                **self.settings.metadata,
            )

    def warm_start(self, files: Mapping[str, Path]) -> list[str]:
        """Load the networks that `export` wrote, if they fit."""
        return load_all_fitting(self.networks, self.averages, files)

    def extra_state(self) -> dict[str, Any]:
        """The counter and the queues of the matching."""
        return {"steps": self.steps, "matching": self.matching.state()}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        """Restore the result of `extra_state`."""
        self.steps = state["steps"]
        self.matching.load_state(state["matching"])


def coarse_colour(images: Tensor, fakes: Tensor) -> Tensor:
    """The mean difference of colours, averaged over cells."""
    given, made = (F.adaptive_avg_pool2d(x, COLOUR_CELLS) for x in (images, fakes))
    return F.l1_loss(made, given)


def _colored(label_maps: Tensor, colors: Tensor) -> Tensor:
    """[N, H, W] -> uint8 pictures [N, 3, H, W]."""
    return colors[label_maps.long()].permute(0, 3, 1, 2)
