"""The folders of `GANVAS_HOME` and of our checkpoints; writing and hashing of files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# inside the installed package, beside it in the repository
_INSTALLED = _PACKAGE / "checkpoints"
CHECKPOINTS = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "checkpoints"


def ganvas_home() -> Path:
    """The folder of all that Ganvas stores: `GANVAS_HOME`, by default `~/.cache/ganvas`."""
    return Path(os.environ.get("GANVAS_HOME") or "~/.cache/ganvas").expanduser().absolute()


def sha256_of(path: Path | str) -> str:
    """The SHA-256 of a file as 64 hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def atomic_write(path: Path, write: Callable[[Path], object]) -> None:
    """Call `write(temporary path)`, then put the file in place in one move."""
    temporary = path.with_name(f"{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        write(temporary)
        with open(temporary, "r+b") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
