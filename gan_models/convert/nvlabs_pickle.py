"""NVIDIA's network pickles (StyleGAN2-ADA, StyleGAN3), read without running anything of theirs.

A pickle is a program. This reader knows a dozen names, each replaced by a few lines here; every
other class becomes an inert record, every call of anything else is refused, and no module is ever
imported on the file's behalf.
"""

from __future__ import annotations

import io
import pickle
import struct
import sys
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor

from ..weights import UnsafeWeightsError, WeightsError
from .reading import FormatError, Tensors

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
NUMPY_SCALARS = {"f8": "d", "f4": "f", "f2": "e", "i8": "q", "i4": "i", "b1": "?"}
HARMLESS_BUILTINS = ("set", "frozenset", "list", "dict", "tuple", "int", "float", "bool", "str")


class _InertMeta(type):
    """Refuses calls: an unknown name may stand in the file, but not be called."""

    def __call__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise _refusal(f"calls {cls.__module__}.{cls.__name__}")


class Record(dict, metaclass=_InertMeta):
    """Something of a class we do not know: its state, and nothing else."""

    def __new__(cls, *args: Any) -> Record:
        """Make an empty record, whatever the class's own arguments."""
        return dict.__new__(cls)

    def __setstate__(self, state: Any) -> None:
        """Keep a dictionary's entries; drop any other state."""
        if isinstance(state, dict):
            self.update(state)

    def append(self, item: Any) -> None:
        """Drop an item of a list-like class."""

    def extend(self, items: Any) -> None:
        """Drop the items of a list-like class."""


def read_networks(path: Path) -> dict[str, Any]:
    """Read the dictionary of an NVIDIA pickle: `G_ema`, `D` and so on, as records.

    Raises:
        UnsafeWeightsError: the file would call something that loading weights does not need.
        FormatError: the file is no pickle of that kind.
    """
    try:
        with path.open("rb") as file:
            content = _Unpickler(file).load()
    except (pickle.UnpicklingError, EOFError, struct.error) as error:
        raise FormatError(
            f"{path.name} is no complete NVIDIA network pickle ({error}). Download it again."
        ) from error
    except WeightsError:
        raise
    except (AttributeError, TypeError, LookupError, ValueError, RuntimeError) as error:
        raise _refusal(f"has a content this reader does not know ({error})") from error
    if not isinstance(content, dict) or not isinstance(content.get("G_ema"), Record):
        raise FormatError(
            f"{path.name} has no 'G_ema'. Choose a StyleGAN2-ADA or StyleGAN3 pickle."
        )
    return content


def tensors_of(network: Record) -> Tensors:
    """Return a network record's parameters and buffers, named as its `state_dict` would."""
    return dict(_walk(network, ""))


def attribute(network: Record, name: str, modules: str) -> Any:
    """Return an attribute of the submodule at `modules` ("synthesis.b4.conv1"), or None."""
    for module in modules.split("."):
        network = network.get("_modules", {}).get(module) or {}
    return network.get(name)


def generator_options(network: Record, format: str) -> dict[str, Any]:
    """Return what no tensor tells of a generator, from the attributes of its own modules."""
    if format == "stylegan2-nvlabs":
        return {"conv_clamp": _number(attribute(network, "conv_clamp", "synthesis.b4.conv1"))}
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
    """Return what no tensor tells of a discriminator, from the attributes of its own modules."""
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


class _Unpickler(pickle.Unpickler):
    """Resolves names to our own stand-ins; imports nothing."""

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for a name in the file."""
        known = _KNOWN.get((module, name))
        if known is not None:
            return known
        if module == "torch" and name in STORAGE_DTYPES:
            return _StorageType(STORAGE_DTYPES[name])
        if module in ("builtins", "__builtin__") and name in HARMLESS_BUILTINS:
            return {"set": set, "frozenset": frozenset}.get(name) or _inert(module, name)
        if module.split(".")[0] in sys.stdlib_module_names | {"__builtin__", "__main__"}:
            raise _refusal(f"asks for {module}.{name}")
        return _inert(module, name)

    def persistent_load(self, pid: Any) -> NoReturn:
        """Refuse: a network pickle refers to nothing outside itself."""
        raise _refusal("refers to data outside itself")


class _StorageType:
    """Names a storage's kind of number, as `torch.FloatStorage` does in a file."""

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


def _rebuild_tensor(
    storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> Tensor:
    """Lay a tensor over its storage; torch checks that it stays within."""
    if not isinstance(storage, Tensor):
        raise FormatError("A tensor in this pickle is damaged. Download the file again.")
    return torch.as_strided(storage, size, stride, offset)


def _rebuild_parameter(data: Tensor, *_: Any) -> Tensor:
    return data


def _rebuild_network(meta: dict[str, Any]) -> Record:
    """Take a persistent object's state; its source text is never looked at."""
    record = Record.__new__(Record)
    record.__setstate__(meta.get("state"))
    return record


def _reconstruct_old(cls: type, base: type, state: Any) -> Record:
    """Make an instance as pickle protocols 0 and 1 do."""
    if not isinstance(cls, _InertMeta):
        raise _refusal("makes an object in an unusual way")
    return cls.__new__(cls)


def _encode(text: str, encoding: str) -> bytes:
    return text.encode("latin1" if encoding == "latin1" else "utf-8")


def _numpy_dtype(code: str, *_: Any) -> Record:
    record = Record.__new__(Record)
    record["code"] = code
    return record


def _numpy_scalar(dtype: Record, data: bytes) -> Any:
    layout = NUMPY_SCALARS.get(dtype.get("code", ""))
    return struct.unpack("<" + layout, data)[0] if layout else None


def _numpy_array(*_: Any) -> Record:
    return Record.__new__(Record)


def _inert(module: str, name: str) -> type:
    return _InertMeta(name, (Record,), {"__module__": module})


def _refusal(what: str) -> UnsafeWeightsError:
    return UnsafeWeightsError(
        f"This pickle {what}, which loading weights does not need, so it was not opened. "
        "Get the weights as .safetensors, or from a source you trust."
    )


_NUMPY_CORES = ("numpy.core.multiarray", "numpy._core.multiarray")
_KNOWN: dict[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "defaultdict"): defaultdict,
    ("copyreg", "_reconstructor"): _reconstruct_old,
    ("copy_reg", "_reconstructor"): _reconstruct_old,
    ("_codecs", "encode"): _encode,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch._utils", "_rebuild_parameter"): _rebuild_parameter,
    ("torch.storage", "_load_from_bytes"): _load_storage,
    ("torch_utils.persistence", "_reconstruct_persistent_obj"): _rebuild_network,
    ("numpy", "dtype"): _numpy_dtype,
    **{(core, "scalar"): _numpy_scalar for core in _NUMPY_CORES},
    **{(core, "_reconstruct"): _numpy_array for core in _NUMPY_CORES},
}
