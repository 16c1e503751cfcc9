"""Find weights, verify them, read and save them: the one place where files become tensors."""

from __future__ import annotations

import json
import os
import pickle
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import nn

from gan_models import networks
from gan_models.downloads import (
    CorruptWeightsError,
    DownloadCancelled,
    MissingWeightsError,
    UnsafeWeightsError,
    WeightsError,
    disk_errors,
    sha256_of,
)
from gan_models.store import availability, ensure, find, home, is_offline, kind_of, verify_all

__all__ = [
    "CorruptWeightsError",
    "DownloadCancelled",
    "MissingWeightsError",
    "UnsafeWeightsError",
    "WeightsError",
    "availability",
    "ensure",
    "find",
    "home",
    "is_offline",
    "load_described",
    "read_metadata",
    "read_tensors",
    "save_generator",
    "sha256_of",
    "verify_all",
]

FORMAT = "1"  # of self-describing files: the metadata key `ganvas_format`


# --- reading ------------------------------------------------------------------------------------


def read_tensors(path: Path | str) -> dict[str, Any]:
    """What a weights file holds: tensors on the CPU by name, or the containers around them.

    Nothing in the file is run. Large files are mapped into memory, not copied.

    Raises:
        UnsafeWeightsError: the file needs code to be run.
        CorruptWeightsError: the file is truncated, damaged, or no weights at all.
        WeightsError: the file cannot be opened.
    """
    path = Path(path)
    with disk_errors(path):
        kind = kind_of(path)
        if kind in ("empty", "page", "pointer", "other"):
            raise CorruptWeightsError(_not_weights(path, kind))
        if path.suffix == ".safetensors" and kind != "safetensors":
            raise CorruptWeightsError(
                f"{path.name} is called .safetensors but is a pickled torch file: rename it to "
                f"{path.stem}.pth and open it again, so that it is read as what it is."
            )
        if kind == "safetensors":
            return _read_safetensors(path)
        return _read_torch(path)


def read_metadata(path: Path | str) -> dict[str, str]:
    """The metadata of a safetensors file; empty for other files.

    Raises:
        CorruptWeightsError: the file is a damaged safetensors file.
    """
    path = Path(path)
    with disk_errors(path):
        if kind_of(path) != "safetensors":
            return {}
        try:
            with safetensors.safe_open(path, framework="pt") as file:
                return file.metadata() or {}
        except safetensors.SafetensorError as error:
            raise CorruptWeightsError(_not_weights(path, "damaged")) from error


def _not_weights(path: Path, kind: str) -> str:
    what = {
        "empty": "is empty",
        "page": "is a web page, not weights",
        "pointer": "is only a Git LFS pointer to weights",
        "other": "is no weights file (neither safetensors nor torch)",
        "damaged": "is truncated or damaged",
    }[kind]
    return f"{path.name} {what}: download or copy it again, and check that its size is right."


def _unsafe(path: Path) -> str:
    return (
        f"{path.name} holds more than tensors, and reading the rest would run code from the file, "
        "so it was not read: where you trust it, load it with the code it came from and save its "
        "state dict alone, with `torch.save(model.state_dict(), ...)` or as safetensors."
    )


def _read_safetensors(path: Path) -> dict[str, torch.Tensor]:
    try:
        return safetensors.torch.load_file(path)
    except safetensors.SafetensorError as error:
        raise CorruptWeightsError(_not_weights(path, "damaged")) from error


def _read_torch(path: Path) -> dict[str, Any]:
    try:
        mapped = zipfile.is_zipfile(path)
        if mapped:
            _refuse_zip_bomb(path)
        content = torch.load(path, map_location="cpu", weights_only=True, mmap=mapped)
    except pickle.UnpicklingError as error:
        if re.search(
            r"Unsupported (global|class|operand)|GLOBAL|not allowed|Trying to", str(error)
        ):
            raise UnsafeWeightsError(_unsafe(path)) from error
        raise CorruptWeightsError(_not_weights(path, "damaged")) from error
    except (RuntimeError, ValueError, TypeError, LookupError, AttributeError, EOFError) as error:
        raise CorruptWeightsError(_not_weights(path, "damaged")) from error
    except (zipfile.BadZipFile, AssertionError, OverflowError) as error:
        raise CorruptWeightsError(_not_weights(path, "damaged")) from error
    if not isinstance(content, dict):
        raise CorruptWeightsError(
            f"{path.name} holds no tensors by name but a {type(content).__name__}: save the "
            "model's state dict with `torch.save(model.state_dict(), ...)` and open that."
        )
    return content


