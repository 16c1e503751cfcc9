"""Read and save weights files; the only module that turns files into tensors."""

from __future__ import annotations

import os
import pickle
import struct
import tarfile
import threading
import warnings
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch

from gan_models import networks
from gan_models.networks.base import Network
from gan_models.weights.errors import (
    CorruptWeightsError,
    UnsafeWeightsError,
    WeightsError,
    disk_errors,
)
from gan_models.weights.file_types import kind_of
from gan_models.weights.inert_pickle import TORCH_PICKLE
from gan_models.weights.meta_init import MetaInit
from gan_models.weights.metadata import decode, encode

_DAMAGES = (
    *(pickle.UnpicklingError, struct.error, zipfile.BadZipFile, EOFError, OSError),
    *(ValueError, TypeError, LookupError, AttributeError, AssertionError, OverflowError),
)

# --- reading ------------------------------------------------------------------------------------


def read_tensors(path: Path | str) -> dict[str, Any]:
    """The content of a weights file: tensors on the CPU by name, or containers of them.

    Nothing in the file is run: options and other objects beside the tensors become inert records.
    The file is read once and not memory-mapped, so that overwriting it later changes no network.

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
        if path.suffix.lower() == ".safetensors" and kind != "safetensors":
            raise CorruptWeightsError(
                f"{path.name} is called .safetensors but is a pickled torch file: rename it to "
                f"{path.stem}.pth and open it again, so that it is read as what it is."
            )
        if kind == "pickle":
            raise UnsafeWeightsError(_unsafe(path))
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
        return safetensors.torch.load_file(path, backend="pread")
    except safetensors.SafetensorError as error:
        raise CorruptWeightsError(_not_weights(path, "damaged")) from error


def _read_torch(path: Path) -> dict[str, Any]:
    try:
        if zipfile.is_zipfile(path):
            _refuse_zip_bomb(path)
        with warnings.catch_warnings(action="ignore"):  # its warnings are for programmers
            content = _load_inert(path)
    except UnsafeWeightsError as error:
        raise UnsafeWeightsError(_unsafe(path)) from error
    except RuntimeError as error:
        if "TorchScript" in str(error):  # a program, with its weights inside
            raise UnsafeWeightsError(_unsafe(path)) from error
        raise CorruptWeightsError(_not_weights(path, "damaged")) from error
    except _DAMAGES as error:
        raise CorruptWeightsError(_not_weights(path, "damaged")) from error
    if not isinstance(content, dict):
        raise CorruptWeightsError(
            f"{path.name} holds no tensors by name but a {type(content).__name__}: save the "
            "model's state dict with `torch.save(model.state_dict(), ...)` and open that."
        )
    return content


def _load_inert(path: Path) -> Any:
    """The content of a torch file: by `weights_only`, or where it holds more, by our unpickler."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        if tarfile.is_tarfile(path):  # of torch's first versions: reading one writes files
            raise
    # names of Python 2 are bytes, and any bytes are text in latin1
    return torch.load(
        path,
        map_location="cpu",
        weights_only=False,
        pickle_module=TORCH_PICKLE,
        encoding="latin1",
    )


def _refuse_zip_bomb(path: Path) -> None:
    """torch stores tensors uncompressed; a file that unpacks to much more is no torch file."""
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > path.stat().st_size + (1 << 20):
        raise CorruptWeightsError(_not_weights(path, "other"))


# --- self-describing files ----------------------------------------------------------------------


