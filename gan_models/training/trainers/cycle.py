"""The trainer of unpaired translation: CycleGAN (Zhu et al. 2017, arXiv:1703.10593)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
from gan_models.networks.efficientnet_lite import EfficientNetLite0
from gan_models.training import losses
from gan_models.training.feature_matching import Matching
from gan_models.training.optim import Batch, Losses, adam, split, update
from gan_models.training.trainers.base import Trainer, begin_from

EXPORTS = {  # network -> file; a direction's discriminator is that of its target side
    "forward": "generator",
    "backward": "backward",
    "discriminator_b": "discriminator",
    "discriminator_a": "backward-discriminator",
}


@dataclass(frozen=True)
class CycleSettings:
    """Networks and numbers of a translation; side a goes forward to side b."""

    generator: dict[str, Any]
    discriminator: dict[str, Any]
    generator_rate: float = 2e-4
    discriminator_rate: float = 2e-4
    betas: tuple[float, float] = (0.5, 0.999)
    cycle_weight: float = 10.0
    identity_weight: float = 5.0
    identity_interval: int = 2  # steps: the identity terms cost two passes and change slowly
    matching: float = 0.0  # weight of the energy distance of features, on either side
    matching_px: int = 128  # side at which they are looked at
    history: int = 50
    crop_px: int = 128  # side of what is trained on; the networks take any size
    cards: tuple[dict[str, str], ...] = field(default=({}, {}))  # forward, backward


class History:
    """Past fakes mixed among the new ones (Shrivastava et al. 2017, arXiv:1612.07828, 2.3)."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.images: list[Tensor] = []
        self.kinds: list[Tensor] = []

    def mix(self, images: Tensor, kinds: Tensor) -> tuple[Tensor, Tensor]:
        """Each picture comes back as it is, or is kept and an older one comes in its place.

        What the pictures show, [N], goes with them.
        """
        mixed = []
        for image, kind in zip(images.detach(), kinds, strict=True):
            if len(self.images) < self.capacity:
                self.images.append(image.clone())
                self.kinds.append(kind)
            elif self.capacity and torch.rand(()).item() < 0.5:
                index = int(torch.randint(self.capacity, ()))
                image, self.images[index] = self.images[index], image.clone()
                kind, self.kinds[index] = self.kinds[index], kind
            mixed.append((image, kind))
        images, kinds = zip(*mixed, strict=True)
        return torch.stack(images), torch.stack(kinds)


class CycleTrainer(Trainer):
    """Two generators, two patch discriminators, least squares.

    The discriminators know what kind of thing a picture shows, if they are built with classes; the
    generators must see it for themselves.

    Args:
        settings: networks and numbers.
        features: to measure by.
        device: where everything runs.
        pairs: the same scenes on side a and side b, [N, 3, H, W] uint8 each, held out: training
            never sees them, they serve to look and measure only.
        reals: some pictures of side a and of side b that it is trained on, likewise; only for
            `matching`.
    """

    RENAMED: ClassVar[Mapping[str, str]] = {
        "judge_a": "discriminator_a",
        "judge_b": "discriminator_b",
        "judges": "discriminators",
    }

    def __init__(
        self,
        settings: CycleSettings,
        features: EfficientNetLite0,
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
            self.networks[name] = network.to(device, memory_format=torch.channels_last)
            self.averages[name] = average.to(device).eval().requires_grad_(False)
        for name in ("discriminator_a", "discriminator_b"):
            self.networks[name] = networks.build("patchgan", settings.discriminator).to(
                device, memory_format=torch.channels_last
            )
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

        Pictures that show the same kind of thing [N], in `a` and `b` alike, are compared
        by themselves.
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
            terms["matching"] = sum(
                match.loss(fakes[side], batch[side], batch["kind"])
                for side, match in self.matching.items()
            )
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

    # --- looking and measuring ------------------------------------------------------------------

    @torch.no_grad()
    def translate(self, name: str, images: Tensor) -> Tensor:
        """An averaged generator on uint8 pictures -> [N, 3, H, W] float on the CPU."""
        parts = [self.averages[name](to_float(x.to(self.device))).cpu() for x in images.split(8)]
        return torch.cat(parts)

    def sheet(self) -> Image.Image:
        """Rows: a, a made b, true b, b made a."""
        a, b = (side[:8] for side in self.pairs)
        parts = (
            to_float(a),
            self.translate("forward", a),
            to_float(b),
            self.translate("backward", b),
        )
        return rows([to_pil(part) for part in parts])

    def evaluate(self) -> dict[str, float]:
        """How often a translation is nearer to the true picture than its input, and the cycle."""
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
        """generator.safetensors goes from a to b, backward.safetensors from b to a."""
        cards = self.settings.cards * 2  # forward, backward, and again for their discriminators
        for (name, filename), card in zip(EXPORTS.items(), cards, strict=True):
            weights.save_generator(
                folder / f"{filename}.safetensors",
                (self.networks | self.averages)[name],
                task="translation",
                training=training,
                **card,
            )

    def warm_start(self, files: Mapping[str, Path]) -> list[str]:
        """Begin from the generators and discriminators of both directions, where they fit."""
        named = {name: files.get(filename) for name, filename in EXPORTS.items()}
        return begin_from(self.networks, self.averages, named, main="forward")

    def extra_state(self) -> dict[str, Any]:
        """Counter, histories and what the matching remembers."""
        matching = {side: match.state() for side, match in self.matching.items()}
        histories = {side: vars(history) for side, history in self.histories.items()}
        return {"steps": self.steps, "matching": matching, "histories": histories}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        """Take back what `extra_state` gave."""
        self.steps = state["steps"]
        for side, known in state.get("matching", {}).items():
            if side in self.matching:
                self.matching[side].load_state(known)
        for side, history in self.histories.items():
            for name in ("images", "kinds"):
                setattr(history, name, [x.to(self.device) for x in state["histories"][side][name]])
