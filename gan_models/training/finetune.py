"""Fine-tuning: a base and a handful of pictures become settings of the one training loop."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gan_models.device import pick_device
from gan_models.training.bases import Base, load_base, own_discriminator
from gan_models.training.features import load_features
from gan_models.training.finetune_game import FinetuneGame
from gan_models.training.intake import (
    CROPS,
    MAX_PICTURES,
    MIN_PICTURES,
    Crop,
    CropData,
    Verdict,
    is_taken_in,
    only_taken_in,
    read_pictures,
    squares,
    take_in,
)
from gan_models.training.latent_game import LatentSettings
from gan_models.training.loop import Callback, Outcome, Progress, Settings, run
from gan_models.training.pictures import channels_first
from gan_models.training.reconstruction import ReconstructionSettings
from gan_models.training.run_folder import GENERATOR, RunFolder, atomic_write
from gan_models.training.watch import Watch

MAX_TOLD = 20  # refusals
SETTINGS = "finetune.json"  # in the folder of a run
DISCRIMINATORS = ("projected", "base")
AUGMENTATIONS = {"diffaugment": ("color", "translation", "cutout"), "none": ()}
AUGMENTATIONS["ada"] = AUGMENTATIONS["diffaugment"]
ADA_TARGET = 0.6
FIELD_RANGES: dict[str, tuple[float, float]] = {
    "kimg": (0.001, 10_000),
    "seconds": (1, 30 * 86_400),
    "freeze_d": (0, 16),
    "generator_rate": (1e-6, 0.2),
    "discriminator_rate": (1e-6, 0.2),
    "batch": (2, 256),
    "ema_half_life_kimg": (0.001, 1000.0),
    "r1_gamma": (0.0, 1000.0),
    "reconstruction": (0.0, 100.0),
    "adversarial": (0.0, 100.0),
    "matching": (0.0, 1000.0),
    "seed": (0, 2**32 - 1),
}


def _check_number(name: str, value: Any, low: float, high: float) -> None:
    if name == "seconds" and value is None:
        return
    whole = name in ("freeze_d", "batch", "seed")
    right_kind = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not right_kind or not math.isfinite(value) or not low <= value <= high:
        kind = "a whole number" if whole else "a number"
        raise ValueError(f"{name} is {kind} from {low:g} to {high:g}, not {str(value)[:40]!r}.")


@dataclass(frozen=True)
class FinetuneSettings:
    """How to fine-tune; whichever of `kimg` and `seconds` is reached first ends it.

    Raises:
        ValueError: a value that makes no sense.
    """

    preset: str = "quick"  # a key of `PRESETS`
    kimg: float = 5.0
    seconds: float | None = 480.0  # of training, over all processes; None: no limit
    crop: Crop = "centre"
    discriminator: Literal["projected", "base"] = "projected"
    augmentation: Literal["diffaugment", "ada", "none"] = "diffaugment"
    freeze_d: int = 0  # first layers of the discriminator that stay as they are
    reconstruction: float = 0.0  # how much giving the pictures back counts; projected heads only
    adversarial: float = 1.0  # how much the discriminator's verdict counts; 0: there is none
    matching: float = 20.0  # how much matching the pictures' features counts
    generator_rate: float = 2.5e-3
    discriminator_rate: float = 4e-4
    batch: int = 16
    ema_half_life_kimg: float = 0.3
    r1_gamma: float = 1.0  # only for a discriminator of pixels
    mirror: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        known = {
            "preset": tuple(LENGTHS),
            "crop": CROPS,
            "discriminator": DISCRIMINATORS,
            "augmentation": tuple(AUGMENTATIONS),
        }
        for name, values in known.items():
            if getattr(self, name) not in values:
                raise ValueError(
                    f"{name} is one of {', '.join(values)}, not {str(getattr(self, name))[:40]!r}."
                )
        for name, (low, high) in FIELD_RANGES.items():
            _check_number(name, getattr(self, name), low, high)
        if not (self.adversarial or self.matching):
            raise ValueError("adversarial and matching cannot both be 0: nothing would be learnt.")
        if not isinstance(self.mirror, bool):
            raise ValueError("mirror is either true or false.")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> FinetuneSettings:
        """Settings from `asdict`'s result, or from part of it: the rest is the preset's.

        Raises:
            ValueError: an unknown name, or a value that makes no sense.
        """
        names = {field.name for field in fields(cls)}
        unknown = [str(name) for name in values if name not in names]
        if unknown:
            raise ValueError(
                f"There is no setting {unknown[0][:40]!r}; there are {', '.join(sorted(names))}."
            )
        preset = values.get("preset", "quick")
        if preset not in PRESETS:
            raise ValueError(f"preset is one of {', '.join(PRESETS)}, not {str(preset)[:40]!r}.")
        said = {"true": True, "false": False}  # as a command line has them
        values = {
            name: said.get(value, value) if isinstance(value, str) else value
            for name, value in values.items()
        }
        return replace(PRESETS[preset], **values)


LENGTHS: dict[str, tuple[float, float]] = {  # kimg, seconds
    "quick": (5.0, 8 * 60),
    "normal": (30.0, 45 * 60),
    "long": (100.0, 3 * 3600),
}
PRESETS: dict[str, FinetuneSettings] = {
    name: FinetuneSettings(name, kimg, seconds) for name, (kimg, seconds) in LENGTHS.items()
}


def finetune(
    base: str,
    pictures: Path,
    out: Path,
    settings: FinetuneSettings,
    *,
    resume: bool = False,
    device: str | None = None,
    callback: Callback | None = None,
) -> Outcome:
    """Train a base on pictures, in the calling process.

    Leaves in `out`: generator.safetensors at the end; state.pt, from which it can be resumed;
    snapshots/, sheets/ and raw/ named by step; nearest.png; health.json; losses.csv, metrics.csv.

    Args:
        base: id of a model, or path of a self-describing file.
        pictures: a folder that `take_in` made; or any picture, zip, video or folder of them, which
            are then taken in, into out/pictures; links are followed.
        out: folder of the run.
        settings: see `FinetuneSettings`; when resuming, the same as before.
        resume: go on with the run in the folder; begin anew where there is none.
        device: "cpu", "cuda" or "mps"; None: the best there is.
        callback: hears of every step, and stops the run by returning False.

    Raises:
        ValueError: no such base or device; fewer than 10 or more than 2,000 usable pictures; the
            run would overwrite its base or the pictures.
        TrainingError: the folder is in use or holds a run; the run diverges again and again; the
            disk is full; memory runs out; the device is lost.
        WeightsError: the base or the feature network cannot be had.
    """
    chosen = pick_device(device)
    if not resume:
        RunFolder(out).refuse_second_run()
    if _is_same_file(Path(base), out / GENERATOR):
        raise ValueError(f"{base} would be overwritten by the run; choose another folder for it.")
    loaded = load_base(base)
    folder = pictures
    if not is_taken_in(folder, loaded.resolution, settings.crop):
        folder = out / "pictures"
        if not (resume and is_taken_in(folder, loaded.resolution, settings.crop)):
            verdicts = _take_in_anew(pictures, folder, loaded.resolution, settings.crop)
            _tell_refusals(verdicts, settings, callback)
    whole = read_pictures(folder)
    if not MIN_PICTURES <= len(whole) <= MAX_PICTURES:
        raise ValueError(
            f"{len(whole)} usable pictures were found; {MIN_PICTURES} to {MAX_PICTURES} are needed."
        )
    reals = squares(whole, loaded.resolution)
    watch = Watch(out, callback)

    def make_game() -> FinetuneGame:
        text = json.dumps(asdict(settings))
        atomic_write(out / SETTINGS, lambda path: path.write_text(text))
        watch.game = FinetuneGame(
            _game_settings(settings, loaded, len(whole)),
            load_features(chosen),
            chosen,
            channels_first(reals),
            loaded,
            asdict(settings),
        )
        return watch.game

    return run(
        _loop_settings(settings, loaded, len(whole)),
        make_game,
        lambda: CropData(whole, loaded.resolution, mirror=settings.mirror),
        out,
        resume=resume,
        kimg=settings.kimg,
        callback=watch,
    )


def saved_settings(out: Path) -> FinetuneSettings | None:
    """The settings of the run in a folder; None where there is none.

    Raises:
        ValueError: they cannot be read.
    """
    try:
        return FinetuneSettings.from_dict(json.loads((out / SETTINGS).read_text()))
    except FileNotFoundError:
        return None


def _take_in_anew(pictures: Path, folder: Path, resolution: int, crop: Crop) -> list[Verdict]:
    """Take pictures in, in the place of what a call left that never came to train."""
    if not pictures.exists():
        raise ValueError(f"There are no pictures at {pictures}; check the path.")
    if folder.exists():
        if not only_taken_in(folder) or _lies_in(pictures, folder):
            raise ValueError(
                f"{folder} is where the run would keep its own copies, and holds files of yours: "
                "choose another folder for the run, or move them."
            )
        shutil.rmtree(folder)
    return take_in([pictures], folder, resolution=resolution, crop=crop, follow_links=True)


def _is_same_file(a: Path, b: Path) -> bool:
    return a.exists() and b.exists() and a.samefile(b)


def _lies_in(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _tell_refusals(
    verdicts: Sequence[Verdict], settings: FinetuneSettings, callback: Callback | None
) -> None:
    refused = [verdict for verdict in verdicts if not verdict.taken]
    lines = [f"{verdict.name}: {verdict.reason}" for verdict in refused[:MAX_TOLD]]
    if len(refused) > MAX_TOLD:
        lines.append(f"{len(refused) - MAX_TOLD} more files were refused.")
    for line in lines if callback is not None else ():
        callback(Progress(0, 0.0, settings.kimg, 0.0, 0.0, message=line))


def _game_settings(settings: FinetuneSettings, base: Base, num: int) -> LatentSettings:
    discriminator: dict[str, Any] = {"color_px": 16}
    projected = True
    if settings.discriminator == "base":
        own = own_discriminator(base)
        discriminator, projected = own.config, own.family == "projected-discriminator"
    return LatentSettings(
        generator=base.generator.config,
        discriminator=discriminator,
        projected=projected,
        generator_rate=settings.generator_rate,
        discriminator_rate=settings.discriminator_rate,
        augmentations=AUGMENTATIONS[settings.augmentation],
        ada_target=ADA_TARGET if settings.augmentation == "ada" else None,
        judge_px=min(base.resolution * 3 // 2, 256),
        reconstruction=_reconstruction(settings.reconstruction) if projected else None,
        adversarial=settings.adversarial,
        matching=settings.matching,
        mode_seeking=0.0 if settings.matching or (projected and settings.reconstruction) else 1.0,
        r1_gamma=settings.r1_gamma,
        frozen=_frozen(settings.freeze_d, projected),
        family=base.generator.family,
        card={
            "title": f"{base.title}, fine-tuned",
            "licence": base.licence,
            "source": f"fine-tuned by Ganvas on {num} pictures, from {base.title}: {base.source}",
        },
    )


def _reconstruction(weight: float) -> ReconstructionSettings | None:
    """The terms of the recipes, times `weight`."""
    if not weight:
        return None
    usual = ReconstructionSettings()
    return ReconstructionSettings(*(weight * term for term in astuple(usual)))


def _frozen(num_layers: int, projected: bool) -> tuple[str, ...]:
    """FreezeD (Mo et al. 2020, arXiv:2002.10964): the first layers of the discriminator stay."""
    if not num_layers:
        return ()
    if projected:  # its features are frozen anyway; in its heads every third module is a layer
        return tuple(f"heads.{h}.body.{i}." for h in range(8) for i in range(3 * num_layers - 2))
    return ("from_rgb.", *(f"blocks.{i}." for i in range(num_layers - 1)))


def _loop_settings(settings: FinetuneSettings, base: Base, num: int) -> Settings:
    seconds = settings.seconds or 3600.0
    return Settings(
        recipe=f"finetune of {base.id}",
        batch=settings.batch,
        kimg=settings.kimg,
        data=f"{num} pictures of a visitor",
        seed=settings.seed,
        ema_half_life_kimg=settings.ema_half_life_kimg,
        ema_ramp=1.0,  # a base is no beginner
        sheet_seconds=float(np.clip(seconds / 20, 10, 240)),
        metrics_seconds=float(np.clip(seconds / 10, 20, 480)),
        seconds=settings.seconds,
        opening=True,
    )
