"""The folder of temporary files: uploads, and files that handlers return.

Each process has one of its own, `GANVAS_HOME/tmp/<random>`, that only its user may enter, with a
lock beside it. The process deletes it when it ends; one that was killed leaves it behind, and the
next start deletes every folder whose lock nobody holds.
"""

from __future__ import annotations

import atexit
import errno
import os
import secrets
import shutil
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from gan_models import ganvas_home
from tabs.server import sweep

_TEST_BYTES = 1 << 16  # written to find out whether the disk takes anything
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class StartError(Exception):
    """The page cannot be served; the message is one sentence for whoever starts it."""


@dataclass(frozen=True)
class TempFolder:
    """The temporary files of this process under one `GANVAS_HOME`."""

    path: Path
    lock: FileLock
    pid: int

    @property
    def gradio(self) -> Path:
        """Uploads, and Gradio's copies of what handlers return: what visitors can fetch."""
        return self.path / "gradio"

    @property
    def work(self) -> Path:
        """Files that handlers write."""
        return self.path / "work"


_OPEN: dict[Path, TempFolder] = {}  # by their parent
_LOCK = threading.Lock()


def prepare() -> TempFolder:
    """This process's folder under the present `GANVAS_HOME`, made and checked on the first call.

    Points Gradio's uploads and Python's `tempfile` to it, deletes the folders of processes that
    ended without doing so, and deletes files of an age from then on.

    Raises:
        StartError: nothing can be written there, or it belongs to another user.
    """
    parent = ganvas_home() / "tmp"
    with _LOCK:
        folder = _OPEN.get(parent)
        if folder is None or not folder.path.is_dir():
            if not _OPEN:
                atexit.register(remove)
            folder = _OPEN[parent] = _make(parent)
            sweep.start([folder.gradio, folder.work])
    os.environ["GRADIO_TEMP_DIR"] = str(folder.gradio)
    tempfile.tempdir = str(folder.work)
    return folder


def current() -> TempFolder:
    """The folder that was prepared last; prepared now where there is none.

    Uploads are looked for there, even if `GANVAS_HOME` has changed since.
    """
    with _LOCK:
        for folder in _OPEN.values():
            if os.environ.get("GRADIO_TEMP_DIR") == str(folder.gradio) and folder.path.is_dir():
                return folder
    return prepare()


def remove() -> None:
    """Delete this process's folders; what visitors have uploaded is gone with the process."""
    with _LOCK:
        for folder in _OPEN.values():
            if folder.pid == os.getpid():  # not in a process that was forked
                _delete(folder.path, folder.lock)
        _OPEN.clear()


def is_full(error: BaseException | None) -> bool:
    """Whether an error, or what caused it, is that of a full or read-only disk."""
    seen = 0
    while error is not None and seen < 16:
        if isinstance(error, OSError) and error.errno in (*_NO_SPACE, errno.EROFS):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False


def _make(parent: Path) -> TempFolder:
    try:
        parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _own(parent)
        _delete_abandoned(parent)
        path = parent / secrets.token_hex(8)
        lock = _lock_of(path)
        lock.acquire(timeout=10)
        folder = TempFolder(path, lock, os.getpid())
        for made in (path, folder.gradio, folder.work):
            made.mkdir(mode=0o700)
        _write_something(path / "test")
    except (OSError, Timeout) as error:
        raise StartError(_sentence(parent, error)) from error
    return folder


def _own(parent: Path) -> None:
    """Close the folder to others.

    Raises:
        StartError: another user's.
    """
    user = os.geteuid() if hasattr(os, "geteuid") else None
    owner = parent.stat().st_uid
    if user not in (None, 0, owner):
        raise StartError(
            f"The folder {parent} belongs to another user of this machine, who could read what "
            "visitors upload: set GANVAS_HOME to a folder of your own."
        )
    parent.chmod(0o700)


def _write_something(path: Path) -> None:
    with open(path, "wb") as file:
        file.write(bytes(_TEST_BYTES))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _sentence(parent: Path, error: Exception) -> str:
    why = getattr(error, "strerror", None) or str(error)
    if isinstance(error, OSError) and error.errno in _NO_SPACE:
        cure = "free some space there, or set GANVAS_HOME to a folder on another disk."
    else:
        cure = "set GANVAS_HOME to a folder that you may write."
    return f"Nothing can be written to the folder {parent} ({why}): {cure}"


def _lock_of(path: Path) -> FileLock:
    return FileLock(path.with_suffix(".lock"), thread_local=False, mode=0o600)


def _delete_abandoned(parent: Path) -> None:
    """Delete the folders whose processes have ended."""
    for path in parent.iterdir():
        if path.is_symlink() or not path.is_dir():
            continue
        lock = _lock_of(path)
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):  # its process runs
            continue
        _delete(path, lock)


def _delete(path: Path, lock: FileLock) -> None:
    shutil.rmtree(path, ignore_errors=True)
    lock.release()
    Path(lock.lock_file).unlink(missing_ok=True)
