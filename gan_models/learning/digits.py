"""The trainers of the digits: five objectives on two pairs of networks, and a classifier."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from gan_models import metrics, networks, seeds, weights
from gan_models.learning import objectives
from gan_models.learning.mnist import CLASSES
from gan_models.media.images import grid, to_pil
from gan_models.media.provenance import SAMPLES
from gan_models.media.tensors import to_float
from gan_models.networks.base import Network
from gan_models.networks.digits import DigitClassifier
from gan_models.training.losses import r1_penalty
from gan_models.training.optim import Batch, Losses, split, update
from gan_models.training.trainers.base import Trainer

LICENCE = "CC BY-SA 3.0"
SOURCE = "trained by Ganvas on 9,000 digits of MNIST (LeCun, Cortes and Burges)"
NUM_MEASURED = 1000
MEASURED_SEED = 100_000
COVERED = 0.01  # least share of the samples that a covered digit has

Objective = Literal["nonsaturating", "wgan", "wgan-gp"]


@dataclass(frozen=True)
class DigitSettings:
    """Networks and numbers of a training on digits."""

    title: str
    objective: Objective
    family: Literal["perceptron", "dcgan-28"]
    generator: dict[str, Any]
    discriminator: dict[str, Any]
    generator_rate: float = 2e-4
    discriminator_rate: float = 2e-4
    betas: tuple[float, float] = (0.5, 0.999)
    critic_steps: int = 1  # of the discriminator, for one of the generator
    clip: float = 0.01  # only for "wgan"
    penalty: float = 10.0  # only for "wgan-gp"
    r1: float = 0.0  # weight of the R1 penalty, only for "nonsaturating"; 0: none
    conditional: bool = False
    augment: bool = False  # what the discriminator sees is shifted, turned and scaled a little


class DigitTrainer(Trainer):
    """A generator and a discriminator on digits.

    Args:
        settings: networks and numbers.
        device: where everything runs.
        held_out: pictures uint8 [N, 1, 28, 28] that are not trained on, to measure against.
        classifier: of digits, to measure by.
    """

    SHEET_SHOWS = SAMPLES

    def __init__(
        self,
        settings: DigitSettings,
        device: torch.device,
        held_out: Tensor,
        classifier: DigitClassifier,
    ) -> None:
        self.settings, self.device, self.held_out = settings, device, held_out
        self.classifier = classifier.to(device).eval().requires_grad_(False)
        generator = networks.build(settings.family, settings.generator).to(device)
        average = networks.build(settings.family, settings.generator).to(device)
        average.load_state_dict(generator.state_dict())
        discriminator = networks.build(f"{settings.family}-discriminator", settings.discriminator)
        self.networks = {"generator": generator, "discriminator": discriminator.to(device)}
        self.averages = {"generator": average.eval().requires_grad_(False)}
        rates = {
            "generator": settings.generator_rate,
            "discriminator": settings.discriminator_rate,
        }
        self.optimizers = {name: self._optimizer(name, rate) for name, rate in rates.items()}

    def _optimizer(self, name: str, rate: float) -> torch.optim.Optimizer:
        parameters = self.networks[name].parameters()
        if self.settings.objective == "wgan":  # momentum made it unstable: section 4 of the paper
            return torch.optim.RMSprop(parameters, rate)
        return torch.optim.Adam(parameters, rate, betas=self.settings.betas)

    def step(self, batch: Batch, num_chunks: int) -> Losses:
        """`critic_steps` steps of the discriminator, each on its share of the batch, then one of
        the generator. The batch has `images` uint8 [N, 1, 28, 28] and `digits` [N].
        """
        batch = {name: tensor.to(self.device) for name, tensor in batch.items()}
        report: Losses = {}
        parts = [split(x, num_chunks) for x in split(batch, self.settings.critic_steps)]
        for chunks in parts:
            report |= update(self.optimizers["discriminator"], chunks, self._discriminator_loss)
            if self.settings.objective == "wgan":
                objectives.clip_weights(self.networks["discriminator"], self.settings.clip)
        return report | update(self.optimizers["generator"], parts[-1], self._generator_loss)

    def _one_hot(self, digits: Tensor) -> Tensor | None:
        return F.one_hot(digits, len(CLASSES)).float() if self.settings.conditional else None

    def _seen(self, images: Tensor) -> Tensor:
        """Pictures as the discriminator sees them: with few real ones it learns them by heart, and
        the same random transform of real and generated ones delays that (Zhao et al. 2020,
        arXiv:2006.10738).
        """
        return distort(images) if self.settings.augment else images

    def _generate(self, c: Tensor | None, count: int) -> Tensor:
        generator = self.networks["generator"]
        z = torch.randn(count, generator.z_dim, device=self.device)
        return generator(z) if c is None else generator(z, c)

    def _discriminator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        critic, images = self.networks["discriminator"], to_float(batch["images"])
        c = self._one_hot(batch["digits"])
        with torch.no_grad():
            fakes = self._generate(c, len(images))
        seen = self._seen(images).requires_grad_(self.settings.r1 > 0)
        real, fake = critic(seen, c), critic(self._seen(fakes), c)
        if self.settings.objective == "nonsaturating":
            loss = objectives.discriminator_loss(real, fake)
            terms = {"discriminator": loss, "d_real": real.mean(), "d_fake": fake.mean()}
            if self.settings.r1:
                terms["r1"] = r1_penalty(real, seen)
                loss = loss + self.settings.r1 * terms["r1"]
            return loss, terms
        loss = objectives.wasserstein_critic(real, fake)
        terms = {"discriminator": loss, "wasserstein": -loss}
        if self.settings.objective == "wgan-gp":
            share = torch.rand(len(images), device=self.device)
            penalty = objectives.gradient_penalty(lambda x: critic(x, c), images, fakes, share)
            terms["penalty"] = penalty
            loss = loss + self.settings.penalty * penalty
        return loss, terms

    def _generator_loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        c = self._one_hot(batch["digits"])
        made = self._seen(self._generate(c, len(batch["digits"])))
        fake = self.networks["discriminator"](made, c)
        if self.settings.objective == "nonsaturating":
            loss = objectives.nonsaturating_generator(fake)
        else:
            loss = objectives.wasserstein_generator(fake)
        return loss, {"generator": loss}

    @torch.no_grad()
    def sample(self, seeds_: range, digits: Tensor | None = None) -> Tensor:
        """The averaged generator's pictures of seeds, [N, 1, 28, 28]."""
        generator = self.averages["generator"]
        z = seeds.sample_z(seeds_, generator.z_dim).to(self.device)
        c = None if digits is None else self._one_hot(digits.to(self.device))
        return (generator(z) if c is None else generator(z, c)).cpu()

    def _asked(self, count: int) -> Tensor | None:
        return torch.arange(count) % len(CLASSES) if self.settings.conditional else None

    def sheet(self) -> Image.Image:
        """64 seeds, or ten of every digit."""
        count = 100 if self.settings.conditional else 64
        return grid(to_pil(self.sample(range(count), self._asked(count))))

    def evaluate(self) -> dict[str, float]:
        """Measures by the classifier against the held-out digits."""
        asked = self._asked(NUM_MEASURED)
        made = self.sample(range(MEASURED_SEED, MEASURED_SEED + NUM_MEASURED), asked)
        return measure(self.classifier, made, to_float(self.held_out), asked)

    def export(self, folder: Path, training: dict[str, Any]) -> None:
        """The averaged generator and the discriminator, each as NAME.safetensors."""
        for name, network in (self.networks | self.averages).items():
            save_digits(folder / f"{name}.safetensors", network, self.settings, training)

    def save_snapshot(
        self, path: Path, training: dict[str, Any], with_discriminator: bool = False
    ) -> None:
        """The averaged generator as it stands, and the discriminator beside it."""
        if with_discriminator:
            beside = path.with_name(f"{path.stem}-discriminator{path.suffix}")
            save_digits(beside, self.networks["discriminator"], self.settings, training)
        save_digits(path, self.averages["generator"], self.settings, training)


