"""Distribute work to threads in large pieces.

torch splits every operation among its threads and waits for all of them; where other programs use
the CPU, too, each of these waits costs more than the operation. Here a thread computes a whole
piece, many operations, alone, and threads wait for each other only between pieces.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import current_process
from threading import Barrier, Lock

import torch

_start = Lock()
# by process and number of threads: a forked process has the pools of its parent without the threads
_pools: dict[tuple[int | None, int], ThreadPoolExecutor] = {}


def num_workers() -> int:
    """How many threads work: as many as torch uses."""
    return torch.get_num_threads()


def share_out(run: Callable[[int, int], None], count: int) -> None:
    """Call `run(piece, worker)` for each piece from 0 to `count` - 1, in any order, at once.

    `worker` is below `num_workers()` and never in two calls at once, so it can index memory.
    Gradients are off. The first error of a piece is raised when all threads have stopped.
    """
    threads, pieces = min(num_workers(), count), itertools.count()

    def work(worker: int) -> None:
        with torch.inference_mode():
            while (piece := next(pieces)) < count:
                run(piece, worker)

    if threads <= 1:
        work(0)
        return
    pool = _pool(num_workers())
    started = [pool.submit(work, worker) for worker in range(threads)]
    errors = [error for future in started if (error := future.exception())]
    if errors:
        raise errors[0]


def _pool(threads: int) -> ThreadPoolExecutor:
    """The pool of this process; made by the first call."""
    key = current_process().pid, threads
    if key not in _pools:
        with _start:
            if key not in _pools:
                _pools[key] = _new_pool(threads)
    return _pools[key]


def _new_pool(threads: int) -> ThreadPoolExecutor:
    """Threads in each of which torch uses one thread."""
    ready = Barrier(threads)

    def settle() -> None:
        torch.get_num_threads()  # a thread inherits the common number at its first call
        torch.set_num_threads(1)
        ready.wait()

    pool = ThreadPoolExecutor(threads, thread_name_prefix="share-out")
    for future in [pool.submit(settle) for _ in range(threads)]:
        future.result()
    torch.set_num_threads(threads)  # restored for new threads
    return pool
