"""All models: those of the table and those that the user added."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from gan_models import networks, zoo
from gan_models.weights.errors import WeightsError
from gan_models.weights.io import read_metadata
from gan_models.weights.meta_init import MetaInit
from gan_models.weights.metadata import decode
from gan_models.zoo import ModelSpec
from gan_models.zoo.user_models import user_model_paths

STYLE_ENCODER = "spade-encoder"  # family of the files stored beside a generator
_MOST_TENSORS, _MOST_NUMBERS = 1 << 14, 1 << 31


def list_models() -> tuple[ModelSpec, ...]:
    """All models: those of the table, then the user's by name; damaged files are left out."""
    added = [spec for path in user_model_paths() if (spec := _readable(path))]
    return (*zoo.list_models(), *(spec for spec in added if spec.family != STYLE_ENCODER))


def get_spec(model_id: str) -> ModelSpec:
    """The model of an id, of the table or of the user.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    found = next((spec for spec in list_models() if spec.id == model_id), None)
    return found or zoo.get_spec(model_id)


def provenance_is_current(provenance: Mapping[str, Any]) -> bool:
    """Whether the weights named in a picture's provenance are the present ones.

    Raises:
        ValueError: there is no model of its name.
    """
    spec = get_spec(str(provenance.get("model")))
    upscaler_sha256 = zoo.get_upscaler(spec.upscaler).sha256 if spec.upscaler else ""
    return zoo.same_weights(provenance, spec.sha256, upscaler_sha256 or "")


def spec_of_file(path: Path) -> ModelSpec:
    """The entry made of a self-describing file's metadata; its id is the file's stem.

    Raises:
        CorruptWeightsError: the file does not describe itself.
        ValueError: its metadata fit no network.
    """
    stat = path.stat()
    return _spec_of_file(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=256)
def _spec_of_file(path: Path, mtime_ns: int, size: int) -> ModelSpec:
    """`spec_of_file`, cached until the file changes."""
    info = decode(path, read_metadata(path))
    with MetaInit(_MOST_TENSORS, _MOST_NUMBERS):
        network = networks.build(info["family"], info["config"])
    num_params = sum(parameter.numel() for parameter in network.parameters())
    return zoo.spec_from_metadata(path, info, getattr(network, "img_resolution", 0), num_params)


def _readable(path: Path) -> ModelSpec | None:
    try:
        return spec_of_file(path)
    except (WeightsError, ValueError, OSError):
        return None
