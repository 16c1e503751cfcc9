"""The recipes: networks, sizes, lengths and other numbers of each training. Nothing is run here.

Sizes and lengths depend on the device: a GPU trains overnight at 128 and 256 px, a CPU in one to
seven hours at 64 and 128 px.

The expected effect of more training, judging by the runs on a CPU: `landscapes` finer detail (its
goal of 0.0144 KID-effl0 is reached: 0.010 at 44 thousand pictures); `landscapes-classes` the same,
for the class asked for is recognised more often than in true renders (46, 61, 72, 79, 81 and 89 %
at 15, 22, 29, 50, 60 and 100 thousand; renders 85 %); `paint` styles that are followed more often
(59, 77, 80 and 81 % at 12, 28, 40 and 66 thousand; 90 % is the goal) and finer materials; the
seasons sharper pictures (nearer by features in 26, 67, 72, 75, 80, 84 and 85 % at 3.7, 7.4, 12.6,
23, 34, 41 and 66 thousand), which is what coasts with an open sea lack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from gan_models.landscape import BIOMES, CLASSES, LABELS
from gan_models.landscape.world import NUM_DETAILED, NUM_SCENES
from gan_models.training.loop import Settings
from gan_models.training.reconstruction import ReconstructionSettings
from gan_models.training.trainers.base import Metadata
from gan_models.training.trainers.cycle import CycleSettings
from gan_models.training.trainers.latent import LatentSettings
from gan_models.training.trainers.semantic import SemanticSettings
from gan_models.training.trainers.supervised import SupervisedSettings
from gan_models.training.trainers.upscaler import UpscalerSettings

LICENCE = "CC0-1.0"
SOURCE = "trained by Ganvas on its own rendered landscapes"
DATA = f"{NUM_SCENES:,} scenes of the Ganvas landscape world"
CHANNELS = [256, 256, 192, 96, 48]  # at 4, 8, … pixels
WIDE_CHANNELS = [512, 384, 256, 128, 64]
PAIR_DATA = f"the summer and the winter days among {DATA}"


@dataclass(frozen=True)
class Recipe:
    """A named training.

    Args:
        trainer: networks and their numbers.
        loop: length and other numbers of the loop.
        base: a recipe whose networks in `checkpoints/` it starts from, where tensors have the same
            name and shape.
    """

    name: str
    resolution: int  # side of the training pictures, px
    loop: Settings
    trainer: (
        LatentSettings | CycleSettings | SemanticSettings | SupervisedSettings | UpscalerSettings
    )
    base: str = ""


def _metadata(title: str) -> Metadata:
    return {"title": title, "licence": LICENCE, "source": SOURCE}


def _metrics_seconds(gpu: bool) -> float:
    return 480.0 if gpu else 1200.0  # measuring takes minutes on a CPU


def _latent(name: str, title: str, gpu: bool, classes: tuple[str, ...] = ()) -> Recipe:
    resolution = 64  # the upscaler enlarges the pictures
    trainer = LatentSettings(
        generator={
            "z_dim": 128,
            "c_dim": len(classes),
            "w_dim": 256,
            "img_resolution": resolution,
            "channels": WIDE_CHANNELS if gpu else CHANNELS,
            "num_mapping_layers": 2,
        },
        discriminator={"num_classes": len(classes), "color_px": 16},
        aux_classifier={"num_classes": len(classes) + 1, "num_features": 1840} if classes else None,
        classification=4.0,
        generator_rate=2e-3,
        discriminator_rate=2e-4 if gpu else 4e-4,
        augmentations=(),  # there are enough pictures
        discriminator_px=224 if gpu else 128,
        mapping_rate=10.0,  # these runs are short
        matching=20.0,
        matching_px=224 if gpu else 128,
        reconstruction=ReconstructionSettings(share=0.5),
        num_metric_images=5000 if gpu else 500,
        classes=classes,
        metadata=_metadata(title),
    )
    loop = Settings(
        name,
        batch=64 if gpu else 16,
        kimg=3000 if gpu else 600,
        data=DATA,
        metrics_seconds=_metrics_seconds(gpu),
        decay_from=0.8,
    )
    return Recipe(name, resolution, loop, trainer, base="landscapes" if classes else "")


def _cycle(name: str, sides: tuple[str, str], gpu: bool) -> Recipe:
    a, b = sides
    trainer = CycleSettings(
        generator={"width": 48 if gpu else 24, "num_blocks": 9 if gpu else 6, "mask": True},
        discriminator={"width": 64 if gpu else 32, "num_classes": len(BIOMES)},
        crop_px=128 if gpu else 64,
        matching=5.0,
        matching_px=128 if gpu else 96,
        metadata=(_metadata(f"{a.title()} to {b}"), _metadata(f"{b.title()} to {a}")),
    )
    loop = Settings(
        name,
        batch=4,
        kimg=400 if gpu else 66,
        data=PAIR_DATA,
        ema_half_life_kimg=1.0,
        metrics_seconds=_metrics_seconds(gpu),
        decay_from=0.7,
    )
    return Recipe(name, 256 if gpu else 128, loop, trainer)


def _semantic(name: str, gpu: bool) -> Recipe:
    resolution, z_dim = 128, 32  # the upscaler gets its pictures at 64 px
    generator: dict[str, Any] = {
        "num_labels": len(LABELS),
        "width": 20 if gpu else 14,
        "hidden": 48 if gpu else 24,
        "crop_size": resolution,
        "z_dim": z_dim,
        "spectral": False,
    }
    trainer = SemanticSettings(
        generator=generator,
        encoder={
            "width": 32 if gpu else 16,
            "z_dim": z_dim,
            "img_size": 128,
            "spectral": False,
            "norm": "none",  # instance norm would remove the colours, which are the style
        },
        discriminator={"num_labels": len(LABELS), "width": 64 if gpu else 20},
        segmentation_discriminator={
            "num_classes": len(LABELS) + 1,
            "width": 32 if gpu else 12,
            "norm": "group",
        },
        labels=LABELS,
        generator_rate=2e-4 if gpu else 8e-4,  # on a CPU there are few steps
        metadata=_metadata("Paint a landscape"),
    )
    loop = Settings(
        name,
        batch=32 if gpu else 4,
        kimg=1500 if gpu else 200,
        data=DATA,
        ema_half_life_kimg=2.0,
        decay_from=0.8 if gpu else 0.85,
    )
    return Recipe(name, resolution, loop, trainer)


def _upscaler(name: str, gpu: bool) -> Recipe:
    trainer = UpscalerSettings(
        generator={"num_labels": len(LABELS)},
        discriminator={"color_px": 0, "width": 48},
        patches={"width": 16, "num_layers": 3},
        labels=LABELS,
        metadata=_metadata("Upscaler of landscapes, 64 to 256 px"),
    )
    loop = Settings(
        name,
        batch=32 if gpu else 6,
        kimg=1000 if gpu else 60,
        data=f"{NUM_DETAILED:,} scenes of the Ganvas landscape world at 256 px",
        ema_half_life_kimg=1.0,
        metrics_seconds=_metrics_seconds(gpu),
        decay_from=0.75,
    )
    return Recipe(name, 256, loop, trainer)


def _segmenter(name: str) -> Recipe:
    trainer = SupervisedSettings(
        family="segmenter",
        network={"num_classes": len(LABELS), "width": 16},
        target="label_map",
        names=LABELS,
        metadata=_metadata("Segmenter of landscapes, to measure by"),
    )
    loop = Settings(name, batch=16, kimg=40, data=DATA, ema_half_life_kimg=1.0)
    return Recipe(name, 128, loop, trainer)


def _classifier(name: str) -> Recipe:
    trainer = SupervisedSettings(
        family="classifier",
        network={"num_classes": len(CLASSES)},
        target="class_index",
        names=CLASSES,
        metadata=_metadata("Classifier of landscapes, to measure by"),
    )
    # at 64 px, the size of the generated pictures it measures; larger ones are shrunk
    return Recipe(
        name, 64, Settings(name, batch=32, kimg=100, data=DATA, ema_half_life_kimg=2.0), trainer
    )


RECIPES = {
    "landscapes": lambda name, gpu: _latent(name, "Landscapes", gpu),
    "landscapes-classes": lambda name, gpu: _latent(name, "Landscapes by class", gpu, CLASSES),
    "summer2winter": lambda name, gpu: _cycle(name, ("summer", "winter"), gpu),
    "winter2summer": lambda name, gpu: _cycle(name, ("winter", "summer"), gpu),
    "paint": lambda name, gpu: _semantic(name, gpu),
    "upscaler": lambda name, gpu: _upscaler(name, gpu),
    "segmenter": lambda name, gpu: _segmenter(name),
    "classifier": lambda name, gpu: _classifier(name),
}


def make_recipe(name: str, device: torch.device) -> Recipe:
    """The recipe of a name, at the size that suits the device.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in RECIPES:
        raise ValueError(f"There is no recipe {name!r}. Choose from: {', '.join(RECIPES)}.")
    return RECIPES[name](name, device.type != "cpu")
