"""Shared by all checkpoint formats: reading sizes, strict checks, folding of spectral norm."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from gan_models import networks
from gan_models.checks import odd_channels
from gan_models.networks.base import Network
from gan_models.weights.errors import WeightsError
from gan_models.weights.meta_init import MetaInit

Tensors = dict[str, Tensor]
ADVICE = "Choose the format the file was saved in."
PICTURE_CHANNELS = (3, 1)
MOST_TENSORS, MOST_NUMBERS = 1 << 14, 1 << 31  # of any network that a checkpoint may hold
COUNTER = "num_batches_tracked"  # of a batch norm; PyTorch before 0.4.1 saved none


# a name that occurs only in files of this format
SIGNATURES = {
    "stylegan2-nvlabs": r"synthesis\.b4\.const",
    "stylegan2-rosinality": r"to_rgb1\.conv\.weight",
    "stylegan3-nvlabs": r"synthesis\.input\.freqs",
    "biggan-deep-hf": r"generator\.gen_z\.weight_orig",
    "cyclegan-junyanz": r"model\.\d+\.conv_block\.1\.weight",
    "cyclegan-vintagify": r"model\.\d+\.block\.1\.weight",
    "pix2pix-junyanz": r"model\.model\.0\.weight",
    "spade-nvlabs": r"head_0\.conv_0\.bias",
    "animegan2-bryandlee": r"block_a\.0\.1\.weight",
    "fastgan-huggan": r"_upsample_1024\._layers\.1\._conv\.weight_orig",
    "real-esrgan": r"body\.0\.(rdb1\.conv1\.)?weight",
    "dcgan-pytorch": r"main\.1\.running_mean",
}


def looks_like(keys: Iterable[str]) -> str | None:
    """Return the format whose signature is among a state dict's keys, or None."""
    keys = list(keys)
    for name, pattern in SIGNATURES.items():
        if any(re.fullmatch(pattern, key) for key in keys):
            return name
    return None


class FormatError(WeightsError):
    """The tensors are not those of the named format."""


@dataclass(frozen=True)
class ExpectedTensor:
    """One tensor a checkpoint must hold: its shape there, and its name in our network.

    `to` None: it must be there, but our network computes the same without it.
    """

    shape: tuple[int, ...]
    to: str | None = None


def agreed(
    tensors: Tensors,
    places: Iterable[tuple[str, int]],
    what: str,
    format: str,
    likely: Collection[int] = (),
) -> int:
    """Return the size of most `places` (key, axis); of equally frequent ones, one of `likely`.

    One misshaped or missing tensor does not change it, so that the strict check can name it.

    Raises:
        FormatError: none of the places exists.
    """
    places = list(places)
    found = Counter(
        tensors[key].shape[axis]
        for key, axis in places
        if key in tensors and tensors[key].ndim > (axis if axis >= 0 else -axis - 1)
    )
    if not found:
        raise foreign(tensors, places[0][0] if places else what, format)
    return max(found, key=lambda size: (found[size], size in likely))


def foreign(tensors: Tensors, missing: str, format: str) -> FormatError:
    """The error for a checkpoint of another family than `format`."""
    first, guess = next(iter(tensors), "nothing"), looks_like(tensors)
    advice = f"It looks like {guess}: choose that." if guess not in (None, format) else ADVICE
    return FormatError(
        f"This is not a {format} checkpoint: {missing!r} is missing, and it begins with {first!r}. "
        + advice
    )


def check(tensors: Tensors, expected: Mapping[str, ExpectedTensor], format: str) -> None:
    """Refuse a missing, misshaped or extra tensor, naming the first.

    Raises:
        FormatError: as above.
    """
    for key, wanted in expected.items():
        if key not in tensors:
            raise FormatError(
                f"{key!r} is missing from this {format} checkpoint. Use a complete file."
            )
        if tuple(tensors[key].shape) != wanted.shape:
            raise FormatError(
                f"{key!r} has the shape {list(tensors[key].shape)}, but the rest of this {format} "
                f"checkpoint needs {list(wanted.shape)}. Use a file that was saved whole."
            )
    for key in tensors:
        if key not in expected:
            raise FormatError(
                f"{key!r} does not belong to a {format} checkpoint of this size. {ADVICE}"
            )


