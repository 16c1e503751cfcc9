"""The trainer of unconditional and class-conditional generators: noise against a discriminator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gan_models import metrics, networks, seeds, weights
from gan_models.device import fitting, mixed_precision
from gan_models.media.images import grid, to_pil
from gan_models.media.provenance import SAMPLES
from gan_models.media.tensors import to_float
from gan_models.metrics.features import FeatureMaps, pooled_features
from gan_models.networks.base import Network, typed_modules
from gan_models.networks.efficientnet_lite import EfficientNetLite
from gan_models.networks.stylegan2 import SynthesisBlock
from gan_models.training import losses
from gan_models.training.augment import AdaController
from gan_models.training.discriminators import AugmentedDiscriminator
from gan_models.training.feature_matching import Matching, finer
from gan_models.training.optim import Batch, Losses, adam, split, update
from gan_models.training.reconstruction import Reconstruction, ReconstructionSettings
from gan_models.training.trainers.base import (
    Metadata,
    Trainer,
    load_all_fitting,
    load_matching_tensors,
)
from gan_models.training.trainers.chunks import LatentChunk

FIRST_COLOR = 0.25  # of the usual initial weights
RANGE_WEIGHT = 10.0  # of values outside [-1, 1]


@dataclass(frozen=True)
class LatentSettings:
    """Networks and numbers of a latent trainer; rates are learning rates of Adam."""

    generator: dict[str, Any]
    discriminator: dict[str, Any]
    projected: bool = True
    generator_rate: float = 2.5e-3
    discriminator_rate: float = 1e-3
    aux_classifier: dict[str, Any] | None = None  # only with matching
    aux_classifier_rate: float = 1e-3
    classification: float = 0.0  # weight of the auxiliary classifier's loss
    mapping_rate: float = 1.0  # factor on the generator's rate; layers have 0.01 for long training
    betas: tuple[float, float] = (0.0, 0.99)
    augmentations: tuple[str, ...] = ("color", "translation", "cutout")
    ada_target: float | None = None  # None: always augment
    discriminator_px: int = 128
    adversarial: float = 1.0  # weight of the discriminator's loss; 0: no training of it
    matching: float = 0.0  # weight of the energy distance of features
    matching_px: int = 160  # side of the pictures for these features
    mode_seeking: float = 0.0  # weight of the loss of that name
    reconstruction: ReconstructionSettings | None = None  # only with projected heads
    r1_gamma: float = 0.0  # only for a discriminator of pixels
    r1_interval: int = 16
    frozen: tuple[str, ...] = ()  # prefixes of the parameters that are not trained
    num_metric_images: int = 500
    family: str = "stylegan2"
    classes: tuple[str, ...] = ()
    metadata: Metadata = field(kw_only=True)


class LatentTrainer(Trainer):
    """Generator against discriminator: hinge for projected heads, non-saturating and R1 for pixels.

    An auxiliary classifier may be trained on the matched features: it predicts the class of real
    pictures and has one more class for generated ones (Salimans et al. 2016, arXiv:1606.03498,
    section 5); the generator is trained to be classified as the class asked for (AC-GAN, Odena et
    al. 2017, arXiv:1610.09585).
    """

    RENAMED: ClassVar[Mapping[str, str]] = {"reader": "aux_classifier"}
    SHEET_SHOWS = SAMPLES

    def __init__(
        self,
        settings: LatentSettings,
        features: EfficientNetLite,
        device: torch.device,
        reals: Tensor,
    ) -> None:
        self.settings, self.features, self.device = settings, features, device
        self.reals = reals  # [N, 3, H, W] uint8, the reference of measures
        generator = networks.build(settings.family, settings.generator).to(device)
        with torch.no_grad():  # start near grey: saturated colours take long to unlearn
            for block in typed_modules(generator.synthesis.blocks, SynthesisBlock):
                block.to_rgb.conv.weight.mul_(FIRST_COLOR)
        kind = "projected-discriminator" if settings.projected else "stylegan2-discriminator"
        discriminator = networks.build(kind, settings.discriminator).to(device)
        average = networks.build(settings.family, settings.generator).to(device)
        average.load_state_dict(generator.state_dict())
        self.networks = {"generator": generator, "discriminator": discriminator}
        trained = [generator]
        self.reconstruction = None
        if settings.reconstruction is not None:
            encoder = networks.build("feature-encoder", {"z_dim": generator.z_dim}).to(device)
            self.networks["encoder"] = encoder
            trained.append(encoder)
            self.reconstruction = Reconstruction(
                settings.reconstruction, encoder, features, settings.discriminator_px
            )
        if settings.aux_classifier is not None:
            self.networks["aux_classifier"] = networks.build(
                "aux-classifier", settings.aux_classifier
            ).to(device)
        self.averages = {"generator": average.eval().requires_grad_(False)}
        for network in self.networks.values():
            for name, parameter in network.named_parameters():
                if name.startswith(settings.frozen):
                    parameter.requires_grad_(False)
        self.optimizers = {
            "generator": adam(
                trained,
                settings.generator_rate,
                settings.betas,
                generator.mapping.layers,
                settings.mapping_rate,
            ),
            "discriminator": adam([discriminator], settings.discriminator_rate, settings.betas),
        }
        if settings.aux_classifier is not None:
            aux_classifier = [self.networks["aux_classifier"]]
            self.optimizers["aux_classifier"] = adam(
                aux_classifier, settings.aux_classifier_rate, settings.betas
            )
        self.ada = None if settings.ada_target is None else AdaController(settings.ada_target)
        self.discriminator = AugmentedDiscriminator(
            discriminator,
            features if settings.projected else None,
            settings.discriminator_px,
            settings.augmentations,
            self.ada,
        )
        self.matching = None
        if settings.matching:
            self.matching = Matching(features, settings.matching_px, reals)
        # with the same pictures of the same size, discriminator and encoder use its feature maps
        shares_maps = (
            settings.projected
            and settings.adversarial
            and not settings.augmentations
            and settings.discriminator_px == settings.matching_px
        )
        self.shared = self.matching if shares_maps else None
        self.steps = 0
        self._real_features: np.ndarray | None = None

    # --- training -------------------------------------------------------------------------------

    def step(self, batch: Batch, num_chunks: int) -> Losses:
        """Generator, then discriminator, on a batch with `images` uint8 and maybe `class_index`."""
        batch = {name: tensor.to(self.device) for name, tensor in batch.items()}
        chunks = [
            LatentChunk(part["images"], part.get("class_index"))
            for part in split(batch, num_chunks)
        ]
        report = update(self.optimizers["generator"], chunks, self._generator_loss)
        if self.settings.adversarial:
            report |= self._train_discriminator(chunks)
        if self.settings.aux_classifier is not None:
            report |= update(self.optimizers["aux_classifier"], chunks, self._aux_classifier_loss)
        if self.ada is not None:
            report["augmentation"] = self.ada.probability
        self.steps += 1
        return report

    def _train_discriminator(self, chunks: Sequence[LatentChunk]) -> Losses:
        report = update(self.optimizers["discriminator"], chunks, self._discriminator_loss)
        is_due = self.steps % self.settings.r1_interval == 0
        if is_due and self.settings.r1_gamma and not self.settings.projected:
            report |= update(self.optimizers["discriminator"], chunks, self._r1)
        return report

    def _make(self, z: Tensor, class_index: Tensor | None) -> Tensor:
        """The generator's pictures of z [N, z_dim]."""
        generator = self.networks["generator"]
        w = generator.mapping.map(z, self._one_hot(class_index))  # [N, w_dim]
        generator.mapping.track(w)
        ws = w[:, None].expand(-1, generator.num_ws, -1)
        with mixed_precision(self.device):
            return generator.synthesis(ws, noise_mode="random").float()

    def _one_hot(self, class_index: Tensor | None) -> Tensor | None:
        if class_index is None or not self.settings.classes:
            return None
        return torch.nn.functional.one_hot(class_index, len(self.settings.classes)).float()

    def _discriminator_class(self, chunk: LatentChunk) -> Tensor | None:
        index = chunk.class_index if self.settings.classes else None
        return index if self.settings.projected else self._one_hot(index)

    def _discriminator_loss(self, chunk: LatentChunk) -> tuple[Tensor, dict[str, Tensor]]:
        c = self._discriminator_class(chunk)
        if chunk.real_maps is not None and chunk.fake_maps is not None:
            real = self.discriminator.of_features(chunk.real_maps, c)
            fake = self.discriminator.of_features(chunk.fake_maps, c)
        else:
            real = self.discriminator(to_float(chunk.images), c)
            fake = self.discriminator(chunk.fakes, c)
        if self.ada is not None:
            self.ada.observe(real, len(chunk.images))
        loss_of = (
            losses.hinge_discriminator
            if self.settings.projected
            else losses.nonsaturating_discriminator
        )
        loss = loss_of(real, fake)
        mean = [torch.stack([x.mean() for x in logits]).mean() for logits in (real, fake)]
        return loss, {"discriminator": loss, "logit_real": mean[0], "logit_fake": mean[1]}

    def _generator_loss(self, chunk: LatentChunk) -> tuple[Tensor, dict[str, Tensor]]:
        z = torch.randn(len(chunk.images), self.networks["generator"].z_dim, device=self.device)
        if self.shared is not None:
            with torch.no_grad():
                chunk.real_maps = self.shared.maps_of(to_float(chunk.images))
        fakes, extra, terms = self._make_all(z, chunk)
        chunk.fakes = fakes.detach()  # the discriminator trains on the same ones: one pass less
        maps = None if self.shared is None else self.shared.maps_of(fakes)
        if maps is not None:
            chunk.fake_maps = maps.detach()
        loss = fakes.new_zeros(())
        if self.settings.adversarial:
            terms["generator"] = self._adversarial_loss(fakes, maps, chunk)
            loss = loss + self.settings.adversarial * terms["generator"]
        if self.matching is not None:
            pictures = fakes if maps is None else maps
            matched, found = self._matching_loss(self.matching, pictures, chunk)
            loss, terms = loss + matched, terms | found
        # the ReLU6 features have no gradient for values far outside the range of pictures
        outside = (fakes.abs() - 1).clamp_min(0).square().mean()
        terms["outside_range"] = outside
        loss = loss + RANGE_WEIGHT * outside + extra
        if self.settings.mode_seeking:
            terms["mode_seeking"] = losses.mode_seeking(fakes, z)
            loss = loss + self.settings.mode_seeking * terms["mode_seeking"]
        return loss, terms

    def _make_all(
        self, z: Tensor, chunk: LatentChunk
    ) -> tuple[Tensor, Tensor | float, dict[str, Tensor]]:
        """Pictures of z, the loss of reconstruction, and its terms."""
        index = chunk.class_index
        if self.reconstruction is None:
            return self._make(z, index), 0.0, {}
        num = max(round(len(z) * self.reconstruction.settings.share), 1)
        maps = None if chunk.real_maps is None else chunk.real_maps.first(num)
        encoded_z, encoded = self.reconstruction.encode(to_float(chunk.images[:num]), maps)
        indices = None if index is None else torch.cat([index, index[:num]])
        fakes, copies = self._make(torch.cat([z, encoded_z]), indices).split([len(z), num])
        extra, terms = self.reconstruction.loss(encoded, copies)
        return fakes, extra, terms

    def _adversarial_loss(
        self, fakes: Tensor, maps: FeatureMaps | None, chunk: LatentChunk
    ) -> Tensor:
        c = self._discriminator_class(chunk)
        logits = (
            self.discriminator(fakes, c)
            if maps is None
            else self.discriminator.of_features(maps, c)
        )
        if self.settings.projected:
            return losses.hinge_generator(logits)
        return losses.nonsaturating_generator(logits)

    def _matching_loss(
        self, matching: Matching, fakes: Tensor | FeatureMaps, chunk: LatentChunk
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted losses of feature matching and of the classifier on fakes; the terms."""
        made = matching.describe(fakes)
        with torch.no_grad():
            maps = chunk.real_maps
            real = matching.describe(to_float(chunk.images) if maps is None else maps)
        terms = {"matching": matching.compare(made, real, chunk.class_index)}
        loss = self.settings.matching * terms["matching"]
        if self.settings.aux_classifier is not None:
            fake_features = finer(made)
            chunk.real_features, chunk.fake_features = finer(real), fake_features.detach()
            terms["classification"] = losses.classification_generator(
                self.networks["aux_classifier"](fake_features), chunk.required_class
            )
            loss = loss + self.settings.classification * terms["classification"]
        return loss, terms

    def _aux_classifier_loss(self, chunk: LatentChunk) -> tuple[Tensor, dict[str, Tensor]]:
        classifier = self.networks["aux_classifier"]
        real, fake = classifier(chunk.real_features), classifier(chunk.fake_features)
        loss = losses.classification_discriminator(real, chunk.required_class, fake)
        return loss, {"aux_classifier": loss}

    def _r1(self, chunk: LatentChunk) -> tuple[Tensor, dict[str, Tensor]]:
        images = to_float(chunk.images).requires_grad_(True)
        penalty = losses.r1_penalty(
            self.discriminator(images, self._discriminator_class(chunk)), images
        )
        weight = self.settings.r1_gamma * self.settings.r1_interval
        return penalty * weight, {"r1": penalty}

    # --- sheets and measures --------------------------------------------------------------------

    @torch.no_grad()
    def sample(
        self,
        seeds_: Sequence[int],
        class_index: Sequence[int] | None = None,
        generator: Network | None = None,
    ) -> Tensor:
        """Pictures of seeds by the averaged or another generator, [N, 3, H, W] on the CPU."""
        average = generator or self.averages["generator"]
        z, c = seeds.sample_z(seeds_, average.z_dim), None
        if class_index is not None:
            c = self._one_hot(torch.tensor(class_index).to(self.device))

        def make(size: int) -> Tensor:
            classes = [None] * len(z) if c is None else c.split(size)
            parts = zip(z.split(size), classes, strict=False)
            return torch.cat([average(x.to(self.device), y).float().cpu() for x, y in parts])

        return fitting(make, 32)

    def sheet(self) -> Image.Image:
        """Pictures of 64 seeds, or two of every class."""
        if not self.settings.classes:
            return grid(to_pil(self.sample(range(64))))
        index = [i for i in range(len(self.settings.classes)) for _ in range(2)]
        return grid(to_pil(self.sample(range(len(index)), index)))

    def evaluate(self) -> dict[str, float]:
        """KID-effl0 against `reals`, and diversity relative to theirs."""
        n = min(self.settings.num_metric_images, len(self.reals))
        if self._real_features is None:
            self._real_features = pooled_features(self.features, to_float(self.reals[:n]))
        index = None
        if self.settings.classes:
            index = [i % len(self.settings.classes) for i in range(n)]
        fake = pooled_features(self.features, self.sample(range(100_000, 100_000 + n), index))
        real = self._real_features
        return {
            "kid_effl0": metrics.kid(real, fake),
            "diversity_share": metrics.diversity(fake) / metrics.diversity(real),
        }

    # --- files ----------------------------------------------------------------------------------

    def export(self, folder: Path, training: dict[str, Any]) -> None:
        """Write the averaged generator and the other networks, each as NAME.safetensors."""
        for name in ("generator", "discriminator", "encoder", "aux_classifier"):
            network = (self.networks | self.averages).get(name)
            if network is not None:
                weights.save_generator(
                    folder / f"{name}.safetensors",
                    network,
                    task="class" if self.settings.classes else "latent",
                    classes=self.settings.classes or None,
                    training=training,
                    **self.settings.metadata,
                )

    def warm_start(self, files: Mapping[str, Path]) -> list[str]:
        """Load a generator and its other networks, if they fit."""
        return load_all_fitting(self.networks, self.averages, files)

    def load_from_recipe(self, files: Mapping[str, Path]) -> None:
        """Load the tensors of another recipe's networks that have the same name and shape."""
        for name, network in self.networks.items():
            load_matching_tensors(network, files.get(name))
        self.averages["generator"].load_state_dict(self.networks["generator"].state_dict())

    def extra_state(self) -> dict[str, Any]:
        """Counter, augmentation and the queues of the matching."""
        return {
            "steps": self.steps,
            "ada": asdict(self.ada) if self.ada else None,
            "matching": self.matching.state() if self.matching else None,
        }

    def load_extra_state(self, state: dict[str, Any]) -> None:
        """Restore the result of `extra_state`."""
        self.steps = state["steps"]
        if self.matching is not None and state.get("matching") is not None:
            self.matching.load_state(state["matching"])
        if self.ada is not None and state["ada"] is not None:
            vars(self.ada).update(state["ada"])
