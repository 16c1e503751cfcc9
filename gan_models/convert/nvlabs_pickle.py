"""NVIDIA's network pickles (StyleGAN2-ADA, StyleGAN3), read without running their code.

They are recognised by content, not suffix: a plain pickle with a network under `G_ema`.
"""

from __future__ import annotations

import io
import pickle
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor

from gan_models.convert.reading import FormatError, Tensors, looks_like
from gan_models.weights.errors import WeightsError, disk_errors
from gan_models.weights.file_types import kind_of
from gan_models.weights.inert_pickle import InertUnpickler, Record, Standin, class_of, refusal

FORMATS = ("stylegan2-nvlabs", "stylegan3-nvlabs")
MOST_NAMED = 8
TITLES = {"biggan": "BigGAN", "dcgan": "DCGAN", "fastgan": "FastGAN"}  # of families, by module
STORAGE_DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


def is_pickle(path: Path) -> bool:
    """Whether a file is a plain pickle, not one of torch's; protocols 0 and 1 by the suffix."""
    with disk_errors(path):
        kind = kind_of(path)
    return kind == "pickle" or (kind == "other" and path.suffix.lower() == ".pkl")


def read(path: Path) -> Any:
    """Read a pickle: objects as records, tensors as they are.

    Raises:
        UnsafeWeightsError: the file calls something that loading weights does not need.
        FormatError: the file is no complete pickle.
    """
    try:
        with disk_errors(path), path.open("rb") as file:
            return _Unpickler(file).load()
    except (pickle.UnpicklingError, EOFError, struct.error) as error:
        raise FormatError(
            f"{path.name} is no complete NVIDIA network pickle ({error}). Download it again."
        ) from error
    except WeightsError:
        raise
    except (AttributeError, TypeError, LookupError, ValueError, RuntimeError) as error:
        raise refusal(f"has a content this reader does not know ({error})") from error


def generator_in(content: Any, name: str) -> Record | None:
    """The generator in a pickle's content, as a record; None where it holds no network at all.

    Args:
        name: the file's, for the error.

    Raises:
        FormatError: its networks are none of NVIDIA's StyleGANs, or there is none under `G_ema`.
    """
    network = content if _is_network(content) else None
    if network is None and isinstance(content, dict) and isinstance(content.get("G_ema"), Record):
        network = content["G_ema"]
    if network is None:
        return None
    if looks_like(tensors_of(network)) not in FORMATS:
        raise FormatError(
            f"{name} holds a {_title_of(network)}, a network of a class that is not known here. "
            f"Known in pickles are the generators of StyleGAN2 and StyleGAN3 "
            f"({' and '.join(FORMATS)}): choose a file of one of them."
        )
    return network


def without_generator(content: Any, name: str) -> FormatError:
    """The error for a pickle without a generator, which lists its content."""
    found = content.items() if isinstance(content, dict) else ()
    if isinstance(content, list | tuple):
        found = enumerate(content)
    listed = [f"{key!r} ({_kind(value)})" for key, value in list(found)[:MOST_NAMED]]
    holds = ", ".join(listed) or _kind(content)
    return FormatError(
        f"{name} has no 'G_ema'. Choose a StyleGAN2-ADA or StyleGAN3 pickle. It holds: {holds}."
    )


def _kind(value: Any) -> str:
    return class_of(value) if isinstance(value, Record) else type(value).__name__


def _is_network(value: Any) -> bool:
    return isinstance(value, Record) and "_parameters" in value and "_modules" in value


def _title_of(network: Record) -> str:
    """A network's class and family: "FastGAN Generator (pg_modules.networks_fastgan.Generator)"."""
    whole = class_of(network)
    module, _, name = whole.rpartition(".")
    family = re.sub(r"networks?|models?|_", "", module.rpartition(".")[2].lower())
    return f"{TITLES[family]} {name} ({whole})" if family in TITLES else whole


def tensors_of(network: Record) -> Tensors:
    """Return a network record's parameters and buffers, named as its `state_dict` would."""
    return dict(_walk(network, ""))


def attribute(network: Record, name: str, modules: str) -> Any:
    """Return an attribute of the submodule at `modules` ("synthesis.b4.conv1"), or None."""
    record: dict[str, Any] = network
    for module in modules.split("."):
        record = record.get("_modules", {}).get(module) or {}
    return record.get(name)


