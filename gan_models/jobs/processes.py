"""Start workers: at most one process per slot, which survives the page.

A worker holds a file lock that the system releases when the process ends. The parent takes the lock
first and passes it on, so that a second worker cannot start in between.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MODULE = "gan_models.jobs.worker"
_LOG_BYTES = 1_000_000
_children: list[subprocess.Popen] = []  # polled to reap those that ended


def lock_slot(folder: Path, slot: int) -> int | None:
    """Take the lock of a slot: a file descriptor, or None if a living process holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / f"worker-{slot}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(file)
    except OSError:
        os.close(file)
        return None
    return file


def _lock(file: int) -> None:
    """Lock an open file or raise OSError; held until all processes that have it open have ended."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def free_slot(folder: Path, slot: int) -> Iterator[int | None]:
    """Hold the lock of a slot while the block runs; None if its worker is alive."""
    file = lock_slot(folder, slot)
    try:
        yield file
    finally:
        if file is not None:
            os.close(file)


def has_worker(folder: Path, slot: int) -> bool:
    """Whether the worker of a slot is alive."""
    with free_slot(folder, slot) as lock:
        return lock is None


def arguments(folder: Path, slot: int, num_slots: int, engine: str, lock: int | None) -> list[str]:
    """The command line of a worker."""
    numbers = [str(slot), str(num_slots), str(-1 if lock is None else lock)]
    return [sys.executable, "-m", MODULE, str(folder), *numbers, engine]


def start_worker(folder: Path, slot: int, num_slots: int, engine: str, lock: int) -> int:
    """Start a worker that inherits `lock`; return its process id.

    It has a session of its own, so that it gets no signal at the end of the page or at Ctrl-C.
    """
    _children[:] = [child for child in _children if child.poll() is None]
    on_windows = os.name == "nt"  # there the worker takes the lock itself, once it is released here
    with open(_log_file(folder, slot), "ab") as log:
        child = subprocess.Popen(
            arguments(folder, slot, num_slots, engine, None if on_windows else lock),
            cwd=Path(__file__).parents[2],
            env=os.environ | thread_limits(num_slots),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            creationflags=_windows_flags() if on_windows else 0,
            start_new_session=not on_windows,
            pass_fds=() if on_windows else [lock],
        )
    _children.append(child)
    return child.pid


def thread_limits(num_slots: int) -> dict[str, str]:
    """Environment variables that limit a worker's threads and let them sleep while they wait."""
    # the cores that this process may use, where the system says so
    num_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    num_threads = max(1, (num_cores or 1) // num_slots)
    return {"OMP_NUM_THREADS": str(num_threads), "OMP_WAIT_POLICY": "PASSIVE"}


def end_worker(pid: int) -> None:
    """Kill a worker; the next one resumes its job from the last snapshot.

    Another process that has got the same id since is left alone.
    """
    command = Path(f"/proc/{pid}/cmdline")
    with contextlib.suppress(OSError):
        if not Path("/proc/self").exists() or MODULE.encode() in command.read_bytes():
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def _log_file(folder: Path, slot: int) -> Path:
    """The path of a worker's log; a log that is too long is deleted."""
    path = folder / f"worker-{slot}.log"
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.unlink()
    return path


def _windows_flags() -> int:
    names = ("DETACHED_PROCESS", "CREATE_NEW_PROCESS_GROUP", "BELOW_NORMAL_PRIORITY_CLASS")
    return sum(getattr(subprocess, name) for name in names)
