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
from gan_models.media.tensors import to_float
from gan_models.metrics.features import FeatureMaps, pooled_features
from gan_models.networks.efficientnet_lite import EfficientNetLite0
from gan_models.training import losses
from gan_models.training.augment import AdaController
from gan_models.training.discriminators import AugmentedDiscriminator
from gan_models.training.feature_matching import Matching, finer
from gan_models.training.optim import Batch, Losses, adam, split, update
from gan_models.training.reconstruction import Reconstruction, ReconstructionSettings
from gan_models.training.trainers.base import Trainer, begin_from, load_alike

FIRST_COLOR = 0.25  # of the usual initial weights
RANGE_WEIGHT = 10.0  # of values that no picture can hold


@dataclass(frozen=True)
class LatentSettings:
    """Networks and numbers of a latent trainer; rates are Adam's."""

    generator: dict[str, Any]
    discriminator: dict[str, Any]
    projected: bool = True
    generator_rate: float = 2.5e-3
    discriminator_rate: float = 1e-3
    aux_classifier: dict[str, Any] | None = (
        None  # of classes, only beside matching; None: there is none
    )
    aux_classifier_rate: float = 1e-3
    classification: float = 0.0  # weight of the auxiliary classifier's loss
    mapping_rate: float = 1.0  # times the generator's; its layers' own 0.01 is for long training
    betas: tuple[float, float] = (0.0, 0.99)
    augmentations: tuple[str, ...] = ("color", "translation", "cutout")
    ada_target: float | None = None  # None: augment always
    discriminator_px: int = 128
    adversarial: float = 1.0  # weight of the discriminator's loss; 0: it is not trained
    matching: float = 0.0  # weight of the energy distance of features
    matching_px: int = 160  # side at which they are looked at
    mode_seeking: float = 0.0  # weight of the loss of that name
    reconstruction: ReconstructionSettings | None = None  # only beside projected heads
    r1_gamma: float = 0.0  # only for a discriminator of pixels
    r1_interval: int = 16
    frozen: tuple[str, ...] = ()  # names in the networks that begin so stay as they are
    num_metric_images: int = 500
    family: str = "stylegan2"
    classes: tuple[str, ...] = ()
    card: dict[str, str] = field(default_factory=dict)  # title, licence, source


