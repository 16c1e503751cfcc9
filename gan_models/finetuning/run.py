"""Fine-tune a base model on pictures: prepare data and settings, run the training loop."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, astuple
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from gan_models.device import pick_device
from gan_models.finetuning.base_models import Base, load_base, required_discriminator
from gan_models.finetuning.ingest import (
    MAX_PICTURES,
    MIN_PICTURES,
    Crop,
    CropData,
    Verdict,
    holds_only_ingested,
    ingest_pictures,
    is_ingested,
    read_pictures,
    squares,
)
from gan_models.finetuning.settings import AUGMENTATIONS, FinetuneSettings
from gan_models.finetuning.snapshots import SnapshotWriter
from gan_models.media.tensors import channels_first
from gan_models.metrics.features import load_features
from gan_models.paths import atomic_write
from gan_models.training.loop import Callback, Outcome, Progress, Settings, run
from gan_models.training.reconstruction import ReconstructionSettings
from gan_models.training.run_folder import GENERATOR, RunFolder
from gan_models.training.trainers.finetune import FinetuneTrainer
from gan_models.training.trainers.latent import LatentSettings

MAX_REPORTED = 20  # refused files
SETTINGS = "finetune.json"  # in the folder of a run
ADA_TARGET = 0.6


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
    """Fine-tune a base on pictures, in the calling process.

    Writes to `out`: generator.safetensors at the end; state.pt, from which it can be resumed;
    snapshots/, sheets/ and raw/ named by step; nearest.png; health.json; losses.csv, metrics.csv.

    Args:
        base: id of a model, or path of a self-describing file.
        pictures: a folder that `ingest_pictures` made; or any picture, zip, video or folder of
            them, which are then ingested into out/pictures; links are followed.
        out: folder of the run.
        settings: see `FinetuneSettings`; when resuming, the same as before.
        resume: continue the run in the folder; start a new one if there is none.
        device: "cpu", "cuda" or "mps"; None: the best there is.
        callback: called after every step; stops the run by returning False.

    Raises:
        ValueError: no such base or device; fewer than 10 or more than 2,000 usable pictures; the
            run would overwrite its base or the pictures.
        TrainingError: the folder is in use or holds a run; the run diverges repeatedly; the
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
    if not is_ingested(folder, loaded.resolution, settings.crop):
        folder = out / "pictures"
        if not (resume and is_ingested(folder, loaded.resolution, settings.crop)):
            verdicts = _ingest_again(pictures, folder, loaded.resolution, settings.crop)
            _report_refusals(verdicts, settings, callback)
    whole = read_pictures(folder)
    if not MIN_PICTURES <= len(whole) <= MAX_PICTURES:
        raise ValueError(
            f"{len(whole)} usable pictures were found; {MIN_PICTURES} to {MAX_PICTURES} are needed."
        )
    reals = squares(whole, loaded.resolution)

    @cache
    def make_trainer() -> FinetuneTrainer:
        text = json.dumps(asdict(settings))
        atomic_write(out / SETTINGS, lambda path: path.write_text(text))
        return FinetuneTrainer(
            _trainer_settings(settings, loaded, len(whole)),
            load_features(chosen),
            chosen,
            channels_first(reals),
            loaded.generator,
            loaded.discriminator,
            asdict(settings),
        )

    return run(
        _loop_settings(settings, loaded, len(whole)),
        make_trainer,
        lambda: CropData(whole, loaded.resolution, mirror=settings.mirror),
        out,
        resume=resume,
        kimg=settings.kimg,
        callback=SnapshotWriter(out, make_trainer, callback),
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


def _ingest_again(pictures: Path, folder: Path, resolution: int, crop: Crop) -> list[Verdict]:
    """Ingest pictures; those of an earlier call that did not start training are deleted."""
    if not pictures.exists():
        raise ValueError(f"There are no pictures at {pictures}; check the path.")
    if folder.exists():
        if not holds_only_ingested(folder) or _is_inside(pictures, folder):
            raise ValueError(
                f"{folder} is where the run would keep its own copies, and holds files of yours: "
                "choose another folder for the run, or move them."
            )
        shutil.rmtree(folder)
    return ingest_pictures([pictures], folder, resolution=resolution, crop=crop, follow_links=True)


def _is_same_file(a: Path, b: Path) -> bool:
    return a.exists() and b.exists() and a.samefile(b)


def _is_inside(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


def _report_refusals(
    verdicts: Sequence[Verdict], settings: FinetuneSettings, callback: Callback | None
) -> None:
    if callback is None:
        return
    refused = [verdict for verdict in verdicts if not verdict.taken]
    lines = [f"{verdict.name}: {verdict.reason}" for verdict in refused[:MAX_REPORTED]]
    if len(refused) > MAX_REPORTED:
        lines.append(f"{len(refused) - MAX_REPORTED} more files were refused.")
    for line in lines:
        callback(Progress(0, 0.0, settings.kimg, 0.0, 0.0, message=line))


def _trainer_settings(settings: FinetuneSettings, base: Base, num: int) -> LatentSettings:
    discriminator: dict[str, Any] = {"color_px": 16}
    projected = True
    if settings.discriminator == "base":
        trained = required_discriminator(base)
        discriminator, projected = trained.config, trained.family == "projected-discriminator"
    return LatentSettings(
        generator=base.generator.config,
        discriminator=discriminator,
        projected=projected,
        generator_rate=settings.generator_rate,
        discriminator_rate=settings.discriminator_rate,
        augmentations=AUGMENTATIONS[settings.augmentation],
        ada_target=ADA_TARGET if settings.augmentation == "ada" else None,
        discriminator_px=min(base.resolution * 3 // 2, 256),
        reconstruction=_reconstruction(settings.reconstruction) if projected else None,
        adversarial=settings.adversarial,
        matching=settings.matching,
        mode_seeking=0.0 if settings.matching or (projected and settings.reconstruction) else 1.0,
        r1_gamma=settings.r1_gamma,
        frozen=_frozen(settings.freeze_d, projected),
        family=base.generator.family,
        metadata={
            "title": f"{base.title}, fine-tuned",
            "licence": base.licence,
            "source": f"fine-tuned by Ganvas on {num} pictures, from {base.title}: {base.source}",
        },
    )


def _reconstruction(weight: float) -> ReconstructionSettings | None:
    """The weights of the recipes' terms, times `weight`."""
    if not weight:
        return None
    usual = ReconstructionSettings()
    return ReconstructionSettings(*(weight * term for term in astuple(usual)))


def _frozen(num_layers: int, projected: bool) -> tuple[str, ...]:
    """FreezeD (Mo et al. 2020, arXiv:2002.10964): the discriminator's first layers are frozen."""
    if not num_layers:
        return ()
    if projected:  # only heads have trained layers, every third module each
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
        ema_ramp=1.0,  # a base is already trained
        sheet_seconds=float(np.clip(seconds / 20, 10, 240)),
        metrics_seconds=float(np.clip(seconds / 10, 20, 480)),
        seconds=settings.seconds,
        opening=True,
    )
