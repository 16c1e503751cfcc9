"""What can break a run from outside - the disk, the memory, the device - told in sentences."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import torch

from gan_models.training.game import TrainingError
from gan_models.weights import WeightsError

Result = TypeVar("Result")
KEPT = "the last snapshot is kept, and the run can be resumed"
_NO_MEMORY = ("can't allocate memory", "ALLOC_FAILED", "out of memory", "bad_alloc")
_NO_MEMORY += ("Cannot allocate memory", "could not create a memory object")
_NO_DEVICE = ("device-side", "driver shutting down", "unspecified launch failure", "device lost")
_NO_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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


def is_lost_device(error: BaseException) -> bool:
    """Whether an exception says that the accelerator is gone or will do nothing more."""
    if isinstance(error, torch.AcceleratorError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_DEVICE)


def is_full_disk(error: BaseException) -> bool:
    """Whether an exception says that a file could not be written to its end."""
    if isinstance(error, OSError):
        return error.errno in _NO_DISK
    # what torch.save makes of it, and what safetensors does
    signs = ("inline_container", *(f"(os error {number})" for number in _NO_DISK))
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in signs)


@contextmanager
def told_in_sentences(folder: Path) -> Iterator[None]:
    """Turn failures of disk, memory and device within into a `TrainingError`."""
    try:
        yield
    except TrainingError:
        raise
    except (OSError, RuntimeError, MemoryError) as error:
        sentence = _sentence(error, folder)
        if sentence is None:
            raise
        raise TrainingError(sentence) from error


def _sentence(error: BaseException, folder: Path) -> str | None:
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
    if type(error) is WeightsError:  # its kinds tell of weights that cannot be had
        return f"{error} Then resume: the last snapshot is kept."
    if isinstance(error, OSError):
        reason = error.strerror or error
        return f"{folder} cannot be written ({reason}): check it; {KEPT}."
    return None
