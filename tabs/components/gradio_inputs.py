"""The one door of what is sent to events, public and private ones: types, finiteness, files.

Gradio reads the values of an event for its components, and where one is of another kind it raises
an error of its own, without a sentence for the visitor; files it would also fetch from other
servers. Everything is checked here first.

Relies on the values of an event being in the order of its input components, on the shape of
`FileData`, and on `stateful` components not being read from what is sent.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.utils import get_upload_folder

from tabs.components.gradio_errors import toast

MAX_DEPTH = 24  # of lists in lists
MAX_VALUES = 500_000  # numbers, texts and so on in one call
MAX_NAME_BYTES = 4096
UNREADABLE = "The values of this call cannot be read; ?view=api lists what each may be."
FETCHED = (
    "A picture on another server is not fetched from here; save it, and upload the file itself."
)
GONE = "This file was not uploaded here, or it is no longer kept; upload it again."
_ADDRESS = re.compile(r"\s*([a-z][a-z0-9+.-]+:|//|\\\\)", re.IGNORECASE)


def admit(components: Sequence[Block], values: Sequence[Any]) -> None:
    """Refuse values that no handler should get.

    Args:
        components: the inputs of an event.
        values: what was sent for them.

    Raises:
        gr.Error: the sentence says which value is wrong, and what it must be.
    """
    if len(values) < len(components):
        names = ", ".join(_name(one, k) for k, one in enumerate(components, 1))
        raise toast(f"This call takes {len(components)} values ({names}); {len(values)} came.")
    for number, (component, value) in enumerate(zip(components, values, strict=False), 1):
        if not getattr(component, "stateful", False):
            _check(component, value, _name(component, number))


def admit_choice(sources: Sequence[Block], data: Any) -> None:
    """Refuse what no click sends with a `select` event, the only one with data on the page.

    Relies on its data having "index", a number, of a picture two of them, and "value".

    Args:
        sources: the components that the event is of.
        data: what was sent of it.

    Raises:
        gr.Error: it is something else.
    """
    index = data.get("index") if isinstance(data, dict) and "value" in data else None
    is_place = any(isinstance(source, gr.Image) for source in sources)
    numbers = index if is_place and isinstance(index, list) and len(index) == 2 else [index]
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < 2**31:
            raise toast("This is no choice that can be made on the page; click it again.")
    if is_place and len(numbers) != 2:
        raise toast("This is no place in the picture; click it again.")
    for _ in _parts(data, "The choice"):
        continue


def _check(component: Block, value: Any, name: str) -> None:
    for part in _parts(value, name):
        # a number alone goes to its handler, which says what it must be
        if isinstance(part, float) and not math.isfinite(part) and part is not value:
            raise toast(f"{name} holds a number that is not finite.")
        if isinstance(part, dict) and "path" in part and "meta" in part:
            check_file(part, name)
    for kind, check in _CHECKS:
        if isinstance(component, kind):
            if value is not None or kind is gr.Dataset:
                check(component, value, name)
            return


def _parts(value: Any, name: str) -> Iterator[Any]:
    """All values within a value, itself first, without recursion.

    Raises:
        gr.Error: too deep, or too many.
    """
    level, count = [value], 0
    for _ in range(MAX_DEPTH):
        deeper: list[Any] = []
        for part in level:
            yield part
            if isinstance(part, dict):
                deeper += part.values()
            elif isinstance(part, list | tuple):
                deeper += part
        count += len(deeper)
        if not deeper:
            return
        if count > MAX_VALUES:
            break
        level = deeper
    raise toast(f"{name} is nested too deeply or holds too many values.")


def check_file(file: Any, name: str) -> None:
    """Refuse what is not a file that was uploaded here.

    Args:
        file: as sent, with a "path".
        name: of the value, for the error.

    Raises:
        gr.Error: an address, a file outside the folder of uploads, or one that is gone.
    """
    path = file.get("path") if isinstance(file, dict) else None
    meta = file.get("meta") if isinstance(file, dict) else None
    kind = meta.get("_type") if isinstance(meta, dict) else None
    if not isinstance(path, str) or kind != "gradio.FileData":
        raise toast(f"{name} must be an uploaded file: send it with gradio_client's handle_file.")
    if _ADDRESS.match(path) and not Path(path).drive:
        raise toast(FETCHED)
    if not _is_upload(path):
        raise toast(GONE)


def _is_upload(path: str) -> bool:
    if "\0" in path or len(path.encode("utf-8", "surrogatepass")) > MAX_NAME_BYTES:
        return False
    try:
        real = Path(os.path.realpath(path))
        return real.is_relative_to(os.path.realpath(get_upload_folder())) and real.is_file()
    except (OSError, ValueError):
        return False


def _name(component: Block, number: int) -> str:
    label = getattr(component, "label", None)
    return str(label) if isinstance(label, str) and label else f"Value {number}"


def _check_number(component: Block, value: Any, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise toast(f"{name} must be a number.")
    if isinstance(value, int) and abs(value) > 2**63:
        raise toast(f"{name} is too large.")


def _check_slider(component: Block, value: Any, name: str) -> None:
    _check_number(component, value, name)
    if isinstance(value, str) or not math.isfinite(value):
        raise toast(f"{name} must be a finite number.")


def _check_text(component: Block, value: Any, name: str) -> None:
    if not isinstance(value, str | int | float):
        raise toast(f"{name} must be a text.")


def _check_switch(component: Block, value: Any, name: str) -> None:
    if not isinstance(value, bool):
        raise toast(f"{name} must be true or false.")


def _check_choice(component: Block, value: Any, name: str) -> None:
    values = value if isinstance(value, list) and getattr(component, "multiselect", 0) else [value]
    if not all(isinstance(one, str | int | float) for one in values):
        raise toast(f"{name} must be one of its choices.")


def _check_files(component: Block, value: Any, name: str) -> None:
    for file in value if isinstance(value, list) else [value]:
        check_file(file, name)


def _check_example(component: Block, value: Any, name: str) -> None:
    examples = getattr(component, "samples", ())
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < len(examples):
        raise toast("There is no such example; choose another one.")


def _check_stored(component: Block, value: Any, name: str) -> None:
    default = getattr(component, "default_value", None)
    if default is not None and not isinstance(value, type(default)):
        raise toast("What the browser has stored for this page is broken; reload the page.")


_CHECKS: tuple[tuple[Any, Callable[[Block, Any, str], None]], ...] = (
    (gr.Slider, _check_slider),
    (gr.Number, _check_number),
    (gr.Textbox, _check_text),
    (gr.Checkbox, _check_switch),
    ((gr.Dropdown, gr.Radio), _check_choice),
    ((gr.File, gr.Image), _check_files),
    (gr.BrowserState, _check_stored),
    (gr.Dataset, _check_example),
)
