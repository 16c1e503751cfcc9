"""Starting the worker: at most one process a slot, which lives on when the page dies.

A worker holds a lock that the system takes back when it dies, however it dies; whoever starts one
takes the lock first and hands it on, so that there is no moment for a second.
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
_children: list[subprocess.Popen] = []  # kept so that the dead ones are reaped


def lock_slot(folder: Path, slot: int) -> int | None:
    """Take the lock of a slot: an open file, or None where a living process has it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = os.open(folder / f"worker-{slot}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(file)
    except OSError:
        os.close(file)
        return None
    return file


def _lock(file: int) -> None:
    """Lock an open file or raise OSError; it stays so until the last process that has it ends."""
    if os.name == "nt":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def free_slot(folder: Path, slot: int) -> Iterator[int | None]:
    """The lock of a slot while the block runs; None where its worker lives."""
    file = lock_slot(folder, slot)
    try:
        yield file
    finally:
        if file is not None:
            os.close(file)


def has_worker(folder: Path, slot: int) -> bool:
    """Whether a living process works in a slot."""
    with free_slot(folder, slot) as lock:
        return lock is None


def arguments(folder: Path, slot: int, num_slots: int, engine: str, lock: int | None) -> list[str]:
    """The command line of a worker."""
    numbers = [str(slot), str(num_slots), str(-1 if lock is None else lock)]
    return [sys.executable, "-m", MODULE, str(folder), *numbers, engine]


def start_worker(folder: Path, slot: int, num_slots: int, engine: str, lock: int) -> int:
    """Start a worker that holds `lock` from its first moment; its process id.

    It has a session of its own, so that neither the end of the page nor a Ctrl-C reaches it.
    """
    _children[:] = [child for child in _children if child.poll() is None]
    options = (
        {"creationflags": _windows_flags()}
        if os.name == "nt"  # there the worker takes the lock itself, once it is let go here
        else {"start_new_session": True, "pass_fds": [lock]}
    )
    passed = None if os.name == "nt" else lock
    with open(_log_file(folder, slot), "ab") as log:
        child = subprocess.Popen(
            arguments(folder, slot, num_slots, engine, passed),
            cwd=Path(__file__).parents[2],
            env=os.environ | thread_limits(num_slots),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **options,
        )
    _children.append(child)
    return child.pid


def thread_limits(num_slots: int) -> dict[str, str]:
    """Environment that keeps a worker's threads few, and asleep while they wait for each other."""
    # the cores this process may use, where the system tells
    own = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    num_threads = max(1, (own or 1) // num_slots)
    return {"OMP_NUM_THREADS": str(num_threads), "OMP_WAIT_POLICY": "PASSIVE"}


def end_worker(pid: int) -> None:
    """Kill a worker outright; its job goes on from the last snapshot under the next one.

    Nothing happens to another process that has come by the number since.
    """
    command = Path(f"/proc/{pid}/cmdline")
    with contextlib.suppress(OSError):
        if not Path("/proc/self").exists() or MODULE.encode() in command.read_bytes():
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))


def _log_file(folder: Path, slot: int) -> Path:
    """Where a worker writes what is read only when something is wrong; begun anew when long."""
    path = folder / f"worker-{slot}.log"
    if path.exists() and path.stat().st_size > _LOG_BYTES:
        path.unlink()
    return path


def _windows_flags() -> int:
    names = ("DETACHED_PROCESS", "CREATE_NEW_PROCESS_GROUP", "BELOW_NORMAL_PRIORITY_CLASS")
    return sum(getattr(subprocess, name) for name in names)
