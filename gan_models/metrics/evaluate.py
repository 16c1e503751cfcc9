"""Measures our own finished models: opens them, the scenes and the features, and asks `quality`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor, nn

from gan_models import weights
from gan_models.device import pick_device
from gan_models.landscape.world import World
from gan_models.media.tensors import channels_first, to_byte, to_float
from gan_models.metrics.features import PUBLISHED_PX, load_features, load_measuring_features
from gan_models.metrics.quality import (
    Figure,
    Goal,
    Reference,
    classes_figures,
    measure_pictures,
    paint_figures,
    sample_latent,
    translation_figures,
)
from gan_models.networks.cascade import cascade
from gan_models.paths import CHECKPOINTS

MIN_NUM, MAX_NUM = 10, 50_000  # KID and its like count nearest pictures
NUM_RELIT = 200  # rendered anew each time


class Bench:
    """What several models are measured with, made when first asked for.

    Args:
        num: pictures a side for KID, `MIN_NUM` to `MAX_NUM`.
        folder: where the networks lie.
        report: told in words what is being rendered.
    """

    def __init__(
        self,
        num: int,
        folder: Path = CHECKPOINTS,
        report: Callable[[str], None] | None = None,
    ) -> None:
        self.num, self.folder, self.report, self.device = num, folder, report, pick_device()

    @cached_property
    def features(self) -> nn.Module:
        """The frozen feature network of training, for distances between pairs of pictures."""
        return load_features(self.device)

    @cached_property
    def reference(self) -> Reference:
        """`num` renders that none was trained on, in the features that no training touches."""
        reals = self.world(PUBLISHED_PX).unseen(self.num).pixels[: self.num]
        return Reference.of(load_measuring_features(self.device), channels_first(reals))

    def world(self, resolution: int) -> World:
        """The landscape world at a resolution."""
        return World(resolution, max(resolution, 128), self.report)

    def load(self, name: str) -> nn.Module:
        """A network of ours by its file's name, with its upscaler where it has one."""
        network, facts = weights.load_checkpoint(self.folder / f"{name}.safetensors")
        if facts.get("upscaler"):
            network = cascade(network, self.load(facts["upscaler"]))
        return network.to(self.device)

    def held_out(self, resolution: int) -> dict[str, Tensor]:
        """Held-out renders with all that is known of them."""
        return self.world(resolution).held_out_batch()

    def apply(self, network: nn.Module, *inputs: Tensor, batch: int = 16) -> Tensor:
        """A picture-making network in batches, uint8 on the CPU."""
        parts = []
        with torch.inference_mode():
            for part in zip(*(x.split(batch) for x in inputs), strict=True):
                parts.append(to_byte(network(*(x.to(self.device) for x in part))).cpu())
        return torch.cat(parts)


def measure_landscapes(bench: Bench) -> list[Figure]:
    """The unconditional generator."""
    generator = bench.load("landscapes")
    pictures = sample_latent(generator, bench.num)
    return measure_pictures("landscapes", bench.reference, pictures, Goal(0.015, recall=0.25))


def measure_classes(bench: Bench) -> list[Figure]:
    """The class-conditional generator, every class equally often, as in the renders."""
    model = "landscapes-classes"
    generator = bench.load(model)
    index = [i % generator.num_classes for i in range(bench.num)]
    pictures = sample_latent(generator, bench.num, index)
    held_out = bench.held_out(generator.img_resolution)
    truth = held_out["images"], held_out["class_index"].numpy()
    return [
        *measure_pictures(model, bench.reference, pictures, Goal(0.015, recall=0.2)),
        *classes_figures(model, bench.load("classifier"), pictures, index, truth),
    ]


def measure_paint(bench: Bench) -> list[Figure]:
    """The semantic painter with its style encoder."""
    generator, encoder = bench.load("paint"), bench.load("paint-encoder")

    def paint(maps: Tensor, styles: Tensor) -> Tensor:
        planes = torch.nn.functional.one_hot(maps.long(), generator.num_classes)
        return bench.apply(generator, planes.permute(0, 3, 1, 2).float(), styles)

    def encode(images: Tensor) -> Tensor:
        with torch.inference_mode():
            return encoder(to_float(images).to(bench.device))[0].cpu()

    held_out = bench.held_out(generator.img_resolution)
    relit = bench.world(generator.img_resolution).relit(NUM_RELIT)
    held_out["relit"] = channels_first(relit)
    return paint_figures("paint", bench.load("segmenter"), paint, encode, generator.z_dim, held_out)


def measure_translation(bench: Bench, model: str) -> list[Figure]:
    """One direction between the seasons; the way back is the other direction's network."""
    a, b = model.split("2")
    there, back = bench.load(model), bench.load(f"{b}2{a}")
    pairs = tuple(channels_first(x) for x in bench.world(128).season_pairs((a, b)))
    return translation_figures(
        model,
        bench.features,
        lambda images: bench.apply(there, to_float(images)),
        lambda images: bench.apply(back, to_float(images)),
        pairs,
    )


MODELS: dict[str, Callable[[Bench], list[Figure]]] = {
    "landscapes": measure_landscapes,
    "landscapes-classes": measure_classes,
    "paint": measure_paint,
    "summer2winter": lambda bench: measure_translation(bench, "summer2winter"),
    "winter2summer": lambda bench: measure_translation(bench, "winter2summer"),
}


def evaluate(model: str, bench: Bench) -> list[Figure]:
    """The figures of one of `MODELS`.

    Raises:
        ValueError: no such model, it is not trained yet, or too few or many pictures.
    """
    if not MIN_NUM <= bench.num <= MAX_NUM:
        raise ValueError(f"Measure on {MIN_NUM} to {MAX_NUM:,} pictures, not on {bench.num}.")
    if model not in MODELS:
        raise ValueError(f"{model!r} has no measures. Choose from: {', '.join(MODELS)}.")
    if not (bench.folder / f"{model}.safetensors").exists():
        raise ValueError(
            f"{bench.folder} holds no {model}.safetensors; train it with "
            f"`python -m gan_models train {model}`."
        )
    return MODELS[model](bench)


def table(figures: list[Figure]) -> Iterator[str]:
    """Model, metric, value, and what it is held against: the lines of a table."""
    yield f"{'model':20} {'metric':44} {'value':>9}  beside it"
    for figure in figures:
        reference = "" if figure.reference is None else f"{figure.reference:.4f} {figure.beside}"
        yield f"{figure.model:20} {figure.metric:44} {figure.value:9.4f}  {reference}"
