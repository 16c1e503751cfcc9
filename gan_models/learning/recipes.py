"""The recipes of the digits, and how one is trained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from gan_models import weights
from gan_models.device import pick_device
from gan_models.learning.digits import (
    ClassifierTrainer,
    DigitData,
    DigitSettings,
    DigitTrainer,
    geometric_steps,
)
from gan_models.learning.mnist import load_digits
from gan_models.networks.digits import DigitClassifier
from gan_models.paths import CHECKPOINTS, ganvas_home
from gan_models.training.loop import Callback, Outcome, Progress, Settings, run
from gan_models.training.train import check_kimg

CLASSIFIER = "digit-classifier"
DATA = "9,000 digits of MNIST"
PERCEPTRON = {"z_dim": 100, "widths": [128, 256, 512]}
CONVOLUTIONAL = {"z_dim": 100, "width": 24, "hidden": 192}
CONDITIONAL = {"z_dim": 100, "width": 48, "num_classes": 10}
DEEP = {"width": 32, "deep": True}
BATCH = 64
DCGAN = DigitSettings(
    "Digits, DCGAN",
    "nonsaturating",
    "dcgan-28",
    CONVOLUTIONAL,
    DEEP,
    generator_rate=1e-3,
    discriminator_rate=1e-3,
    betas=(0.0, 0.999),
    r1=4.0,
)


@dataclass(frozen=True)
class DigitRecipe:
    """A training on digits: its networks, its length, and the snapshots of its film."""

    settings: DigitSettings
    steps: int  # of the generator
    num_snapshots: int
    with_discriminators: bool = True  # the film has those of all its steps, not of the last alone
    decay_from: float = 1.0  # share of the training after which rates decay linearly to 0
    ema_half_life_kimg: float = 4.0


RECIPES = {
    "digits-gan": DigitRecipe(
        DigitSettings(
            "Digits, perceptrons",
            "nonsaturating",
            "perceptron",
            PERCEPTRON,
            {"widths": [256, 128]},
        ),
        steps=20_000,
        num_snapshots=8,
        with_discriminators=False,
    ),
    "digits-dcgan": DigitRecipe(
        DCGAN,
        steps=14_000,
        num_snapshots=8,
        decay_from=0.5,
        ema_half_life_kimg=8.0,
    ),
    "digits-wgan": DigitRecipe(
        DigitSettings(
            "Digits, WGAN",
            "wgan",
            "dcgan-28",
            CONVOLUTIONAL,
            DEEP | {"norm": True},
            generator_rate=5e-4,
            discriminator_rate=5e-4,
            critic_steps=5,
        ),
        steps=5_000,
        num_snapshots=8,
        decay_from=0.7,
        ema_half_life_kimg=20.0,
    ),
    "digits-wgan-gp": DigitRecipe(
        DigitSettings(
            "Digits, WGAN-GP",
            "wgan-gp",
            "dcgan-28",
            CONVOLUTIONAL,
            DEEP,
            generator_rate=5e-4,
            discriminator_rate=5e-4,
            betas=(0.0, 0.9),
            critic_steps=2,
        ),
        steps=8_000,
        num_snapshots=8,
        decay_from=0.5,
        ema_half_life_kimg=8.0,
    ),
    "digits-cgan": DigitRecipe(
        DigitSettings(
            "Digits by class, conditional GAN",
            "nonsaturating",
            "dcgan-28",
            CONDITIONAL,
            {"width": 32, "num_classes": 10, "norm": True},
            conditional=True,
            augment=True,
        ),
        steps=12_000,
        num_snapshots=8,
    ),
    "digits-gan-collapsed": DigitRecipe(
        # the discriminator becomes steep
        replace(DCGAN, title="Digits, a collapsed GAN", r1=0.1),
        steps=1_200,
        num_snapshots=8,
    ),
}


def load_classifier() -> DigitClassifier:
    """The classifier of digits that measures the generators.

    Raises:
        WeightsError: its file is missing or damaged.
    """
    network = weights.load_network(CHECKPOINTS / f"{CLASSIFIER}.safetensors")
    if not isinstance(network, DigitClassifier):
        raise weights.CorruptWeightsError(
            f"{CLASSIFIER}.safetensors is another network: restore it with `git checkout -- "
            f"checkpoints/{CLASSIFIER}.safetensors`."
        )
    return network


def train_digits(
    name: str,
    out: Path | str | None = None,
    *,
    resume: bool = False,
    kimg: float | None = None,
    device: str | None = None,
    callback: Callback | None = None,
) -> Outcome:
    """Train one of `RECIPES`, or the classifier that measures them.

    The folder of the run gets `film/`, the generator at steps that are spaced geometrically.

    Raises:
        ValueError: no such device, MNIST is not there, or `kimg` out of range.
        TrainingError: as `training.train`.
    """
    check_kimg(kimg)
    chosen = pick_device(device)
    folder = Path(out) if out is not None else ganvas_home() / "runs" / name
    images, digits = load_digits(train=True)
    held_out = load_digits(train=False)
    make_data = lambda: DigitData(images, digits)
    if name == CLASSIFIER:
        settings = Settings(name, BATCH, 900, DATA, ema_half_life_kimg=5.0, decay_from=0.5)
        make = lambda: ClassifierTrainer(chosen, held_out)
        return run(settings, make, make_data, folder, resume=resume, kimg=kimg, callback=callback)
    recipe = RECIPES[name]
    batch = BATCH * recipe.settings.critic_steps
    total = kimg or recipe.steps * batch / 1000
    settings = Settings(
        name,
        batch,
        total,
        DATA,
        ema_half_life_kimg=recipe.ema_half_life_kimg,
        decay_from=recipe.decay_from,
    )
    classifier = load_classifier()
    steps = geometric_steps(int(total * 1000 / batch), recipe.num_snapshots)
    film = FilmWriter(folder, steps, recipe.with_discriminators, callback)

    def make_trainer() -> DigitTrainer:
        film.trainer = DigitTrainer(recipe.settings, chosen, held_out[0], classifier)
        return film.trainer

    return run(settings, make_trainer, make_data, folder, resume=resume, kimg=kimg, callback=film)


class FilmWriter:
    """A callback of the loop that stores the networks at these steps."""

    def __init__(
        self, folder: Path, steps: list[int], with_discriminators: bool, callback: Callback | None
    ) -> None:
        self.folder, self.steps, self.callback = folder / "film", set(steps), callback
        self.with_discriminators = with_discriminators
        self.trainer: DigitTrainer | None = None

    def __call__(self, progress: Progress) -> bool | None:
        """Called after each step."""
        if self.trainer is not None and progress.step in self.steps and progress.losses:
            path = self.folder / f"{progress.step:07d}.safetensors"
            if not path.exists():
                facts = {"steps": progress.step, "kimg": progress.kimg}
                self.trainer.save_snapshot(path, facts, self.with_discriminators)
        return None if self.callback is None else self.callback(progress)
