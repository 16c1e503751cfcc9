"""Errors about weights; every message is for the user and ends with what to do."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path


class WeightsError(RuntimeError):
    """Weights are not available or not usable; the message ends with what to do."""


class MissingWeightsError(WeightsError):
    """The weights are not here and could not be downloaded."""


class CorruptWeightsError(WeightsError):
    """The file is damaged, or is not what it should be."""


class UnsafeWeightsError(WeightsError):
    """Reading the file would mean running code from it."""


class DownloadCancelled(WeightsError):  # noqa: N818  (no fault: the user's request)
    """The user stopped the download."""


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn errors of the disk at `path` into `WeightsError`s."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise WeightsError(
                f"The disk that holds {path.parent} is full: free some space or use another folder "
                "(GANVAS_HOME names the one for downloads), and try again."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise WeightsError(
                f"{path} may not be read or written: correct its permissions or use another folder "
                "(GANVAS_HOME names the one for downloads), and try again."
            ) from error
        raise WeightsError(
            f"{path} cannot be used ({error.strerror or error}): check the path and try again."
        ) from error
