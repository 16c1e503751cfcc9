"""The device that networks run on: chosen once, read back from the module afterwards."""

from __future__ import annotations

import os

import torch


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
    """What to call the device on the page: the accelerator's name, or CPU and its threads."""
    if device.type == "cpu":
        threads = torch.get_num_threads()
        return f"CPU, {threads} thread{'s' if threads != 1 else ''}"
    module = torch.get_device_module(device)
    named = getattr(module, "get_device_name", None)
    return named(device) if named else device.type