def spectral_norm_tensors(
    at: str, to: str, shape: tuple[int, ...], *, transposed: bool = False
) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name a weight and the two vectors of its spectral norm.

    A transposed convolution's outputs are on axis 1.
    """
    outputs = shape[1] if transposed else shape[0]
    yield f"{at}.weight_orig", ExpectedTensor(shape, f"{to}.weight")
    yield f"{at}.weight_u", ExpectedTensor((outputs,))
    yield f"{at}.weight_v", ExpectedTensor((math.prod(shape) // outputs,))


def fold_spectral_norm(tensors: Tensors, transposed: Collection[str] = ()) -> Tensors:
    """Divide every `weight_orig` by its stored sigma = u^T W v (Miyato et al. 2018, eq. 4-7).

    The stored vectors are used unchanged: the model was trained with them, and an exact singular
    value differs. `transposed` names the weights of transposed convolutions.
    """
    folded = dict(tensors)
    for key, weight in tensors.items():
        if key.endswith(".weight_orig"):
            stem = key.removesuffix("_orig")
            u, v = tensors[f"{stem}_u"].float(), tensors[f"{stem}_v"].float()
            weight = weight.float()
            matrix = (weight.transpose(0, 1) if key in transposed else weight).flatten(1)
            folded[key] = weight / torch.dot(u, matrix @ v)
    return folded


def build_filled(
    family: str,
    config: dict[str, Any],
    tensors: Tensors,
    expected: Mapping[str, ExpectedTensor],
    format: str,
    transposed: Collection[str] = (),
) -> Network:
    """Check `tensors` against `expected`, build the network and fill it; eval mode, float32.

    The network is built without memory and the tensors are assigned to it, not copied.

    Raises:
        FormatError: the tensors do not fit.
    """
    tensors = {**_missing_counters(tensors, expected), **tensors}
    check(tensors, expected, format)
    network = build_empty(family, config, format)
    tensors = fold_spectral_norm(tensors, transposed)
    own = network.state_dict()
    filled = {
        wanted.to: _as(tensors[key], own[wanted.to])
        for key, wanted in expected.items()
        if wanted.to is not None
    }
    network.load_state_dict(filled, strict=True, assign=True)
    return network.eval().requires_grad_(False)


def for_pictures(translator: Network, format: str) -> Network:
    """Return a translator that reads and writes grey or colour pictures, and refuse others.

    Raises:
        FormatError: it has other channels; the message says how many.
    """
    fault = odd_channels(translator.in_channels, translator.out_channels)
    if fault:
        raise FormatError(f"This {format} checkpoint {fault}")
    return translator


def _missing_counters(tensors: Tensors, expected: Mapping[str, ExpectedTensor]) -> Tensors:
    """Zeros for the batch norms' counters that a file lacks, as in torch."""
    missing = [key for key in expected if key.endswith(f".{COUNTER}") and key not in tensors]
    return {key: torch.zeros(expected[key].shape, dtype=torch.int64) for key in missing}


def build_empty(family: str, config: dict[str, Any], format: str) -> Network:
    """Build a network without memory for its parameters.

    Raises:
        FormatError: the sizes read from the checkpoint fit no such network.
    """
    try:
        with MetaInit(MOST_TENSORS, MOST_NUMBERS):
            return networks.build(family, config)
    except (ValueError, RuntimeError) as error:
        raise FormatError(
            f"The tensor sizes fit no {format} network: {error} Choose another format."
        ) from error


def _as(tensor: Tensor, ours: Tensor) -> Tensor:
    """Convert a tensor to the shape and type of ours, without a copy where possible."""
    return tensor.to(ours.dtype).reshape(ours.shape).contiguous()
