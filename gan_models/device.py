"""The device of networks: choosing it, its title, precision and memory."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import TypeVar

import torch

Result = TypeVar("Result")
_NO_MEMORY = ("can't allocate memory", "ALLOC_FAILED", "out of memory", "bad_alloc")
_NO_MEMORY += ("Cannot allocate memory", "could not create a memory object")


def pick_device(name: str | None = None) -> torch.device:
    """The device named, else that of `GANVAS_DEVICE`, else the accelerator, else the CPU.

    Raises:
        ValueError: the device is not one that this machine's torch can use.
    """
    wanted = name or os.environ.get("GANVAS_DEVICE") or None
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    if wanted is None:
        return accelerator or torch.device("cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError as error:
        raise ValueError(
            f"{wanted!r} is no device; set GANVAS_DEVICE to cpu, cuda or mps."
        ) from error
    if device.type != "cpu" and (accelerator is None or accelerator.type != device.type):
        raise ValueError(f"This machine's torch has no {wanted!r}; set GANVAS_DEVICE=cpu.")
    return device


def device_title(device: torch.device) -> str:
    """The device's title on the page: the accelerator's name, or CPU and its threads."""
    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"CPU, {threads} thread{'s' if threads != 1 else ''}"
    module = torch.get_device_module(device)
    named = getattr(module, "get_device_name", None)
    return named(device) if named else device.type


def mixed_precision(device: torch.device) -> torch.autocast:
    """Autocast to bfloat16 where the device computes in it, else a context without effect.

    bfloat16 has float32's range: unlike float16 it needs no loss scaling and no clamps.
    """
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        fast = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")
    else:
        fast = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=bool(fast))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that memory, of the device or the machine, has run out."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_MEMORY)


def fitting(run: Callable[[int], Result], size: int) -> Result:
    """`run(size)`; where memory runs out, again with half the size, down to 1."""
    while True:
        try:
            return run(size)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error) or size == 1:
                raise
        size //= 2
        if torch.accelerator.is_available():
            torch.accelerator.empty_cache()