def _refuse_zip_bomb(path: Path) -> None:
    """torch stores tensors uncompressed; a file that unpacks to much more is no torch file."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > path.stat().st_size + (1 << 20):
        raise CorruptWeightsError(_not_weights(path, "other"))


# --- files that describe themselves -------------------------------------------------------------


def save_generator(
    path: Path | str,
    generator: nn.Module,
    *,
    task: str,
    title: str,
    licence: str,
    source: str,
    classes: Iterable[str] | None = None,
    labels: Iterable[str] | None = None,
    training: dict[str, Any] | None = None,
    half: bool = True,
) -> None:
    """Write a network with all that `load_described` needs to one safetensors file.

    Args:
        generator: a network with `family` and `config`.
        classes, labels: names, in order, where there are any.
        training: recipe, kimg, data, metrics; anything JSON can hold.
        half: store the weights (not biases, norms and scalars) as float16 where they fit.

    Raises:
        WeightsError: the disk is full or may not be written; an older file at `path` stays whole.
    """
    path = Path(path)
    metadata = {
        "ganvas_format": FORMAT,
        "family": generator.family,
        "config": json.dumps(generator.config),
        "task": task,
        "title": title,
        "licence": licence,
        "source": source,
    }
    extras = {"classes": classes, "labels": labels, "training": training}
    for key, value in extras.items():
        if value is not None:
            metadata[key] = json.dumps(value if key == "training" else list(value))
    tensors = {name: _for_storage(t, half) for name, t in generator.state_dict().items()}
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            safetensors.torch.save_file(tensors, part, metadata)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


def _for_storage(tensor: torch.Tensor, half: bool) -> torch.Tensor:
    """A tensor as it is stored: on the CPU, sharing memory with no other."""
    tensor = tensor.detach().cpu()
    if half and tensor.dtype == torch.float32 and tensor.ndim >= 2:
        small = tensor.half()
        if small.isfinite().all():
            return small.contiguous()
    return tensor.clone(memory_format=torch.contiguous_format)


def load_described(path: Path | str) -> tuple[nn.Module, dict[str, Any]]:
    """The network of a self-describing file, in eval mode and float32, and what the file says.

    Returns:
        The network, and its description: `family`, `config`, `task`, `title`, `licence`,
        `source`, and `classes`, `labels`, `training` where the file has them.

    Raises:
        CorruptWeightsError: the file does not describe itself, or does not fit its description.
    """
    path = Path(path)
    info = _describe(path, read_metadata(path))
    tensors = read_tensors(path)
    try:
        with torch.device("meta"):
            network = networks.build(info["family"], info["config"])
    except (ValueError, TypeError, RuntimeError) as error:
        raise CorruptWeightsError(f"{path.name} cannot be opened: {error}") from error
    for name, tensor in tensors.items():
        if tensor.dtype in (torch.float16, torch.bfloat16):
            tensors[name] = tensor.float()
    network.load_state_dict(tensors, strict=True, assign=True)
    return network.requires_grad_(False).eval(), info


def _describe(path: Path, metadata: dict[str, str]) -> dict[str, Any]:
    if metadata.get("ganvas_format") != FORMAT:
        raise CorruptWeightsError(
            f"{path.name} does not describe itself as a Ganvas model: convert it with `python -m "
            "gan_models convert`."
        )
    info: dict[str, Any] = {
        key: metadata[key] for key in ("family", "task", "title", "licence", "source")
    }
    for key in ("config", "classes", "labels", "training"):
        if key in metadata:
            info[key] = json.loads(metadata[key])
    return info
