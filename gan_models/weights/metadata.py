"""Encode and decode the metadata of self-describing safetensors files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gan_models import networks
from gan_models.weights.errors import CorruptWeightsError

OUR_FORMAT = "ganvas"  # the format of self-describing files, among those of other authors
FORMAT = "1"  # of self-describing files: the metadata key `ganvas_format`
METADATA = {  # the other keys of their metadata; all but the strings as JSON
    "family": str,
    "config": dict,
    "task": str,
    "title": str,
    "licence": str,
    "source": str,
    "classes": list,
    "labels": list,
    "training": dict,
    "upscaler": str,  # id of the model that enlarges its pictures
}
MAX_METADATA_CHARS = 1_000_000  # an entry
MAX_CONFIG_NUMBER = 1 << 16
MAX_DEPTH = 256  # of one kind of layer or block: widths that double with each are computed first
DEPTHS = ("num_layers", "num_mapping_layers", "num_blocks", "num_convs", "num_downs", "depth")


def encode(family: str, config: dict[str, Any], facts: dict[str, Any]) -> dict[str, str]:
    """The metadata of a network; `facts` has the other keys of `METADATA`."""
    entries = {"family": family, "config": config, **facts}
    metadata = {
        key: value if METADATA[key] is str else json.dumps(value) for key, value in entries.items()
    }
    return {"ganvas_format": FORMAT, **metadata}


def decode(path: Path, metadata: dict[str, str]) -> dict[str, Any]:
    """The metadata of a self-describing file, checked and decoded."""
    version = metadata.get("ganvas_format")
    if version is None:
        raise CorruptWeightsError(
            f"{path.name} does not describe itself as a Ganvas model: make one of it with `python "
            "-m gan_models convert`, naming its format."
        )
    if version != FORMAT:
        raise CorruptWeightsError(
            f"{path.name} is of Ganvas format {version[:20]!r}, and this version reads {FORMAT!r}: "
            "update Ganvas, or save the model again with this version."
        )
    info: dict[str, Any] = {"title": path.stem, "licence": "unknown", "source": "unknown"}
    for key, kind in METADATA.items():
        if key in metadata:
            info[key] = _decode_entry(path, key, metadata[key], kind)
        elif key in ("family", "config", "task"):
            raise CorruptWeightsError(_bad_entry(path, key, "is missing"))
    family: str = info["family"]
    info["family"] = family = networks.ALIASES.get(family, family)
    if family not in networks.FAMILIES:
        raise CorruptWeightsError(
            _bad_entry(path, "family", f"names the unknown family {family[:60]!r}")
        )
    return info


def _decode_entry(path: Path, key: str, text: str, kind: type) -> Any:
    """One entry: a string, or a list of strings or an object, from its JSON."""
    if len(text) > MAX_METADATA_CHARS:
        raise CorruptWeightsError(_bad_entry(path, key, "is far too long"))
    if kind is str:
        return text
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CorruptWeightsError(_bad_entry(path, key, "is not readable JSON")) from error
    if not isinstance(value, kind) or (kind is list and not all(isinstance(v, str) for v in value)):
        raise CorruptWeightsError(_bad_entry(path, key, "is not what it should be"))
    if key == "config" and not _is_modest(value):
        raise CorruptWeightsError(_bad_entry(path, key, "holds numbers that are far too large"))
    return value


def _is_modest(value: Any, most: int = MAX_CONFIG_NUMBER) -> bool:
    """Whether every number in a configuration is one that a network could have."""
    if isinstance(value, dict):
        return all(_is_modest(v, MAX_DEPTH if k in DEPTHS else most) for k, v in value.items())
    if isinstance(value, list):
        return all(_is_modest(v, most) for v in value)
    least = 0 if isinstance(value, int) else -most
    return not isinstance(value, int | float) or least <= value <= most


def _bad_entry(path: Path, key: str, fault: str) -> str:
    return (
        f"{path.name} cannot be opened, because its metadata entry {key!r} {fault}: convert or "
        "save the model again, or get the file again from where it came."
    )
