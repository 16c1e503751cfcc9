"""Train a recipe: open the data, build the trainer, and run the training loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from gan_models import weights
from gan_models.device import pick_device
from gan_models.landscape.world import World
from gan_models.media.tensors import channels_first, channels_last
from gan_models.metrics.features import load_features
from gan_models.metrics.quality import resize_bytes, sample_latent
from gan_models.paths import CHECKPOINTS, ganvas_home
from gan_models.training.data import (
    CollagedData,
    PictureData,
    RoughPairData,
    UnpairedData,
    UpscalerData,
)
from gan_models.training.errors import TrainingError
from gan_models.training.feature_matching import MEASURED_REALS
from gan_models.training.loop import Callback, Data, Outcome, Progress, run
from gan_models.training.recipes import Recipe, make_recipe
from gan_models.training.trainers.base import Trainer
from gan_models.training.trainers.cycle import CycleSettings, CycleTrainer
from gan_models.training.trainers.latent import LatentSettings, LatentTrainer
from gan_models.training.trainers.semantic import SemanticSettings, SemanticTrainer
from gan_models.training.trainers.supervised import SupervisedSettings, SupervisedTrainer
from gan_models.training.trainers.upscaler import FACTOR, UpscalerSettings, UpscalerTrainer

BASES = ("landscapes", "landscapes-classes")  # whose pictures the upscaler is trained on

Parts = tuple[Callable[[], Trainer], Callable[[], Data]]

COMPANIONS = ("encoder", "discriminator", "aux_classifier", "segmentation_discriminator")


def train(
    recipe_name: str,
    out: Path | str | None = None,
    *,
    resume: bool = False,
    kimg: float | None = None,
    device: str | None = None,
    callback: Callback | None = None,
) -> Outcome:
    """Train a recipe; its data is rendered first if needed.

    Args:
        recipe_name: a key of `RECIPES`.
        out: folder of the run; None: `GANVAS_HOME/runs/<recipe>`.
        resume: continue the run in the folder; if there is none, start from the networks in
            `checkpoints/` if they have the recipe's shape.
        kimg: thousands of pictures in all, 0.001 to 10,000; None: the recipe's number.
        device: "cpu", "cuda" or "mps"; None: the best there is.
        callback: called after every step; stops the run by returning False.

    Raises:
        ValueError: no such recipe or device; `kimg` out of range.
        TrainingError: the folder is in use or holds a run, or the run diverges repeatedly.
        WeightsError: the feature network cannot be had.
    """
    check_kimg(kimg)
    chosen = pick_device(device)
    recipe = make_recipe(recipe_name, chosen)
    folder = Path(out) if out is not None else ganvas_home() / "runs" / recipe_name

    def report(message: str) -> None:
        if callback is not None:
            callback(Progress(0, 0.0, kimg or recipe.loop.kimg, 0.0, 0.0, message=message))

    make_trainer, make_data = make_parts(recipe, chosen, report)
    return run(
        recipe.loop,
        make_trainer,
        make_data,
        folder,
        resume=resume,
        kimg=kimg,
        warm_files=checkpoint_files(recipe_name),
        callback=callback,
    )


def check_kimg(kimg: float | None) -> None:
    """Refuse a length out of range; None is the recipe's own.

    Raises:
        ValueError: it is not from 0.001 to 10,000.
    """
    if kimg is not None and not 0.001 <= kimg <= 10_000:  # also refuses NaN
        raise ValueError(f"kimg must be between 0.001 and 10,000, not {kimg:g}.")


def checkpoint_files(recipe_name: str) -> dict[str, Path]:
    """The files in `checkpoints/` of a recipe, by the names under which a run exports them."""
    folder, own = CHECKPOINTS, CHECKPOINTS / f"{recipe_name}.safetensors"
    backward = folder / f"{'2'.join(reversed(recipe_name.split('2')))}.safetensors"
    main = "landscapes-upscaler" if recipe_name == "upscaler" else recipe_name
    return {
        "generator": folder / f"{main}.safetensors",
        "patches": weights.companion_path(own, "patches"),
        "backward": backward,
        "backward-discriminator": weights.companion_path(backward, "discriminator"),
        **{name: weights.companion_path(own, name) for name in COMPANIONS},
    }


def make_parts(
    recipe: Recipe, device: torch.device, report: Callable[[str], None] | None = None
) -> Parts:
    """The functions that build the trainer and open the data of a recipe, for `run`."""
    world = World(recipe.resolution, max(recipe.resolution, 128), report)
    match recipe.trainer:
        case LatentSettings() as settings:
            return _latent_parts(settings, recipe.base, device, world)
        case CycleSettings() as settings:
            a, b = recipe.name.split("2")
            return _cycle_parts(settings, (a, b), device, world)
        case SemanticSettings() as settings:
            return _semantic_parts(settings, device, world)
        case UpscalerSettings() as settings:
            return _upscaler_parts(settings, device, world)
        case SupervisedSettings() as settings:
            return _supervised_parts(settings, device, world)


def _latent_parts(settings: LatentSettings, base: str, device: torch.device, world: World) -> Parts:
    def make_trainer() -> Trainer:
        features = load_features(device)  # first, so that it fails before hours of rendering
        reals = channels_first(world.training().pixels[: settings.num_metric_images])
        trainer = LatentTrainer(settings, features, device, reals)
        if base:
            trainer.load_from_recipe(checkpoint_files(base))
        return trainer

    def make_data() -> Data:
        scenes = world.training()
        return PictureData(scenes.pixels, scenes.class_index if settings.classes else None)

    return make_trainer, make_data


def _cycle_parts(
    settings: CycleSettings, seasons: tuple[str, str], device: torch.device, world: World
) -> Parts:
    def make_trainer() -> Trainer:
        features = load_features(device)
        a, b = world.season_pairs(seasons)
        reals_a, reals_b = (
            channels_first(world.season(season).pixels[:MEASURED_REALS]) for season in seasons
        )
        pairs = channels_first(a), channels_first(b)
        return CycleTrainer(settings, features, device, pairs, (reals_a, reals_b))

    def make_data() -> Data:
        a, b = map(world.season, seasons)
        kinds = a.biome_index, b.biome_index
        return UnpairedData(a.pixels, b.pixels, settings.crop_px, kinds)

    return make_trainer, make_data


def _semantic_parts(settings: SemanticSettings, device: torch.device, world: World) -> Parts:
    def make_trainer() -> Trainer:
        return SemanticTrainer(settings, load_features(device), device, world.held_out_batch())

    def make_data() -> Data:
        scenes = world.training()
        return RoughPairData(scenes.pixels, scenes.label_maps, world.blobs())

    return make_trainer, make_data


def _upscaler_parts(settings: UpscalerSettings, device: torch.device, world: World) -> Parts:
    small_px = world.resolution // FACTOR

    def make_trainer() -> Trainer:
        features = load_features(device)
        held_out = world.held_out_batch()
        held_out["made"] = _sample_bases(len(held_out["images"]), small_px)
        return UpscalerTrainer(settings, features, device, held_out)

    def make_data() -> Data:
        scenes = world.detailed()
        made = channels_last(_sample_bases(len(scenes.pixels), small_px))
        return UpscalerData(scenes.pixels, scenes.label_maps, made, settings.crop_px, FACTOR)

    return make_trainer, make_data


def _sample_bases(num: int, side_px: int) -> Tensor:
    """Pictures of the bases in `checkpoints/`, by turns; uint8 [num, 3, side_px, side_px].

    Raises:
        TrainingError: there is none.
    """
    parts = []
    for name in BASES:
        path = checkpoint_files(name)["generator"]
        if path.is_file():
            generator, _ = weights.load_checkpoint(path)
            index = [i % generator.num_classes for i in range(num)] if generator.c_dim else None
            parts.append(resize_bytes(sample_latent(generator, num, index), side_px))
    if not parts:
        raise TrainingError(f"Train {' or '.join(BASES)} first: the upscaler learns what it makes.")
    return torch.stack(parts, dim=1).flatten(0, 1)[:num]


def _supervised_parts(settings: SupervisedSettings, device: torch.device, world: World) -> Parts:
    def make_trainer() -> Trainer:
        return SupervisedTrainer(settings, device, world.held_out_batch())

    def make_data() -> Data:
        scenes = world.training()
        if settings.target == "class_index":
            return PictureData(scenes.pixels, class_index=scenes.class_index)
        return CollagedData(scenes.pixels, scenes.label_maps, world.blobs())

    return make_trainer, make_data
