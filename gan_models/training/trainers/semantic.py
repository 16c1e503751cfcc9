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
from gan_models.networks.efficientnet_lite import EfficientNetLite0
from gan_models.training import losses
from gan_models.training.feature_matching import Matching
from gan_models.training.optim import Batch, Losses, adam, split, update
from gan_models.training.trainers.base import Trainer, begin_from

COLOUR_CELLS = 16  # a side, in which colours are compared, so that texture is left free
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
    colour: float = 30.0  # less, and the style stays unused
    kl: float = 0.01
    free_nats: float = 0.1  # for each number of the style
    segmentation: float = 4.0
    matching: float = 20.0
    features_px: int = 128  # side at which the frozen features see pictures
    blob_interval: int = 2  # steps from one batch of maps that no scene has to the next
    num_metric_images: int = 300
    card: dict[str, str] = field(default_factory=dict)


class SemanticTrainer(Trainer):
    """Generator and encoder against a multi-scale patch discriminator (hinge loss) and a
    segmentation discriminator.

    The latter is that of OASIS (Schönfeld et al. 2021, arXiv:2012.04781): it names the label of
    every real pixel and has one more label for generated ones. Its real pictures are scenes and
    collages, so that it knows every label in any place.

    Args:
        settings: networks and numbers.
        features: for the perceptual loss and to measure by.
        device: where everything runs.
        held_out: `images` uint8 [N, 3, H, W], `label_map` and `blob_map` [N, H, W], never trained
            on.
    """

    RENAMED: ClassVar[Mapping[str, str]] = {"reader": "segmentation_discriminator"}

    def __init__(
        self,
        settings: SemanticSettings,
        features: EfficientNetLite0,
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
        """All networks on `images` uint8 with `label_map`, as painted, and `true_map`, as shown,
        and on `blob_images` uint8 with `blob_map`.

        The segmentation discriminator sees the two kinds by turns.
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
        num = len(mu)  # of those in their own styles
        batch["fakes"] = fakes.detach()
        with torch.no_grad():
            real = self._discriminate(batch["semantic_map"][:num], images[:num])
            truth = self.matching.look(images)
        fake = self._discriminate(batch["semantic_map"], fakes)
        seen = self.matching.look(fakes)
        terms = {
            "generator": losses.hinge_generator([layers[-1] for layers in fake]) / len(fake),
            "feature_matching": losses.feature_matching(
                [layers[:-1] for layers in real],
                [[layer[:num] for layer in layers[:-1]] for layers in fake],
            ),
            "perceptual": losses.perceptual(truth.first(num).scales, seen.first(num).scales),
            "colour": coarse_colour(images[:num], fakes[:num]),
            "kl": losses.kl_free_bits(mu, logvar, settings.free_nats),
            "segmentation": losses.classification_generator(
                self._segment(fakes), batch["label_map"]
            ),
            "matching": self.matching.compare(
                self.matching.describe(seen), self.matching.describe(truth)
            ),
        }
        loss = terms["generator"] + settings.kl * terms["kl"]
        for name in ("feature_matching", "perceptual", "colour", "segmentation", "matching"):
            loss = loss + getattr(settings, name) * terms[name]
        return loss, terms

    def _reconstruct(self, images: Tensor, semantic_map: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Paint maps, the first half in the styles of their pictures, the others in random styles.

        Also gives the means and log variances of the styles of the first half.
        """
        num = max(len(images) // 2, 1)
        with mixed_precision(self.device):
            mu, logvar = (x.float() for x in self.networks["encoder"](images[:num]))
            z = torch.randn(len(images), mu.shape[1], device=self.device)
            z = torch.cat([mu + z[:num] * (0.5 * logvar).exp(), z[num:]])
            return self.networks["generator"](semantic_map, z).float(), mu, logvar

    def _perceptual(self, images: Tensor, fakes: Tensor) -> Tensor:
        with torch.no_grad():
            real = self.matching.look(images)
        return losses.perceptual(real.scales, self.matching.look(fakes).scales)

    def _blob_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """Give back collages, but for every second map, which gets a style that no picture has.

        No patch discriminator: it would tell the maps apart, all of these being fakes.
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
        """Paint maps, every second in the style of its picture, the others in random styles."""
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

    # --- looking and measuring ------------------------------------------------------------------

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
        """The styles [N, z_dim] of uint8 pictures: the encoder's means."""
        encoder = self.averages["encoder"]
        parts = [encoder(to_float(part.to(self.device)))[0].cpu() for part in images.split(32)]
        return torch.cat(parts)

    def random_styles(self, num: int) -> Tensor:
        """Styles of the seeds 0 to num - 1."""
        return seeds.sample_z(range(num), self.networks["generator"].z_dim)

    def sheet(self) -> Image.Image:
        """Rows: map, picture, its own style, a random style, blob map, random style."""
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
        """KID-effl0 with random styles, and how often a style's colours arrive."""
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

        The reference is another scene's picture, so that only the style can carry its colours.
        """
        painted = self.paint(maps, self.styles(images.roll(1, 0)))
        return metrics.lent_colors(channels_last(painted), channels_last(images))

    # --- files ----------------------------------------------------------------------------------

    def export(self, folder: Path, training: dict[str, Any]) -> None:
        """generator, encoder (both averaged) and the discriminators, each in its own file."""
        for name, network in (self.networks | self.averages).items():
            weights.save_generator(
                folder / f"{name}.safetensors",
                network,
                task="semantic",
                labels=self.settings.labels,
                training=training,
                **self.settings.card,
            )

    def warm_start(self, files: Mapping[str, Path]) -> list[str]:
        """Begin from what `export` wrote, where it fits."""
        return begin_from(self.networks, self.averages, files)

    def extra_state(self) -> dict[str, Any]:
        """The counter, and what the matching remembers."""
        return {"steps": self.steps, "matching": self.matching.state()}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        """Take back what `extra_state` gave."""
        self.steps = state["steps"]
        self.matching.load_state(state["matching"])


def coarse_colour(images: Tensor, fakes: Tensor) -> Tensor:
    """How far colours are apart, compared in cells."""
    given, made = (F.adaptive_avg_pool2d(x, COLOUR_CELLS) for x in (images, fakes))
    return F.l1_loss(made, given)


def _colored(label_maps: Tensor, colors: Tensor) -> Tensor:
    """[N, H, W] -> uint8 pictures [N, 3, H, W]."""
    return colors[label_maps.long()].permute(0, 3, 1, 2)
