"""What can go wrong with weights; every text is for the user and ends in what to do."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path


class WeightsError(RuntimeError):
    """Weights cannot be had or used; the text is for the user and ends in what to do."""


class MissingWeightsError(WeightsError):
    """The weights are not here and could not be brought."""


class CorruptWeightsError(WeightsError):
    """The file is damaged, or is not what it should be."""


class UnsafeWeightsError(WeightsError):
    """Reading the file would mean running code from it."""


class DownloadCancelled(WeightsError):  # noqa: N818  (not a fault: the user's own wish)
    """The user stopped the download."""


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what a disk can refuse at `path` into sentences."""
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
