"""Evaluate our own models: load networks, scenes and features, and measure with `quality`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

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
from gan_models.networks.base import Network
from gan_models.networks.cascade import cascade
from gan_models.networks.efficientnet_lite import EfficientNetLite
from gan_models.networks.upscaler import Upscaler
from gan_models.paths import CHECKPOINTS

MIN_NUM, MAX_NUM = 10, 50_000  # of the measures on features
NUM_RELIT = 200  # rendered each time


class Bench:
    """Device, features, scenes and networks for the evaluation of models, loaded on first use.

    Args:
        num: pictures per side for KID, `MIN_NUM` to `MAX_NUM`.
        folder: of the networks.
        report: called with a message on what is being rendered.
    """

    def __init__(
        self,
        num: int,
        folder: Path = CHECKPOINTS,
        report: Callable[[str], None] | None = None,
    ) -> None:
        self.num, self.folder, self.report, self.device = num, folder, report, pick_device()

    @cached_property
    def features(self) -> EfficientNetLite:
        """The frozen feature network of training, for distances between pairs of pictures."""
        return load_features(self.device)

    @cached_property
    def reference(self) -> Reference:
        """`num` renders of unseen scenes, in the features that are not used in training."""
        reals = self.world(PUBLISHED_PX).unseen(self.num).pixels[: self.num]
        return Reference.of(load_measuring_features(self.device), channels_first(reals))

    def world(self, resolution: int) -> World:
        """The landscape world at a resolution."""
        return World(resolution, max(resolution, 128), self.report)

    def load(self, name: str) -> Network:
        """Load a network by the name of its file, with its upscaler if it has one.

        Raises:
            ValueError: its upscaler is another kind of network.
        """
        network, facts = weights.load_checkpoint(self.folder / f"{name}.safetensors")
        if facts.get("upscaler"):
            upscaler = self.load(facts["upscaler"])
            if not isinstance(upscaler, Upscaler):
                raise ValueError(f"{facts['upscaler']} is no upscaler.")
            network = cascade(network, upscaler)
        return network.to(self.device)

    def held_out(self, resolution: int) -> dict[str, Tensor]:
        """Held-out renders, label maps, classes and blob maps."""
        return self.world(resolution).held_out_batch()

    def apply(self, network: Network, *inputs: Tensor, batch: int = 16) -> Tensor:
        """Apply a network that makes pictures, in batches; uint8 on the CPU."""
        parts = []
        with torch.inference_mode():
            for part in zip(*(x.split(batch) for x in inputs), strict=True):
                parts.append(to_byte(network(*(x.to(self.device) for x in part))).cpu())
        return torch.cat(parts)


def measure_landscapes(bench: Bench) -> list[Figure]:
    """Measure the unconditional generator."""
    generator = bench.load("landscapes")
    pictures = sample_latent(generator, bench.num)
    return measure_pictures("landscapes", bench.reference, pictures, Goal(0.015, recall=0.25))


def measure_classes(bench: Bench) -> list[Figure]:
    """Measure the class-conditional generator, with all classes equally often."""
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
    """Measure the semantic generator with its style encoder."""
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
    """Measure one direction between the seasons; its cycle uses the network of the other one."""
    a, b = model.split("2")
    there, back = bench.load(model), bench.load(f"{b}2{a}")
    before, after = bench.world(128).season_pairs((a, b))
    return translation_figures(
        model,
        bench.features,
        lambda images: bench.apply(there, to_float(images)),
        lambda images: bench.apply(back, to_float(images)),
        (channels_first(before), channels_first(after)),
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
        ValueError: no such model, it is not trained yet, or `num` is out of range.
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
    """The lines of a table: model, metric, value, reference."""
    yield f"{'model':20} {'metric':44} {'value':>9}  beside it"
    for figure in figures:
        reference = "" if figure.reference is None else f"{figure.reference:.4f} {figure.beside}"
        yield f"{figure.model:20} {figure.metric:44} {figure.value:9.4f}  {reference}"
