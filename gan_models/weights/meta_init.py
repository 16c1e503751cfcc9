"""Build a network without memory for its parameters, to assign existing tensors to it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any, cast

import torch
from torch import nn
from torch.nn.modules.module import register_module_parameter_registration_hook
from torch.overrides import TorchFunctionMode

FACTORIES = {torch.empty, torch.zeros, torch.ones, torch.full, torch.randn, torch.rand}
SPARE_TENSORS = 4096  # calls and numbers that a network may need beyond those of its file
SPARE_NUMBERS = 1 << 26

_drawing = threading.local()
_hook_lock = threading.Lock()
_hooks: list[Any] = []


class MetaInit(TorchFunctionMode):
    """Networks built within, by this thread, have parameters on `meta` but all their buffers.

    Unlike `torch.device("meta")` this fills the filters that no file holds, and needs no
    arithmetic on `meta`, which would import torch's compiler (100 MB and more than a second).

    Args:
        max_tensors, max_numbers: what the network's file holds; a constructor that needs far
            more is stopped with a ValueError before it allocates.
    """

    def __init__(self, max_tensors: int, max_numbers: int) -> None:
        super().__init__()
        self.calls_left = 64 * max_tensors + SPARE_TENSORS
        self.numbers_left = 4 * max_numbers + SPARE_NUMBERS

    def __enter__(self) -> MetaInit:
        with (
            _hook_lock
        ):  # registered once and never removed: other threads may iterate over the hooks
            if not _hooks:
                hook = cast("Callable[..., None]", _drop_memory)  # it may also return a parameter
                _hooks.append(register_module_parameter_registration_hook(hook))
        _drawing.on = True
        self._grad_enabled = torch.is_grad_enabled()
        return super().__enter__()

    def __exit__(self, *error: object) -> None:
        _drawing.on = False
        super().__exit__(*error)
        # a constructor stopped inside torch.no_grad could not restore this itself
        torch.set_grad_enabled(self._grad_enabled)

    def __torch_function__(
        self, func: Any, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        self.calls_left -= 1
        if func in FACTORIES:
            self.numbers_left -= _num_numbers(args, kwargs or {})
        if self.calls_left < 0 or self.numbers_left < 0:
            raise ValueError("it is far larger than what the file holds")
        if func in (torch.randn, torch.rand):
            func = torch.empty  # the random numbers are replaced anyway
        target = args[0] if args else (kwargs or {}).get("tensor")  # so torch.nn.init calls it
        if _is_in_place(func) and isinstance(target, torch.Tensor) and target.is_meta:
            return target  # there is no memory to write to
        return func(*args, **(kwargs or {}))


def _drop_memory(module: nn.Module, name: str, parameter: nn.Parameter) -> nn.Parameter | None:
    """The parameter without its memory; None leaves it as it is."""
    if not getattr(_drawing, "on", False) or parameter is None or parameter.is_meta:
        return None
    empty = torch.empty_like(parameter, device="meta")
    return nn.Parameter(empty, requires_grad=parameter.requires_grad)


def _num_numbers(args: tuple, kwargs: dict[str, Any]) -> int:
    """How many numbers a factory is to allocate."""
    size = kwargs.get("size", args)
    size = size[0] if size and isinstance(size[0], list | tuple) else size
    return math.prod(n for n in size if isinstance(n, int) and n > 0)


def _is_in_place(func: Any) -> bool:
    name = getattr(func, "__name__", "")
    return name.endswith("_") and not name.endswith("__") and name != "requires_grad_"
