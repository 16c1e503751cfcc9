"""The store of running trainings: a folder or an fsspec URL that every node reaches."""

from __future__ import annotations

import contextlib
import importlib
import os
import uuid
from pathlib import Path
from typing import Any

from gan_models.cluster.settings import ClusterError
from gan_models.paths import ganvas_home

VARIABLE = "GANVAS_STORE"
_JOBS = "finetunings"


def store_url() -> str:
    """`GANVAS_STORE`: a path or an fsspec URL; by default a folder under `GANVAS_HOME`."""
    url = os.environ.get(VARIABLE, "").strip() or str(ganvas_home() / "store")
    return url if "://" in url else str(Path(url).expanduser().absolute())


class Store:
    """Files by key, such as "inputs/0.png", under a path or an fsspec URL.

    Raises (all methods):
        ClusterError: the store cannot be reached; the message says what to do.
        FileNotFoundError: where a file is read that is not there.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        with self._explained():
            # imported only where a store is used
            self._files, self._root = importlib.import_module("fsspec").url_to_fs(url)
        self._root = self._root.rstrip("/")

    def read(self, key: str) -> str:
        """The text of a file."""
        with self._explained():
            self._files.invalidate_cache()
            return self._files.cat_file(self._path(key)).decode()

    def write(self, key: str, text: str) -> None:
        """Write a text file; readers see the old one or the whole new one."""
        part = f"{self._path(key)}.{uuid.uuid4().hex}.part"
        with self._explained():
            self._files.makedirs(self._path(key).rpartition("/")[0], exist_ok=True)
            self._files.pipe_file(part, text.encode())
            self._files.mv(part, self._path(key))

    def put(self, path: Path, key: str) -> None:
        """Copy a file to the store; not atomic: a manifest that names it is written after it."""
        with self._explained():
            self._files.makedirs(self._path(key).rpartition("/")[0], exist_ok=True)
            self._files.put_file(str(path), self._path(key))

    def get(self, key: str, path: Path) -> None:
        """Copy a file of the store to a path."""
        with self._explained():
            self._files.get_file(self._path(key), str(path))

    def names(self, folder: str) -> list[str]:
        """The names of the files and folders in a folder; none where it is missing."""
        with self._explained():
            self._files.invalidate_cache()
            try:
                found = self._files.ls(self._path(folder), detail=False)
            except FileNotFoundError:
                return []
        return sorted(str(path).rstrip("/").rpartition("/")[2] for path in found)

    def remove(self, key: str) -> None:
        """Delete a file, or a folder with all that is in it; no error where it is missing."""
        with self._explained(), contextlib.suppress(FileNotFoundError):
            self._files.invalidate_cache()
            self._files.rm(self._path(key), recursive=True)

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}" if key else self._root

    @contextlib.contextmanager
    def _explained(self) -> Any:
        try:
            yield
        except (FileNotFoundError, ClusterError):
            raise
        except Exception as error:  # each file system has errors of its own
            raise ClusterError(
                f"The store cannot be used ({error}); check {VARIABLE} and the store, then resume."
            ) from error


def store_of(url: str, job: str) -> Store:
    """The part of a store that belongs to one job."""
    return Store(f"{url.rstrip('/')}/{_JOBS}/{job}")


def forget(job: str) -> None:
    """Delete what the store holds of a job; without a store nothing is done.

    Raises:
        ClusterError: the store cannot be reached.
    """
    if os.environ.get(VARIABLE, "").strip() or Path(store_url()).exists():
        store_of(store_url(), job).remove("")
