"""Foreign checkpoint formats -> our networks, one module a family, strict about every key."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

from torch import nn

from ..weights import read_tensors
from . import biggan, dcgan, nvlabs_pickle, spade, stylegan2, stylegan3, translators
from .reading import FormatError, unwrap

__all__ = ["FORMATS", "FormatError", "load_discriminator", "load_encoder", "load_generator"]

FORMATS: dict[str, Callable[..., nn.Module]] = {
    "dcgan-pytorch": dcgan.load,
    "stylegan2-nvlabs": stylegan2.load_nvlabs,
    "stylegan2-rosinality": stylegan2.load_rosinality,
    "stylegan3-nvlabs": stylegan3.load,
    "biggan-deep-hf": biggan.load,
    "cyclegan-junyanz": translators.load_cyclegan,
    "cyclegan-vintagify": translators.load_vintagify,
    "pix2pix-junyanz": translators.load_pix2pix,
    "spade-nvlabs": spade.load_generator,
}
PICKLED = ("stylegan2-nvlabs", "stylegan3-nvlabs")


def load_generator(path: str | PathLike[str], format: str, **options: Any) -> nn.Module:
    """Read a foreign generator checkpoint into our own network, in eval mode.

    The configuration is read from the tensors' shapes; what no tensor tells is an option, named as
    in the reference's constructor and with its default. An NVIDIA `.pkl` brings its own options.

    Args:
        path: a .safetensors, .pth, .pt, .bin, .tar or NVIDIA .pkl file.
        format: one of `FORMATS`.
        options: see the `load` function of the format.

    Raises:
        FormatError: the file is of another family, or a tensor is missing, extra or misshaped.
        UnsafeWeightsError: the file wants to run code.
        ValueError: there is no such format or option.
    """
    if format not in FORMATS:
        raise ValueError(
            f"There is no format {format!r}. Choose from: {', '.join(sorted(FORMATS))}."
        )
    load, path = FORMATS[format], Path(path)
    _check_options(load, options, format)
    if path.suffix == ".pkl" and format in PICKLED:
        record = nvlabs_pickle.read_networks(path)["G_ema"]
        own = nvlabs_pickle.generator_options(record, format)
        return load(nvlabs_pickle.tensors_of(record), **(own | options))
    tensors, beside = unwrap(read_tensors(path))
    if format == "stylegan2-rosinality" and beside.get("latent_avg") is not None:
        options.setdefault("latent_avg", beside["latent_avg"])
    return load(tensors, **options)


def load_encoder(path: str | PathLike[str], format: str = "spade-nvlabs") -> nn.Module:
    """Read SPADE's style encoder (`*_net_E.pth`), in eval mode: `mu, logvar = encoder(images)`.

    Raises:
        FormatError: a tensor is missing, extra or misshaped.
        ValueError: there is no such format.
    """
    if format != "spade-nvlabs":
        raise ValueError(f"There is no encoder format {format!r}. Choose spade-nvlabs.")
    return spade.load_encoder(unwrap(read_tensors(path))[0])


def load_discriminator(path: str | PathLike[str]) -> nn.Module | None:
    """Read the discriminator an NVIDIA `.pkl` holds under `D`, in eval mode; None without one.

    Raises:
        FormatError: it is no residual StyleGAN2 discriminator.
        UnsafeWeightsError: the file wants to run code.
    """
    record = nvlabs_pickle.read_networks(Path(path)).get("D")
    if record is None:
        return None
    tensors, options = nvlabs_pickle.tensors_of(record), nvlabs_pickle.discriminator_options(record)
    return stylegan2.load_nvlabs_discriminator(tensors, **options)


def _check_options(load: Callable[..., nn.Module], options: dict[str, Any], format: str) -> None:
    known = list(inspect.signature(load).parameters)[1:]
    for name in options:
        if name not in known:
            raise ValueError(
                f"{format} has no option {name!r}. It has: {', '.join(known) or 'none'}."
            )
