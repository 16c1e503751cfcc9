"""Read pickles as data: tensors, numbers and containers; nothing in the file is run or imported.

A pickle is a program. This unpickler has a few dozen names, each replaced by a few lines here. An
object of any other class becomes an inert record; a call of any other function, and every name of
Python's own library that could run something, is refused.
"""

from __future__ import annotations

import pickle
import pickletools
import struct
import sys
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import OrderedDict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, BinaryIO, ClassVar, NoReturn, cast

import torch
from torch import Tensor

from gan_models.weights.errors import CorruptWeightsError, UnsafeWeightsError

__all__ = ["TORCH_PICKLE", "InertUnpickler", "Record", "Standin", "class_of", "refusal"]

_SPARE_MEMO = 1 << 16  # indices, beyond one an operation
_MEMO_WRITES = ("PUT", "BINPUT", "LONG_BINPUT")  # opcodes
_NUMPY_LAYOUTS = {"f8": "d", "f4": "f", "f2": "e", "i8": "q", "i4": "i", "b1": "?"}

# names of Python's own library in options and logs: modules of plain data, and single names
_DATA_MODULES = ("argparse", "dataclasses", "decimal", "enum", "fractions", "pathlib", "typing")
_DATA_NAMES = {
    "builtins": (
        *("list", "dict", "tuple", "int", "float", "bool", "str", "bytes", "bytearray", "complex"),
        *("slice", "range", "object", "Ellipsis", "NotImplemented"),
    ),
    "collections": ("ChainMap", "Counter", "UserDict", "UserList", "UserString", "deque"),
    "datetime": ("date", "datetime", "time", "timedelta", "timezone"),
    "random": ("Random",),
    "time": ("struct_time",),
    "types": ("GenericAlias", "MappingProxyType", "SimpleNamespace"),
    "uuid": ("SafeUUID", "UUID"),
}
# functions that only make a value that is no weight
_DATA_FUNCTIONS = {
    ("_operator", "getitem"),  # typing.Optional[int]
    ("torch", "device"),
    ("torch.serialization", "_get_layout"),
    *((f"numpy.{core}.multiarray", "_reconstruct") for core in ("core", "_core")),
    *((f"numpy.{core}.numeric", "_frombuffer") for core in ("core", "_core")),
    *(
        ("numpy.random._pickle", f"__{kind}_ctor")
        for kind in ("randomstate", "generator", "bit_generator")
    ),
}


class _InertMeta(type):
    """A class of which only the name is known; a call makes an empty record, or is refused."""

    may_be_called = True

    def __call__(cls, *args: Any, **kwargs: Any) -> Record:
        if not cls.may_be_called:
            raise refusal(f"calls {cls.__module__}.{cls.__name__}")
        return Record.__new__(cast("type[Record]", cls))


class Record(dict, metaclass=_InertMeta):
    """An object of an unknown class: its attributes and items by name, and nothing else."""

    # it may be a key, or a member of a set
    __hash__ = object.__hash__  # pyright: ignore[reportAssignmentType]  a dict's is None

    def __new__(cls, *args: Any, **kwargs: Any) -> Record:
        """Make an empty record; the arguments are dropped."""
        return dict.__new__(cls)

    def __setstate__(self, state: Any) -> None:
        """Store a dictionary's entries, also those of slots; drop any other state."""
        parts = state if isinstance(state, tuple) and len(state) == 2 else (state,)
        for part in parts:
            if isinstance(part, dict):
                self.update(part)

    def append(self, item: Any) -> None:
        """Drop an item of a list-like class."""

    def extend(self, items: Any) -> None:
        """Drop the items of a list-like class."""

    def add(self, item: Any) -> None:
        """Drop an item of a set-like class."""


class Standin:
    """Our replacement of a function that the file names; the file cannot change it."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function

    def __call__(self, *args: Any) -> Any:
        """Call our function."""
        return self._function(*args)

    def __setstate__(self, state: Any) -> NoReturn:
        """Refuse: a function has no state."""
        raise refusal("changes a function")


class InertUnpickler(pickle.Unpickler):
    """Resolves names to replacements and inert classes; imports nothing."""

    record: type[Record] = Record  # what objects become
    known: ClassVar[dict[tuple[str, str], Any]] = {}  # more names than those of every pickle

    def __init__(self, file: BinaryIO, **options: Any) -> None:
        """Check the memo indices of a seekable file first.

        Raises:
            UnsafeWeightsError: it needs memory that its content does not fill.
        """
        _check_memory(file)
        super().__init__(file, **options)

    def find_class(self, module: str, name: str) -> Any:
        """The replacement of a name in the file.

        Raises:
            UnsafeWeightsError: it is a name of Python's own library that is no plain data.
        """
        # protocols before 3 have Python 2's names: "__builtin__" and "xrange"
        if (module, name) in NAME_MAPPING:
            module, name = NAME_MAPPING[module, name]
        module = IMPORT_MAPPING.get(module, module)
        for table in (self.known, _KNOWN):
            if (module, name) in table:
                return table[module, name]
        own = module.partition(".")[0]
        listed = name in _DATA_NAMES.get(module, ()) or (module, name) in _DATA_FUNCTIONS
        if own in sys.stdlib_module_names and own not in _DATA_MODULES and not listed:
            raise refusal(f"asks for {module}.{name}")
        # a name in lower case is a function's; it may occur, but not be called
        is_class = name.rpartition(".")[2].lstrip("_")[:1].isupper()
        return self.inert(module, name, may_be_called=is_class or listed)

    @classmethod
    def inert(cls, module: str, name: str, may_be_called: bool = True) -> type[Record]:
        """A class of records with a name."""
        made = _InertMeta(name, (cls.record,), {"__module__": module})
        made.may_be_called = may_be_called
        return made


def _check_memory(file: BinaryIO) -> None:
    """Refuse memo indices beyond what the pickle can fill: Python would allocate that memory."""
    start = file.tell()
    try:
        for count, (operation, argument, _) in enumerate(pickletools.genops(file)):
            if operation.name in _MEMO_WRITES and (argument or 0) > count + _SPARE_MEMO:
                raise refusal("asks for memory that it does not fill")
    except MemoryError as error:
        raise refusal("asks for memory that it does not fill") from error
    except (ValueError, UnicodeError):  # damaged: the unpickler reports how
        pass
    finally:
        file.seek(start)


class _TorchRecord(Record):
    """A record of a torch file, which holds tensors and options but no whole network."""

    def __setstate__(self, state: Any) -> None:
        """As a record does.

        Raises:
            UnsafeWeightsError: the object is a whole `torch.nn.Module`.
        """
        super().__setstate__(state)
        if "_parameters" in self and "_modules" in self:
            raise refusal(f"holds a whole network ({class_of(self)})")


class _TorchUnpickler(InertUnpickler):
    """The unpickler for `torch.load`, which adds `persistent_load` for the tensors' storages."""

    record = _TorchRecord


