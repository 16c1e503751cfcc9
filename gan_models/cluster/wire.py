"""What travels between the page and a replica: pictures as arrays, errors that can be pickled."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_models.media.limits import Limits

Message = tuple[str, Any]  # "started" | "step" | "end" | "error", and a value


@dataclass(frozen=True, eq=False)
class Pixels:
    """A picture: its pixels as bytes of its mode, its palette and what it says about itself."""

    mode: str
    size: tuple[int, int]  # width, height
    data: NDArray[np.uint8]  # [number of bytes]
    palette: tuple[str, bytes] | None  # mode and colours
    info: dict[Any, Any]


@dataclass(frozen=True, eq=False)
class Request:
    """A call of a pipeline's method.

    Attributes:
        model: its id, or the path of its file on the replica's node.
        path: the name of a method or an attribute, "styles.edit" for one of a part.
        arguments, options: as `pack` makes them.
        limits: those of the page, in force during the call.
    """

    model: str
    path: str
    arguments: tuple[Any, ...]
    options: Mapping[str, Any]
    limits: Limits


def pack(value: Any) -> Any:
    """A value with `Pixels` for every picture in it; lists, tuples, dicts, dataclasses are read."""
    if isinstance(value, Image.Image):
        palette = value.palette
        return Pixels(
            value.mode,
            value.size,
            np.frombuffer(value.tobytes(), np.uint8),
            None if palette is None else (palette.mode, bytes(palette.palette)),
            dict(value.info),
        )
    return _inside(value, pack)


def unpack(value: Any) -> Any:
    """The value that was packed."""
    if isinstance(value, Pixels):
        image = Image.frombytes(value.mode, value.size, value.data)
        if value.palette is not None:
            image.putpalette(value.palette[1], value.palette[0])
        image.info = dict(value.info)
        return image
    if isinstance(value, np.ndarray) and not value.flags.writeable:
        return value.copy()  # Ray's arrays lie in memory that processes share
    return _inside(value, unpack)


def _inside(value: Any, convert: Callable[[Any], Any]) -> Any:
    """The value with all that it holds converted; itself where nothing changes."""
    if type(value) in (list, tuple):
        items = [convert(item) for item in value]
        changed = any(a is not b for a, b in zip(items, value, strict=True))
        return type(value)(items) if changed else value
    if type(value) is dict:
        made = {key: convert(item) for key, item in value.items()}
        return made if any(made[key] is not value[key] for key in value) else value
    if is_dataclass(value) and not isinstance(value, type):
        held = {field.name: getattr(value, field.name) for field in fields(value) if field.init}
        made = {name: convert(item) for name, item in held.items()}
        changed = {name: item for name, item in made.items() if item is not held[name]}
        return replace(value, **changed) if changed else value
    return value


def portable(error: Exception) -> Exception:
    """An error that another process can raise, with the traceback of this one for the log.

    One that cannot be pickled becomes the nearest of its classes that can be made of a sentence.
    """
    if not isinstance(error, ValueError):  # a bug, or the machine's
        error.add_note("".join(traceback.format_exception(error)))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - whatever its class does when it is made anew
        kind = ValueError if isinstance(error, ValueError) else RuntimeError
        return kind(str(error))
    return error
