"""The trainer of unpaired translation: CycleGAN (Zhu et al. 2017, arXiv:1703.10593)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any, ClassVar

import torch
from PIL import Image
from torch import Tensor

from gan_models import metrics, networks, weights
from gan_models.device import mixed_precision
from gan_models.media.images import to_pil
from gan_models.media.tensors import channels_last, rows, to_byte, to_float
from gan_models.metrics.features import nearer_to_truth
from gan_models.networks.efficientnet_lite import EfficientNetLite
from gan_models.training import losses
from gan_models.training.feature_matching import Matching
from gan_models.training.optim import Batch, Losses, adam, split, update
from gan_models.training.trainers.base import Metadata, Trainer, load_all_fitting, to_channels_last

EXPORTS = {  # network -> file; the discriminator of a direction is that of its target side
    "forward": "generator",
    "backward": "backward",
    "discriminator_b": "discriminator",
    "discriminator_a": "backward-discriminator",
}


@dataclass(frozen=True)
class CycleSettings:
    """Networks and numbers of a translation; "forward" is from side a to side b."""

    generator: dict[str, Any]
    discriminator: dict[str, Any]
    generator_rate: float = 2e-4
    discriminator_rate: float = 2e-4
    betas: tuple[float, float] = (0.5, 0.999)
    cycle_weight: float = 10.0
    identity_weight: float = 5.0
    identity_interval: int = 2  # steps; the identity terms cost two passes and change slowly
    matching: float = 0.0  # weight of the energy distance of features, on either side
    matching_px: int = 128  # side of the pictures for the features
    history: int = 50
    crop_px: int = 128  # side of the training pictures; the networks take any size
    metadata: tuple[Metadata, Metadata] = field(kw_only=True)  # forward, backward


class History:
    """A buffer of earlier fakes (Shrivastava et al. 2017, arXiv:1612.07828, section 2.3)."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.images: list[Tensor] = []
        self.kinds: list[Tensor] = []

    def mix(self, images: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        """Return each picture, or store it and return an older one, and their kinds [N]."""
        mixed: list[tuple[Tensor, Tensor]] = []
        for image, kind in zip(images.detach(), kinds, strict=True):
            if len(self.images) < self.capacity:
                self.images.append(image.clone())
                self.kinds.append(kind)
            elif self.capacity and torch.rand(()).item() < 0.5:
                index = int(torch.randint(self.capacity, ()))
                image, self.images[index] = self.images[index], image.clone()
                kind, self.kinds[index] = self.kinds[index], kind
            mixed.append((image, kind))
        return torch.stack([image for image, _ in mixed]), torch.stack([kind for _, kind in mixed])


class CycleTrainer(Trainer):
    """Two generators, two patch discriminators, least squares.

    Discriminators with classes are given the kind of each picture; the generators are not.

    Args:
        settings: networks and numbers.
        features: for measures and matching.
        device: of all networks.
        pairs: the same scenes on side a and side b, [N, 3, H, W] uint8 each, held out for sheets
            and measures.
        reals: some training pictures of side a and of side b, likewise; only for `matching`.

    Raises:
        ValueError: matching without `reals`.
    """

    RENAMED: ClassVar[Mapping[str, str]] = {
        "judge_a": "discriminator_a",
        "judge_b": "discriminator_b",
        "judges": "discriminators",
    }

    def __init__(
        self,
        settings: CycleSettings,
        features: EfficientNetLite,
        device: torch.device,
        pairs: tuple[Tensor, Tensor],
        reals: tuple[Tensor, Tensor] | None = None,
    ) -> None:
        self.settings, self.features, self.device, self.pairs = settings, features, device, pairs
        self.networks, self.averages = {}, {}
        for name in ("forward", "backward"):
            network = networks.build("resnet", settings.generator)
            average = networks.build("resnet", settings.generator)
            average.load_state_dict(network.state_dict())
            self.networks[name] = to_channels_last(network, device)
            self.averages[name] = average.to(device).eval().requires_grad_(False)
        for name in ("discriminator_a", "discriminator_b"):
            network = networks.build("patchgan", settings.discriminator)
            self.networks[name] = to_channels_last(network, device)
        nets = self.networks
        rates = settings.generator_rate, settings.discriminator_rate
        self.optimizers = {
            "generators": adam([nets["forward"], nets["backward"]], rates[0], settings.betas),
            "discriminators": adam(
                [nets["discriminator_a"], nets["discriminator_b"]], rates[1], settings.betas
            ),
        }
        self.matching: dict[str, Matching] = {}
        if settings.matching:
            if reals is None:
                raise ValueError("Feature matching needs real pictures of both sides.")
            self.matching = {
                side: Matching(features, settings.matching_px, pictures)
                for side, pictures in zip("ab", reals, strict=True)
            }
        self.histories = {side: History(settings.history) for side in "ab"}
        self.steps = 0
        self._fakes: list[dict[str, Tensor]] = []

    # --- training -------------------------------------------------------------------------------

    def step(self, batch: Batch, num_chunks: int) -> Losses:
        """Generators, then discriminators, on a batch `a`, `b`, uint8 [N, 3, H, W], and `kind`.

        `kind` [N] is that of `a` and of `b` alike; pictures are compared within their kind.
        """
        batch = {name: tensor.to(self.device) for name, tensor in batch.items()}
        chunks = split(batch | {side: to_float(batch[side]) for side in "ab"}, num_chunks)
        self._fakes = []
        report = update(self.optimizers["generators"], chunks, self._generator_loss)
        for chunk, fakes in zip(chunks, self._fakes, strict=True):
            for side in "ab":
                mixed = self.histories[side].mix(fakes[side], chunk["kind"])
                chunk[f"fake_{side}"], chunk[f"fake_kind_{side}"] = mixed
        report |= update(self.optimizers["discriminators"], chunks, self._discriminator_loss)
        self.steps += 1
        return report

    def _run(self, name: str, images: Tensor) -> Tensor:
        images = images.contiguous(memory_format=torch.channels_last)
        with mixed_precision(self.device):
            return self.networks[name](images).float()

    def _discriminate(self, side: str, images: Tensor, kind: Tensor) -> Tensor:
        images = images.contiguous(memory_format=torch.channels_last)
        with mixed_precision(self.device):
            return self.networks[f"discriminator_{side}"](images, kind).float()

    def _generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        a, b = batch["a"], batch["b"]
        fake_b, fake_a = self._run("forward", a), self._run("backward", b)
        self._fakes.append({"a": fake_a.detach(), "b": fake_b.detach()})
        fooled = losses.least_squares_generator(
            [
                self._discriminate("b", fake_b, batch["kind"]),
                self._discriminate("a", fake_a, batch["kind"]),
            ]
        )
        cycle = losses.cycle_consistency(a, self._run("backward", fake_b))
        cycle = cycle + losses.cycle_consistency(b, self._run("forward", fake_a))
        loss = fooled + self.settings.cycle_weight * cycle
        terms = {"generator": fooled, "cycle": cycle}
        if self.matching:
            fakes = {"a": fake_a, "b": fake_b}
            matched = [
                match.loss(fakes[side], batch[side], batch["kind"])
                for side, match in self.matching.items()
            ]
            terms["matching"] = reduce(torch.add, matched)
            loss = loss + self.settings.matching * terms["matching"]
        interval = self.settings.identity_interval
        if self.settings.identity_weight and self.steps % interval == 0:
            identity = losses.identity_mapping(b, self._run("forward", b))
            identity = identity + losses.identity_mapping(a, self._run("backward", a))
            loss = loss + self.settings.identity_weight * interval * identity
            terms["identity"] = identity
        return loss, terms

    def _discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        terms = {
            f"discriminator_{side}": losses.least_squares_discriminator(
                self._discriminate(side, batch[side], batch["kind"]),
                self._discriminate(side, batch[f"fake_{side}"], batch[f"fake_kind_{side}"]),
            )
            for side in "ab"
        }
        return terms["discriminator_a"] + terms["discriminator_b"], terms

    # --- sheets and measures --------------------------------------------------------------------

    @torch.no_grad()
    def translate(self, name: str, images: Tensor) -> Tensor:
        """Apply an averaged generator to uint8 pictures -> [N, 3, H, W] float on the CPU."""
        parts = [self.averages[name](to_float(x.to(self.device))).cpu() for x in images.split(8)]
        return torch.cat(parts)

    def sheet(self) -> Image.Image:
        """Rows: a, a translated to b, true b, b translated to a."""
        a, b = (side[:8] for side in self.pairs)
        parts = (
            to_float(a),
            self.translate("forward", a),
            to_float(b),
            self.translate("backward", b),
        )
        return rows([to_pil(part) for part in parts])

    def evaluate(self) -> dict[str, float]:
        """How often a translation is nearer to the truth than its input, and PSNR of the cycle."""
        a, b = self.pairs
        fake_b = to_byte(self.translate("forward", a))
        fake_a = to_byte(self.translate("backward", b))
        back = to_byte(self.translate("backward", fake_b))
        report = {"cycle_psnr": float(metrics.psnr(channels_last(a), channels_last(back)).mean())}
        for name, *pictures in (("forward", a, fake_b, b), ("backward", b, fake_a, a)):
            for key, value in nearer_to_truth(self.features, *pictures).items():
                report[f"{name}_{key}"] = value
        return report

    # --- files ----------------------------------------------------------------------------------

    def export(self, folder: Path, training: dict[str, Any]) -> None:
        """Write all networks; generator.safetensors: from a to b, backward.safetensors: back."""
        metadata = self.settings.metadata * 2  # forward, backward, and of their discriminators
        for (name, filename), facts in zip(EXPORTS.items(), metadata, strict=True):
            weights.save_generator(
                folder / f"{filename}.safetensors",
                (self.networks | self.averages)[name],
                task="translation",
                training=training,
                **facts,
            )

    def warm_start(self, files: Mapping[str, Path]) -> list[str]:
        """Load the generators and discriminators of both directions, if they fit."""
        named = {name: files.get(filename) for name, filename in EXPORTS.items()}
        return load_all_fitting(self.networks, self.averages, named, main="forward")

    def extra_state(self) -> dict[str, Any]:
        """Counter, histories and the queues of the matching."""
        matching = {side: match.state() for side, match in self.matching.items()}
        histories = {side: vars(history) for side, history in self.histories.items()}
        return {"steps": self.steps, "matching": matching, "histories": histories}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        """Restore the result of `extra_state`."""
        self.steps = state["steps"]
        for side, known in state.get("matching", {}).items():
            if side in self.matching:
                self.matching[side].load_state(known)
        for side, history in self.histories.items():
            for name in ("images", "kinds"):
                setattr(history, name, [x.to(self.device) for x in state["histories"][side][name]])
