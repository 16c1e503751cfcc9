"""Measures of the trained generators of digits, and their publication with their films."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_models import seeds, weights
from gan_models.learning.digits import MEASURED_SEED, measure
from gan_models.learning.film import pack_film
from gan_models.learning.mnist import CLASSES, load_digits
from gan_models.learning.recipes import RECIPES, load_classifier
from gan_models.media.tensors import to_float
from gan_models.metrics.quality import Figure
from gan_models.networks.base import Network
from gan_models.networks.digits import DigitClassifier
from gan_models.paths import CHECKPOINTS

MIN_NUM, MAX_NUM = 1000, 50_000
FILM_NUM = 2000  # samples that the measures of each step of a film are taken on
WORDS = {
    "kid_digits": "KID in the classifier's features",
    "precision": "precision",
    "recall": "recall",
    "digits_covered": "digits with at least 1 % of the samples",
    "least_share": "share of the rarest digit",
    "accuracy": "share of samples of the digit asked for",
}


@torch.inference_mode()
def draw_digits(generator: Network, count: int) -> tuple[Tensor, Tensor | None]:
    """Samples [count, 1, 28, 28] in [-1, 1], and of a conditional generator the digits asked for,
    [count], each equally often.
    """
    asked = torch.arange(count) % len(CLASSES) if generator.num_classes else None
    made = []
    for start in range(0, count, 500):
        stop = min(start + 500, count)
        z = seeds.sample_z(range(MEASURED_SEED + start, MEASURED_SEED + stop), generator.z_dim)
        if asked is None:
            made.append(generator(z))
        else:
            made.append(generator(z, F.one_hot(asked[start:stop], len(CLASSES)).float()))
    return torch.cat(made), asked


def measure_generator(
    generator: Network, classifier: DigitClassifier, reals: Tensor, count: int
) -> dict[str, float]:
    """`digits.measure` of `count` samples; `reals` uint8 [N, 1, 28, 28] were not trained on."""
    made, asked = draw_digits(generator, count)
    return measure(classifier, made, to_float(reals), asked)


def evaluate_digits(name: str, count: int, folder: Path = CHECKPOINTS) -> list[Figure]:
    """The figures of one of `RECIPES`, against the digits of MNIST that are held out.

    Raises:
        ValueError: no such recipe, `count` out of range, or MNIST is not there.
        WeightsError: the generator is missing or damaged.
    """
    if name not in RECIPES:
        raise ValueError(f"There is no recipe {name[:40]!r}; choose from: {', '.join(RECIPES)}.")
    if not MIN_NUM <= count <= MAX_NUM:
        raise ValueError(f"Measure digits on {MIN_NUM:,} to {MAX_NUM:,} samples, not on {count}.")
    generator = weights.load_network(folder / f"{name}.safetensors")
    reals, _ = load_digits(train=False)
    found = measure_generator(cast("Network", generator), load_classifier(), reals, count)
    return [Figure(name, WORDS[metric], value) for metric, value in found.items()]


def publish(name: str, run: Path, folder: Path = CHECKPOINTS) -> tuple[Path, Path]:
    """Copy the generator of a finished run, and pack its film with the measures of each step.

    Returns:
        The two files.

    Raises:
        ValueError: the run is not finished, or MNIST is not there.
    """
    source = run / "generator.safetensors"
    if not source.is_file():
        raise ValueError(f"{run} holds no finished run of {name}; train it first.")
    reals, _ = load_digits(train=False)
    generator = folder / f"{name}.safetensors"
    film = folder / f"{name}-film.safetensors"
    classifier = load_classifier()
    pack_film(
        run,
        film,
        lambda network: measure_generator(cast("Network", network), classifier, reals, FILM_NUM),
    )
    shutil.copyfile(source, generator)
    return generator, film