class LatentTrainer(Trainer):
    """Generator against discriminator: hinge for projected heads, non-saturating and R1 for pixels.

    An auxiliary classifier may be trained beside them on the features that are matched: it names
    the class of real pictures and has one more class for generated ones (Salimans et al. 2016,
    arXiv:1606.03498, section 5); the generator is to be classified as the class asked for (AC-GAN,
    Odena et al. 2017, arXiv:1610.09585).
    """

    RENAMED: ClassVar[Mapping[str, str]] = {"reader": "aux_classifier"}

    def __init__(
        self,
        settings: LatentSettings,
        features: EfficientNetLite0,
        device: torch.device,
        reals: Tensor,
    ) -> None:
        self.settings, self.features, self.device = settings, features, device
        self.reals = reals  # [N, 3, H, W] uint8, to measure against
        generator = networks.build(settings.family, settings.generator).to(device)
        with torch.no_grad():  # begin near grey: loud colours at the start take long to unlearn
            for block in generator.synthesis.blocks:
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
        # where all look at the same pictures at the same size, one pass serves all
        same_size = settings.discriminator_px == settings.matching_px
        self.shares_maps = bool(
            settings.projected
            and settings.matching
            and settings.adversarial
            and not settings.augmentations
            and same_size
        )
        self.steps = 0
        self._real_features: np.ndarray | None = None

    # --- training -------------------------------------------------------------------------------

    def step(self, batch: Batch, num_chunks: int) -> Losses:
        """Generator, then discriminator, on a batch with `images` uint8 and maybe `class_index`."""
        batch = {name: tensor.to(self.device) for name, tensor in batch.items()}
        chunks = split(batch, num_chunks)
        report = update(self.optimizers["generator"], chunks, self._generator_loss)
        if self.settings.adversarial:
            report |= self._train_discriminator(chunks)
        if self.settings.aux_classifier is not None:
            report |= update(self.optimizers["aux_classifier"], chunks, self._aux_classifier_loss)
        if self.ada is not None:
            report["augmentation"] = self.ada.probability
        self.steps += 1
        return report

    def _train_discriminator(self, chunks: Sequence[Batch]) -> Losses:
        report = update(self.optimizers["discriminator"], chunks, self._discriminator_loss)
        lazily = self.steps % self.settings.r1_interval == 0
        if lazily and self.settings.r1_gamma and not self.settings.projected:
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
        if not self.settings.classes:
            return None
        return torch.nn.functional.one_hot(class_index, len(self.settings.classes)).float()

    def _discriminator_class(self, batch: Batch) -> Tensor | None:
        index = batch.get("class_index") if self.settings.classes else None
        return index if self.settings.projected else self._one_hot(index)

    def _discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        c = self._discriminator_class(batch)
        if self.shares_maps:
            real, fake = (
                self.discriminator.of_features(batch[name], c)
                for name in ("real_maps", "fake_maps")
            )
        else:
            real = self.discriminator(to_float(batch["images"]), c)
            fake = self.discriminator(batch["fakes"], c)
        if self.ada is not None:
            self.ada.observe(real, len(batch["images"]))
        loss_of = (
            losses.hinge_discriminator
            if self.settings.projected
            else losses.nonsaturating_discriminator
        )
        loss = loss_of(real, fake)
        mean = [torch.stack([x.mean() for x in logits]).mean() for logits in (real, fake)]
        return loss, {"discriminator": loss, "logit_real": mean[0], "logit_fake": mean[1]}

    def _generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        z = torch.randn(len(batch["images"]), self.networks["generator"].z_dim, device=self.device)
        if self.shares_maps:
            with torch.no_grad():
                batch["real_maps"] = self.matching.look(to_float(batch["images"]))
        fakes, extra, terms = self._make_all(z, batch)
        batch["fakes"] = fakes.detach()  # the discriminator learns on the same ones: one pass less
        made = self.matching.look(fakes) if self.shares_maps else None
        if made is not None:
            batch["fake_maps"] = made.detach()
        loss = fakes.new_zeros(())
        if self.settings.adversarial:
            terms["generator"] = self._adversarial_loss(fakes, made, batch)
            loss = loss + self.settings.adversarial * terms["generator"]
        if self.matching is not None:
            matched, found = self._match(fakes if made is None else made, batch)
            loss, terms = loss + matched, terms | found
        # ReLU6 features pass no gradient back from far outside the range of pictures
        outside = (fakes.abs() - 1).clamp_min(0).square().mean()
        terms["outside_range"] = outside
        loss = loss + RANGE_WEIGHT * outside + extra
        if self.settings.mode_seeking:
            terms["mode_seeking"] = losses.mode_seeking(fakes, z)
            loss = loss + self.settings.mode_seeking * terms["mode_seeking"]
        return loss, terms

    def _make_all(
        self, z: Tensor, batch: Batch
    ) -> tuple[Tensor, Tensor | float, dict[str, Tensor]]:
        """Pictures of z, and what reconstruction adds to the loss, with its terms."""
        index = batch.get("class_index")
        if self.reconstruction is None:
            return self._make(z, index), 0.0, {}
        num = max(round(len(z) * self.reconstruction.settings.share), 1)
        seen = batch["real_maps"].first(num) if self.shares_maps else None
        encoded, known = self.reconstruction.encode(to_float(batch["images"][:num]), seen)
        indices = None if index is None else torch.cat([index, index[:num]])
        fakes, given_back = self._make(torch.cat([z, encoded]), indices).split([len(z), num])
        extra, terms = self.reconstruction.loss(known, given_back)
        return fakes, extra, terms

    def _adversarial_loss(self, fakes: Tensor, made: FeatureMaps | None, batch: Batch) -> Tensor:
        c = self._discriminator_class(batch)
        logits = (
            self.discriminator(fakes, c)
            if made is None
            else self.discriminator.of_features(made, c)
        )
        if self.settings.projected:
            return losses.hinge_generator(logits)
        return losses.nonsaturating_generator(logits)

    def _match(self, fakes: Tensor | FeatureMaps, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted losses of feature matching and of the classifier on fakes; the terms."""
        index = batch.get("class_index")
        made = self.matching.describe(fakes)
        with torch.no_grad():
            reals = batch["real_maps"] if self.shares_maps else to_float(batch["images"])
            seen = self.matching.describe(reals)
        terms = {"matching": self.matching.compare(made, seen, index)}
        loss = self.settings.matching * terms["matching"]
        if self.settings.aux_classifier is not None:
            batch["seen"], to_read = finer(seen), finer(made)
            batch["made"] = to_read.detach()
            terms["classification"] = losses.classification_generator(
                self.networks["aux_classifier"](to_read), index
            )
            loss = loss + self.settings.classification * terms["classification"]
        return loss, terms

    def _aux_classifier_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        real, fake = (self.networks["aux_classifier"](batch[name]) for name in ("seen", "made"))
        loss = losses.classification_discriminator(real, batch["class_index"], fake)
        return loss, {"aux_classifier": loss}

    def _r1(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        images = to_float(batch["images"]).requires_grad_(True)
        penalty = losses.r1_penalty(
            self.discriminator(images, self._discriminator_class(batch)), images
        )
        weight = self.settings.r1_gamma * self.settings.r1_interval
        return penalty * weight, {"r1": penalty}

    # --- looking and measuring ------------------------------------------------------------------

    @torch.no_grad()
    def sample(
        self,
        seeds_: Sequence[int],
        class_index: Sequence[int] | None = None,
        generator: torch.nn.Module | None = None,
    ) -> Tensor:
        """The averaged generator's pictures of seeds, or another's, [N, 3, H, W] on the CPU."""
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
        """64 seeds, or two of every class, class by class."""
        if not self.settings.classes:
            return grid(to_pil(self.sample(range(64))))
        index = [i for i in range(len(self.settings.classes)) for _ in range(2)]
        return grid(to_pil(self.sample(range(len(index)), index)))

    def evaluate(self) -> dict[str, float]:
        """KID-effl0 against `reals`, and diversity as a share of theirs."""
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
        """generator (the average) and all that trains beside it, each as NAME.safetensors."""
        facts = {
            "task": "class" if self.settings.classes else "latent",
            "classes": self.settings.classes or None,
            "training": training,
            **self.settings.card,
        }
        for name in ("generator", "discriminator", "encoder", "aux_classifier"):
            network = (self.networks | self.averages).get(name)
            if network is not None:
                weights.save_generator(folder / f"{name}.safetensors", network, **facts)

    def warm_start(self, files: Mapping[str, Path]) -> list[str]:
        """Begin from a generator and what belongs to it, where they fit."""
        return begin_from(self.networks, self.averages, files)

    def begin_alike(self, files: Mapping[str, Path]) -> None:
        """Begin from another recipe's networks as far as they are alike, where there are any."""
        for name, network in self.networks.items():
            load_alike(network, files.get(name))
        self.averages["generator"].load_state_dict(self.networks["generator"].state_dict())

    def extra_state(self) -> dict[str, Any]:
        """Counter, augmentation and what the matching remembers."""
        return {
            "steps": self.steps,
            "ada": asdict(self.ada) if self.ada else None,
            "matching": self.matching.state() if self.matching else None,
        }

    def load_extra_state(self, state: dict[str, Any]) -> None:
        """Take back what `extra_state` gave."""
        self.steps = state["steps"]
        if self.matching is not None and state.get("matching") is not None:
            self.matching.load_state(state["matching"])
        if self.ada is not None and state["ada"] is not None:
            vars(self.ada).update(state["ada"])