def save_digits(
    path: Path, network: Network, settings: DigitSettings, training: dict[str, Any]
) -> None:
    """Write a network of a digits training with its metadata."""
    weights.save_generator(
        path,
        network,
        task="class" if settings.conditional else "latent",
        title=settings.title,
        classes=CLASSES if settings.conditional else None,
        training=training,
        licence=LICENCE,
        source=SOURCE,
    )


@torch.no_grad()
def read_digits(classifier: DigitClassifier, images: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Features [N, 128] and digits [N] that the classifier sees in [N, 1, 28, 28] in [-1, 1]."""
    features, digits = [], []
    for part in images.split(500):
        found = classifier.features(part)
        features.append(found.numpy())
        digits.append(classifier.out(found).argmax(1).numpy())
    return np.concatenate(features), np.concatenate(digits)


def measure(
    classifier: DigitClassifier, made: Tensor, reals: Tensor, asked: Tensor | None = None
) -> dict[str, float]:
    """KID, precision, recall and coverage of digits in the classifier's features.

    Args:
        classifier: in eval mode.
        made, reals: [N, 1, 28, 28] in [-1, 1].
        asked: the digits asked for, [N]; adds `accuracy`.
    """
    real, _ = read_digits(classifier, reals)
    fake, digits = read_digits(classifier, made)
    precision, recall = metrics.precision_recall(real, fake[: len(real)])
    shares = np.bincount(digits, minlength=len(CLASSES)) / len(digits)
    found = {
        "kid_digits": metrics.kid(real, fake),
        "precision": precision,
        "recall": recall,
        "digits_covered": float((shares >= COVERED).sum()),
        "least_share": float(shares.min()),
    }
    if asked is not None:
        found["accuracy"] = float((digits == asked.numpy()).mean())
    return found


class ClassifierTrainer(Trainer):
    """A classifier of digits, on pictures that are shifted, turned and scaled a little."""

    SHEET_SHOWS = ""

    def __init__(self, device: torch.device, held_out: tuple[Tensor, Tensor]) -> None:
        self.device, self.held_out = device, held_out
        network, self.average = DigitClassifier().to(device), DigitClassifier().to(device)
        self.average.load_state_dict(network.state_dict())
        self.networks = {"generator": network}
        self.averages = {"generator": self.average.eval().requires_grad_(False)}
        self.optimizers = {"generator": torch.optim.Adam(network.parameters(), 2e-3)}

    def step(self, batch: Batch, num_chunks: int) -> Losses:
        """One step on `images` and `digits`."""
        batch = {name: tensor.to(self.device) for name, tensor in batch.items()}
        return update(self.optimizers["generator"], split(batch, num_chunks), self._loss)

    def _loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        images = distort(to_float(batch["images"]))
        loss = F.cross_entropy(self.networks["generator"](images), batch["digits"])
        return loss, {"classifier": loss}

    def sheet(self) -> Image.Image:
        """64 digits as they are trained on."""
        return grid(to_pil(to_float(self.held_out[0][:64])))

    def evaluate(self) -> dict[str, float]:
        """Share of the held-out digits that are recognised."""
        _, digits = read_digits(self.average, to_float(self.held_out[0]))
        return {"accuracy": float((digits == self.held_out[1].numpy()).mean())}

    def export(self, folder: Path, training: dict[str, Any]) -> None:
        """The averaged classifier as generator.safetensors."""
        weights.save_generator(
            folder / "generator.safetensors",
            self.averages["generator"],
            task="classifier",
            title="Classifier of digits",
            classes=CLASSES,
            training=training,
            licence=LICENCE,
            source=SOURCE,
        )


def distort(images: Tensor) -> Tensor:
    """Turn by up to 12 degrees, scale by up to 12 %, shift by up to 2 px, each picture apart."""
    count, device = len(images), images.device
    angle = (torch.rand(count, device=device) - 0.5) * 0.42
    scale = 1 + (torch.rand(count, 2, device=device) - 0.5) * 0.24
    shift = (torch.rand(count, 2, device=device) - 0.5) * (4 / 14)
    cos, sin = angle.cos(), angle.sin()
    rows = (
        torch.stack([cos * scale[:, 0], -sin * scale[:, 1], shift[:, 0]], dim=1),
        torch.stack([sin * scale[:, 0], cos * scale[:, 1], shift[:, 1]], dim=1),
    )
    places = F.affine_grid(torch.stack(rows, dim=1), list(images.shape), align_corners=False)
    return F.grid_sample(images + 1, places, align_corners=False) - 1


class DigitData:
    """Batches of digits: everything random follows from the seed and the count."""

    def __init__(self, images: Tensor, digits: Tensor) -> None:
        self.images, self.digits = images, digits

    def batch(self, seed: int, images_seen: int, size: int) -> Batch:
        """The `size` digits that follow after `images_seen`, each epoch in another order."""
        count = len(self.images)
        index = []
        for position in range(images_seen, images_seen + size):
            epoch, place = divmod(position, count)
            index.append(int(self._order(seed, epoch)[place]))
        return {"images": self.images[index], "digits": self.digits[index]}

    def _order(self, seed: int, epoch: int) -> np.ndarray:
        if getattr(self, "_known", None) != (seed, epoch):
            self._known = (seed, epoch)
            self._permutation = np.random.RandomState([seed, epoch]).permutation(len(self.images))
        return self._permutation


def geometric_steps(total: int, count: int) -> list[int]:
    """`count` steps from 1 to `total`, spaced geometrically; fewer where they would be equal."""
    return sorted({round(total ** (k / (count - 1))) for k in range(count)})