def _load(file: Any, **options: Any) -> Any:
    return _TorchUnpickler(file, **options).load()


TORCH_PICKLE = SimpleNamespace(
    __name__="gan_models.weights.inert_pickle", Unpickler=_TorchUnpickler, load=_load
)
"""A pickle module for `torch.load`."""


def class_of(record: Record) -> str:
    """The class that an object had in the file: "models.fastgan.Generator"."""
    kind = type(record)
    return f"{kind.__module__}.{kind.__name__}".lstrip(".")


def refusal(what: str) -> UnsafeWeightsError:
    """The error for a pickle that does what loading weights does not need."""
    return UnsafeWeightsError(
        f"This pickle {what}, which loading weights does not need, so it was not opened. "
        "Get the weights as .safetensors, or from a source you trust."
    )


# --- replacements of names ----------------------------------------------------------------------


def _rebuild_tensor(
    storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: Any
) -> Tensor:
    """Make a tensor of its storage; torch checks the bounds."""
    if isinstance(storage, torch.storage.TypedStorage):
        flat = torch.empty(0, dtype=storage.dtype)
        storage = flat.set_(storage.untyped(), 0, (storage.size(),), (1,))
    if not isinstance(storage, Tensor):
        raise CorruptWeightsError("A tensor in this file is damaged. Download the file again.")
    return torch.as_strided(storage, size, stride, offset)


def _first(data: Any, *_: Any) -> Any:
    return data


def _rebuild_from_type(function: Any, kind: Any, arguments: tuple[Any, ...], *_: Any) -> Any:
    """A tensor that carries attributes of its own; they are dropped."""
    if not isinstance(function, Standin):
        raise refusal("makes a tensor in an unusual way")
    return function(*arguments)


def _reconstruct_old(kind: Any, *_: Any) -> Record:
    """Make an instance as pickle protocols 0 and 1 do."""
    if not (isinstance(kind, type) and issubclass(kind, Record)):
        raise refusal("makes an object in an unusual way")
    return kind.__new__(kind)


def _encode(text: str, encoding: str = "utf-8", *_: Any) -> bytes:
    return text.encode("latin1" if encoding == "latin1" else "utf-8")


def _numpy_dtype(code: str, *_: Any) -> Record:
    record = Record.__new__(Record)
    record["code"] = code
    return record


def _numpy_scalar(dtype: Record, data: bytes = b"") -> Any:
    layout = _NUMPY_LAYOUTS.get(dtype.get("code", ""))
    return struct.unpack("<" + layout, data)[0] if layout else None


def _type_of(*arguments: Any) -> Record:
    """The type of None and the like, which have no name; a new type is refused."""
    if len(arguments) != 1:
        raise refusal("makes a type")
    return Record.__new__(Record)


def _plain_dict(*_: Any) -> dict[Any, Any]:
    return {}


_NUMPY_CORES = ("numpy.core.multiarray", "numpy._core.multiarray")
_PARAMETER = Standin(_first)
_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "defaultdict"): Standin(_plain_dict),
    ("builtins", "set"): set,
    ("builtins", "type"): Standin(_type_of),
    ("builtins", "frozenset"): frozenset,
    ("copyreg", "_reconstructor"): Standin(_reconstruct_old),
    ("_codecs", "encode"): Standin(_encode),
    ("torch", "Size"): Standin(tuple),
    ("torch._utils", "_rebuild_tensor"): Standin(_rebuild_tensor),
    ("torch._utils", "_rebuild_tensor_v2"): Standin(_rebuild_tensor),
    ("torch._utils", "_rebuild_parameter"): _PARAMETER,
    ("torch._utils", "_rebuild_parameter_with_state"): _PARAMETER,
    ("torch._tensor", "_rebuild_from_type_v2"): Standin(_rebuild_from_type),
    ("torch.nn.parameter", "Parameter"): _PARAMETER,
    ("numpy", "dtype"): Standin(_numpy_dtype),
    **{(core, "scalar"): Standin(_numpy_scalar) for core in _NUMPY_CORES},
}