def generator_options(network: Record, format: str) -> dict[str, Any]:
    """Return a generator's options, from the attributes of its modules."""
    if format == "stylegan2-nvlabs":
        return {"conv_clamp": _number(attribute(network, "conv_clamp", "synthesis.b4.conv1"))}
    if format != "stylegan3-nvlabs":
        return {}
    synthesis = (network.get("_modules") or {}).get("synthesis") or {}
    layers = synthesis.get("layer_names") or []
    options = {
        "num_layers": _number(synthesis.get("num_layers")),
        "margin_size": _number(synthesis.get("margin_size")),
    }
    if layers:
        options["conv_clamp"] = _number(attribute(network, "conv_clamp", f"synthesis.{layers[0]}"))
    return options


def discriminator_options(network: Record) -> dict[str, Any]:
    """Return a discriminator's options, from the attributes of its modules."""
    return {
        "conv_clamp": _number(attribute(network, "conv_clamp", "b4.conv")),
        "group_size": _number(attribute(network, "group_size", "b4.mbstd")),
    }


def _number(value: Any) -> float | int | None:
    return value if isinstance(value, int | float) else None


def _walk(record: dict[str, Any], prefix: str) -> Iterator[tuple[str, Tensor]]:
    unsaved = record.get("_non_persistent_buffers_set") or ()
    for group in ("_parameters", "_buffers"):
        for name, tensor in (record.get(group) or {}).items():
            if isinstance(tensor, Tensor) and name not in unsaved:
                yield prefix + name, tensor
    for name, module in (record.get("_modules") or {}).items():
        if isinstance(module, dict):
            yield from _walk(module, f"{prefix}{name}.")


class _Unpickler(InertUnpickler):
    """The unpickler of network pickles, which contain tensors in torch's old format."""

    def find_class(self, module: str, name: str) -> Any:
        """The replacement of a name in the file."""
        if module == "torch" and name in STORAGE_DTYPES:
            return _StorageType(STORAGE_DTYPES[name])
        return super().find_class(module, name)

    def persistent_load(self, pid: Any) -> NoReturn:
        """Refuse: a network pickle refers to nothing outside itself."""
        raise refusal("refers to data outside itself")


class _StorageType:
    """The number type of a storage, as `torch.FloatStorage` names it in a file."""

    def __init__(self, dtype: torch.dtype) -> None:
        self.dtype = dtype


class _StorageUnpickler(_Unpickler):
    """Reads the header of a storage in torch's old format, where the storage is a reference."""

    def persistent_load(self, pid: Any) -> Any:
        """Return the reference as it is: ("storage", type, key, device, length, view)."""
        return pid


def _load_storage(data: bytes) -> Tensor:
    """Read a storage [length] from torch's old format: five pickles, then length and numbers."""
    stream = io.BytesIO(data)
    for _ in range(3):  # magic number, protocol, machine
        _StorageUnpickler(stream).load()
    kind, storage, _, _, length, *_ = _StorageUnpickler(stream).load()
    keys = _StorageUnpickler(stream).load()
    if kind != "storage" or not isinstance(storage, _StorageType) or len(keys) != 1:
        raise FormatError("A tensor in this pickle is damaged. Download the file again.")
    (stored,) = struct.unpack("<q", stream.read(8))
    numbers = bytearray(stream.read())
    size = torch.empty(0, dtype=storage.dtype).element_size()
    if stored != length or len(numbers) < length * size:
        raise FormatError("A tensor in this pickle is cut off. Download the file again.")
    if not length:
        return torch.empty(0, dtype=storage.dtype)
    return torch.frombuffer(numbers, dtype=storage.dtype, count=length)


def _rebuild_network(meta: dict[str, Any]) -> Record:
    """Read a persistent object's state; its source text is not used."""
    kind = InertUnpickler.inert("", str(meta.get("class_name", "network")))
    record = kind.__new__(kind)
    record.__setstate__(meta.get("state"))
    return record


_Unpickler.known = {
    ("torch.storage", "_load_from_bytes"): Standin(_load_storage),
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): Standin(_rebuild_network),
}
