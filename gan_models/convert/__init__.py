"""Convert foreign checkpoint formats to our networks, one module a family, checking every key."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from torch import Tensor

from gan_models.checks import numbered
from gan_models.convert import (
    animegan2,
    biggan,
    dcgan,
    fastgan,
    ncnn,
    nvlabs_pickle,
    real_esrgan,
    spade,
    stylegan2,
    stylegan2_discriminator,
    stylegan3,
    translators,
)
from gan_models.convert.reading import FormatError, Tensors, looks_like
from gan_models.convert.state_dicts import ENCODER, holds_tensors, unwrap
from gan_models.networks.base import Network
from gan_models.weights.inert_pickle import Record
from gan_models.weights.io import read_tensors, save_generator

__all__ = [
    "FORMATS",
    "FormatError",
    "guess_format",
    "load_discriminator",
    "load_encoder",
    "load_generator",
    "task_of",
    "to_safetensors",
]

FORMATS: dict[str, Callable[..., Network]] = {
    "dcgan-pytorch": dcgan.load,
    "stylegan2-nvlabs": stylegan2.load_nvlabs,
    "stylegan2-rosinality": stylegan2.load_rosinality,
    "stylegan3-nvlabs": stylegan3.load,
    "biggan-deep-hf": biggan.load,
    "cyclegan-junyanz": translators.load_cyclegan,
    "cyclegan-vintagify": translators.load_vintagify,
    "pix2pix-junyanz": translators.load_pix2pix,
    "spade-nvlabs": spade.load_generator,
    "animegan2-bryandlee": animegan2.load,
    "fastgan-huggan": fastgan.load,
    "real-esrgan": real_esrgan.load,
    "real-esrgan-ncnn": real_esrgan.load_ncnn,
}
TASKS = {
    "resnet": "translation",
    "unet": "translation",
    "animegan2": "translation",
    "spade": "semantic",
    "biggan-deep": "class",
    "rrdbnet": "restoration",
    "srvgg": "restoration",
}
NAMELESS = ("real-esrgan-ncnn",)  # their tensors have no names: the loader reads the file itself


def load_generator(path: str | PathLike[str], format: str, **options: Any) -> Network:
    """Read a foreign generator checkpoint into our own network, in eval mode.

    The configuration is read from the tensors' shapes; what they do not determine is an option,
    named as in the reference's constructor and with its default. An NVIDIA `.pkl` has its own.

    Args:
        path: a .safetensors, .pth, .pt, .bin, .tar or NVIDIA .pkl file; ncnn's .bin, too.
        format: one of `FORMATS`.
        options: see the `load` function of the format.

    Raises:
        FormatError: the file is of another family, or a tensor is missing, extra or misshaped.
        UnsafeWeightsError: reading the file would run code.
        ValueError: there is no such format or option.
    """
    if format not in FORMATS:
        raise ValueError(
            f"There is no format {format!r}. Choose from: {', '.join(sorted(FORMATS))}."
        )
    load, path = FORMATS[format], Path(path)
    _check_options(load, options, format)
    if format in NAMELESS:
        return load(path)
    tensors, own = _read(path, format)
    return load(tensors, **(own | options))


def _read(path: Path, format: str | None) -> tuple[Tensors, dict[str, Any]]:
    """The generator's tensors in a file, however nested, and the options inside the file.

    Args:
        format: whose names the tensors have; None: those of any.
    """
    if not nvlabs_pickle.is_pickle(path):
        tensors, beside = unwrap(read_tensors(path), format)
        average = beside.get("latent_avg") if format == "stylegan2-rosinality" else None
        return tensors, {"latent_avg": average} if isinstance(average, Tensor) else {}
    content = nvlabs_pickle.read(path)
    record = nvlabs_pickle.generator_in(content, path.name)
    if record is not None:
        own = nvlabs_pickle.generator_options(record, format) if format else {}
        return nvlabs_pickle.tensors_of(record), own
    if holds_tensors(content):
        return unwrap(content, format)[0], {}
    raise nvlabs_pickle.without_generator(content, path.name)


def load_encoder(path: str | PathLike[str], format: str = "spade-nvlabs") -> Network:
    """Read SPADE's style encoder (`*_net_E.pth`), in eval mode: `mu, logvar = encoder(images)`.

    Raises:
        FormatError: a tensor is missing, extra or misshaped.
        ValueError: there is no such format.
    """
    if format != "spade-nvlabs":
        raise ValueError(f"There is no encoder format {format!r}. Choose spade-nvlabs.")
    return spade.load_encoder(unwrap(read_tensors(Path(path)), ENCODER)[0])


def load_discriminator(path: str | PathLike[str]) -> Network | None:
    """Read the discriminator of an NVIDIA `.pkl` under `D`, in eval mode; None without one.

    Raises:
        FormatError: it is no residual StyleGAN2 discriminator.
        UnsafeWeightsError: reading the file would run code.
    """
    content = nvlabs_pickle.read(Path(path))
    nvlabs_pickle.generator_in(content, Path(path).name)
    record = content.get("D") if isinstance(content, dict) else None
    if not isinstance(record, Record):
        return None
    tensors, options = nvlabs_pickle.tensors_of(record), nvlabs_pickle.discriminator_options(record)
    return stylegan2_discriminator.load(tensors, **options)


def guess_format(path: str | PathLike[str]) -> str | None:
    """Return the format a checkpoint seems to have, from its names; None where none fits.

    Raises:
        WeightsError: the file cannot be read, or not without running code.
    """
    path = Path(path)
    if ncnn.begins_like(path):
        return "real-esrgan-ncnn"
    return looks_like(_read(path, None)[0])


def to_safetensors(
    path: str | PathLike[str],
    format: str,
    out: str | PathLike[str],
    *,
    title: str | None = None,
    licence: str = "not stated",
    source: str | None = None,
    classes: Sequence[str] | None = None,
    labels: Sequence[str] | None = None,
    **options: Any,
) -> None:
    """Convert a foreign checkpoint to a self-describing safetensors file, in full precision.

    Args:
        path, format, options: see `load_generator`.
        out: the file to write.
        title, licence, source: for the file's metadata; None: its name.
        classes, labels: names, in order; None: numbers, where the network has any. Classes of one
            name are numbered, so that each can be chosen.

    Raises:
        WeightsError: the checkpoint cannot be read, or the file not be written.
        ValueError: there is no such format or option, or another number of names.
    """
    generator = load_generator(path, format, **options)
    name, task = Path(path).name, task_of(generator)
    names = {"class": classes, "semantic": labels}.get(task)
    count = generator.num_classes if task in ("class", "semantic") else 0
    if names is not None and len(names) != count:
        raise ValueError(
            f"The network has {count} classes or labels, {len(names)} names were given."
        )
    names = list(names or map(str, range(count)))
    save_generator(
        Path(out),
        generator,
        task=task,
        title=title or Path(path).stem,
        licence=licence,
        source=source or name,
        classes=numbered(names) if task == "class" else None,
        labels=names if task == "semantic" else None,
        half=False,
    )


def task_of(generator: Network) -> str:
    """Return what a network is for: a task such as "latent" or "restoration"."""
    if generator.family in TASKS:
        return TASKS[generator.family]
    return "class" if generator.c_dim else "latent"


def _check_options(load: Callable[..., Network], options: dict[str, Any], format: str) -> None:
    known = list(inspect.signature(load).parameters)[1:]
    for name in options:
        if name not in known:
            raise ValueError(
                f"{format} has no option {name!r}. It has: {', '.join(known) or 'none'}."
            )
