"""Failures of disk, memory and device during training, reported as messages."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from gan_models.device import is_out_of_memory
from gan_models.weights import WeightsError


class TrainingError(RuntimeError):
    """Training cannot start or continue; the message says what to do."""


KEPT = "the last snapshot is kept, and the run can be resumed"
_NO_DEVICE = ("device-side", "driver shutting down", "unspecified launch failure", "device lost")
_NO_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def is_lost_device(error: BaseException) -> bool:
    """Whether an exception means that the accelerator is lost or unusable."""
    if isinstance(error, torch.AcceleratorError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_DEVICE)


def is_full_disk(error: BaseException) -> bool:
    """Whether an exception means that the disk is full."""
    if isinstance(error, OSError):
        return error.errno in _NO_DISK
    # as torch.save and safetensors report it
    signs = ("inline_container", *(f"(os error {number})" for number in _NO_DISK))
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in signs)


@contextmanager
def explain_failures(folder: Path) -> Iterator[None]:
    """Raise failures of disk, memory and device as a `TrainingError`."""
    try:
        yield
    except TrainingError:
        raise
    except (OSError, RuntimeError, MemoryError) as error:
        message = _message(error, folder)
        if message is None:
            raise
        raise TrainingError(message) from error


def _message(error: BaseException, folder: Path) -> str | None:
    if is_full_disk(error):
        return f"The disk that holds {folder} is full: free some space; {KEPT}."
    if is_out_of_memory(error):
        return (
            "Memory ran out, even with the smallest parts of a batch: close other programs or "
            f"choose a smaller model; {KEPT}."
        )
    if is_lost_device(error):
        return (
            "The device that trains was lost: start the program again, with GANVAS_DEVICE=cpu if "
            f"it stays away; {KEPT}."
        )
    if type(error) is WeightsError:  # not its subclasses, which are about missing or wrong weights
        return f"{error} Then resume: the last snapshot is kept."
    if isinstance(error, OSError):
        reason = error.strerror or error
        return f"{folder} cannot be written ({reason}): check it; {KEPT}."
    return None
