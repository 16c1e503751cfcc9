"""Copy the folder of a run to the store and back, a whole state at a time.

Each attempt at a run writes to a folder of its own, so that a lost node that is still there cannot
spoil what another has written since. A manifest is written last: what it does not name, is not
there.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from gan_models.cluster.settings import ClusterError
from gan_models.cluster.store import Store

STATE = "state.pt"
_RUNS = "run"
_MANIFEST = "manifest.json"
_TRIES = 5  # at fetching: files that a newer manifest has replaced are deleted
_NOT_COPIED = ("lock",)


class Pusher:
    """Copies the folder of a run to the store, what has changed since the last time.

    Args:
        store: of the job.
        folder: of the run.
        attempt: number of the attempt that writes, above those before.
    """

    def __init__(self, store: Store, folder: Path, attempt: int) -> None:
        self.store, self.folder = store, folder
        self.prefix = f"{_RUNS}/{attempt:06d}"
        self.number = 0  # of the copies made
        self._stamps: dict[str, tuple[int, int]] = {}  # name -> time and size when it was copied
        self._keys: dict[str, str] = {}  # name -> key in the store
        self._old: set[str] = set()  # keys that only the manifest before the last names

    def push(self) -> None:
        """Copy, write the manifest, and delete what no manifest names.

        The snapshot is copied first: the curves, which grow, then hold all its steps.
        """
        self.number += 1
        keys: dict[str, str] = {}
        for name in _names(self.folder):
            with contextlib.suppress(FileNotFoundError):  # thinned out meanwhile
                keys[name] = self._put(name)
        self.store.write(f"{self.prefix}/{_MANIFEST}", json.dumps(keys))
        dropped = set(self._keys.values()) - set(keys.values())
        for key in self._old:
            self.store.remove(key)
        self._keys, self._old = keys, dropped
        if self.number == 1:
            self._remove_earlier()

    def _put(self, name: str) -> str:
        path = self.folder / name
        found = path.stat()
        stamp = (found.st_mtime_ns, found.st_size)
        if self._stamps.get(name) == stamp and name in self._keys:
            return self._keys[name]
        key = f"{self.prefix}/{self.number}/{name}"
        self.store.put(path, key)
        self._stamps[name] = stamp
        return key

    def _remove_earlier(self) -> None:
        for attempt in self.store.names(_RUNS):
            if attempt < self.prefix.rpartition("/")[2]:
                self.store.remove(f"{_RUNS}/{attempt}")


class Fetcher:
    """Copies the newest state of a run from the store to a folder, what has changed there.

    Args:
        store: of the job.
        folder: of the run; files that the store does not name are deleted.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self._keys: dict[str, str] = {}  # name -> key of the copy that is in the folder

    def fetch(self, *, with_state: bool = True) -> bool:
        """Copy what is new; return whether the store holds a state.

        Args:
            with_state: whether the snapshot is copied, too, which is the largest file.

        Raises:
            ClusterError: the store lacks files that its manifest names.
        """
        for _ in range(_TRIES):
            keys = newest(self.store)
            if keys is None:
                return False
            with contextlib.suppress(FileNotFoundError):
                self._fetch(keys, with_state)
                return True
        raise ClusterError(
            "The store lacks files of this training; resume, and if that fails again, start a new "
            "job."
        )

    def _fetch(self, keys: dict[str, str], with_state: bool) -> None:
        for name, key in keys.items():
            path = self.folder / name
            if self._keys.get(name) == key or (name == STATE and not with_state):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f"{path.stem}.{os.getpid()}.part{path.suffix}")
            try:
                self.store.get(key, part)
                os.replace(part, path)
            finally:
                part.unlink(missing_ok=True)
            self._keys[name] = key
        for name in _names(self.folder):
            if name not in keys:
                (self.folder / name).unlink(missing_ok=True)


def newest(store: Store) -> dict[str, str] | None:
    """The files of the newest whole state: name -> key; None: the store has none."""
    for attempt in reversed(store.names(_RUNS)):
        with contextlib.suppress(FileNotFoundError):
            return json.loads(store.read(f"{_RUNS}/{attempt}/{_MANIFEST}"))
    return None


def last_attempt(store: Store) -> int:
    """The number of the last attempt that wrote a state; 0: none."""
    return max((int(name) for name in store.names(_RUNS)), default=0)


def _names(folder: Path) -> list[str]:
    """The files of a run, relative to its folder, the snapshot first."""
    found = [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and ".part" not in path.suffixes and path.name not in _NOT_COPIED
    ]
    return sorted(found, key=lambda name: (name != STATE, name))
