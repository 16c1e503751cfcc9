"""Waiting for a cluster with a limit."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

Returned = TypeVar("Returned")

POLL_SECONDS = 1.0  # between looks at whether the cluster is still there


class Patience:
    """A time limit that begins now.

    Args:
        seconds: of the limit.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def is_over(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() > self._end


class WorkThread:
    """A thread that does one thing after the other, and does not keep the process.

    The processes of a cluster on this machine end with the thread that started them.
    """

    def __init__(self) -> None:
        self._works: queue.Queue[tuple[Callable[[], Any], Future[Any]] | None] = queue.Queue()
        threading.Thread(target=self._run, daemon=True).start()

    def do(
        self, work: Callable[[], Returned], seconds: float, go_on: Callable[[], bool] | None = None
    ) -> Returned:
        """What `work` returns or raises.

        Raises:
            TimeoutError: it takes longer, or `go_on`, asked every second, returned False.
        """
        future: Future[Returned] = Future()
        self._works.put((work, future))
        patience = Patience(seconds)
        while True:
            try:
                return future.result(POLL_SECONDS)
            except TimeoutError:
                if future.done():  # raised by `work`
                    raise
                if patience.is_over() or (go_on is not None and not go_on()):
                    raise

    def close(self) -> None:
        """End the thread once it has done what it was given."""
        self._works.put(None)

    def _run(self) -> None:
        while (given := self._works.get()) is not None:
            work, future = given
            try:
                future.set_result(work())
            except BaseException as error:  # noqa: BLE001 - raised again by who waits
                future.set_exception(error)  # Ray raises SystemExit where its cluster ends
