"""Delete temporary files by their age, whoever wrote them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path

KEEP_SECONDS = 3600  # how long a visitor's files are kept
SWEEP_SECONDS = 600  # how often those that are older are deleted
MINUTES = (KEEP_SECONDS + SWEEP_SECONDS) // 60  # after which a file is gone, as the page promises
_EMPTY_SECONDS = 24 * 3600  # an empty folder may belong to work that has not written yet

_FOLDERS: set[Path] = set()
_KEPT: set[Path] = set()  # files of the page itself, such as its examples
_USED: dict[Path, int] = {}  # files that events still read: how many events
_LOCK = threading.Lock()
_THREADS: list[threading.Thread] = []


def start(folders: Iterable[Path]) -> None:
    """Delete, from now on, what grows old in these folders."""
    with _LOCK:
        _FOLDERS.update(folders)
        if _THREADS:
            return
        thread = threading.Thread(target=_run, name="sweep", daemon=True)
        _THREADS.append(thread)
    thread.start()


def keep_present(folder: Path) -> None:
    """Never delete the files that are in a folder now: those of the page, as it was built."""
    with _LOCK:
        _KEPT.update(Path(root) / name for root, _, names in os.walk(folder) for name in names)


class Using:
    """Files that an event reads for a while; they are not deleted meanwhile."""

    def __init__(self, paths: Iterable[str | Path]) -> None:
        self._paths = [Path(path) for path in paths]

    def __enter__(self) -> None:
        with _LOCK:
            for path in self._paths:
                _USED[path] = _USED.get(path, 0) + 1

    def __exit__(self, *_: object) -> None:
        with _LOCK:
            for path in self._paths:
                _USED[path] -= 1
                if not _USED[path]:
                    del _USED[path]


def sweep(folder: Path, age_seconds: float = KEEP_SECONDS) -> None:
    """Delete the files below a folder that were last written longer ago than this.

    Folders that became empty go a day later: Gradio makes one first and then writes to it.
    """
    now = time.time()
    for root, _, names in os.walk(folder, topdown=False):
        here = Path(root)
        for name in names:
            path = here / name
            with _LOCK:
                held = path in _KEPT or path in _USED
                if not held and _age(path, now) > age_seconds:
                    _unlink(path)
        if here != folder and _age(here, now) > _EMPTY_SECONDS:
            _rmdir(here)


def _run() -> None:
    while True:
        time.sleep(SWEEP_SECONDS)
        with _LOCK:
            folders = [*_FOLDERS]
        for folder in folders:
            sweep(folder)


def _age(path: Path, now: float) -> float:
    try:
        return now - path.lstat().st_mtime
    except OSError:
        return 0.0


def _unlink(path: Path) -> None:
    try:
        path.unlink()
    except OSError:  # open elsewhere (Windows), or gone
        return


def _rmdir(path: Path) -> None:
    try:
        path.rmdir()
    except OSError:  # not empty
        return