def save_generator(
    path: Path | str,
    generator: Network,
    *,
    task: str,
    title: str,
    licence: str,
    source: str,
    classes: Iterable[str] | None = None,
    labels: Iterable[str] | None = None,
    training: dict[str, Any] | None = None,
    upscaler: str = "",
    half: bool = True,
) -> None:
    """Write a network with all that `load_checkpoint` needs to one safetensors file.

    Args:
        generator: a network with `family` and `config`.
        classes, labels: names, in order, where there are any.
        training: recipe, kimg, data, metrics; anything JSON can hold.
        upscaler: id of the model that enlarges its pictures, where there is one.
        half: store the weights (not biases, norms and scalars) as float16 where they fit.

    Raises:
        WeightsError: the disk is full or may not be written; an older file at `path` is unchanged.
    """
    path = Path(path)
    facts = {"task": task, "title": title, "licence": licence, "source": source}
    facts |= {"upscaler": upscaler} if upscaler else {}
    lists = {"classes": classes, "labels": labels}
    facts |= {key: list(value) for key, value in lists.items() if value is not None}
    facts |= {} if training is None else {"training": training}
    metadata = encode(generator.family, generator.config, facts)
    tensors = {name: _for_storage(t, half) for name, t in generator.state_dict().items()}
    part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            safetensors.torch.save_file(tensors, part, metadata)
            os.replace(part, path)
        except safetensors.SafetensorError as error:
            raise WeightsError(
                f"{path} could not be written ({_first_line(error)}): check that the disk has "
                "space and the folder may be written, and try again."
            ) from error
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


def load_checkpoint(path: Path | str) -> tuple[Network, dict[str, Any]]:
    """The network of a self-describing file, in eval mode and float32, and its metadata.

    Returns:
        The network, and its metadata: `family`, `config`, `task`, `title`, `licence`,
        `source`, and `classes`, `labels`, `training` where the file has them.

    Raises:
        CorruptWeightsError: the file has no metadata, or does not fit its metadata.
    """
    path = Path(path)
    info = decode(path, read_metadata(path))
    tensors = read_tensors(path)
    return assemble(info["family"], info["config"], tensors, path.name), info


def assemble(
    family: str, config: dict[str, Any], tensors: dict[str, torch.Tensor], label: str
) -> Network:
    """A network of `family` that holds `tensors` themselves, not copies; float32, eval mode.

    It is built without memory for its parameters and compared with the tensors before they are
    assigned, so that neither a second copy nor metadata of a huge network allocates memory.
    `tensors` is emptied.

    Args:
        label: what to call the file in an error.

    Raises:
        CorruptWeightsError: a tensor is missing, unexpected or misshaped; the first is named.
    """
    try:
        with MetaInit(
            max_tensors=len(tensors), max_numbers=sum(map(torch.numel, tensors.values()))
        ):
            network = networks.build(family, config)
    except (ValueError, TypeError, LookupError, AttributeError, RuntimeError) as error:
        raise CorruptWeightsError(_cannot_be_built(label, error)) from error
    except (ArithmeticError, MemoryError) as error:
        raise CorruptWeightsError(_cannot_be_built(label, error)) from error
    _refuse_misfit(network.state_dict(), tensors, label)
    for name, like in network.state_dict().items():
        tensors[name] = tensors[name].to(like.dtype)
    network.load_state_dict(tensors, strict=True, assign=True)
    tensors.clear()
    return network.requires_grad_(False).eval()


def _cannot_be_built(label: str, error: Exception) -> str:
    return (
        f"{label} describes a network that cannot be built ({_first_line(error)}): convert or save "
        "it again with this version of Ganvas."
    )


def _refuse_misfit(
    wanted: dict[str, torch.Tensor], tensors: dict[str, torch.Tensor], label: str
) -> None:
    missing = next((name for name in wanted if name not in tensors), None)
    extra = next((name for name in tensors if name not in wanted), None)
    misshaped = next(
        (n for n, t in wanted.items() if n in tensors and not _fits(tensors[n], t)), ""
    )
    if missing:
        fault = f"the tensor {missing!r} is missing"
    elif extra:
        fault = f"the tensor {extra!r} has no place in the network"
    elif misshaped:
        has, wants = list(tensors[misshaped].shape), list(wanted[misshaped].shape)
        fault = f"the tensor {misshaped!r} is {has}, {tensors[misshaped].dtype}, not {wants}"
    else:
        return
    raise CorruptWeightsError(
        f"{label} does not fit its network: {fault}. Check that the file is whole and of the "
        "family and configuration it is opened as."
    )


def _fits(tensor: torch.Tensor, like: torch.Tensor) -> bool:
    same_kind = tensor.dtype == like.dtype or (
        tensor.is_floating_point() and like.is_floating_point()
    )
    return tensor.shape == like.shape and same_kind


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200].rstrip(".")
