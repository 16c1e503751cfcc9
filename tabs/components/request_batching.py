"""Requests that come at the same time are answered by one call of the pipeline.

With Gradio's `batch=True` one bad request fails its whole batch, and validators do not work.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from tabs.components.events import Options

Request = TypeVar("Request")
Answer = TypeVar("Answer")

MAX_BATCH = 16  # requests in one call
OPTIONS: Options = {"concurrency_limit": MAX_BATCH}  # of an event whose handler calls a `Batcher`


class _Pending(Generic[Request, Answer]):
    """One request, and its answer or error."""

    def __init__(self, request: Request) -> None:
        self.request, self.done = request, False
        self.answers: list[Answer] = []  # one, once it is there
        self.error: Exception | None = None

    def succeed(self, answer: Answer) -> None:
        self.answers, self.done = [answer], True

    def fail(self, error: Exception) -> None:
        self.error, self.done = error, True


class Batcher(Generic[Request, Answer]):
    """Calls `draw` with all requests that wait, up to 16, one call at a time.

    Args:
        draw: answers for a list of requests of one kind, in their order.
        kind: requests of the same kind can be drawn together.
    """

    def __init__(
        self, draw: Callable[[list[Request]], Sequence[Answer]], kind: Callable[[Request], Hashable]
    ) -> None:
        self._draw, self._kind = draw, kind
        self._waiting: deque[_Pending[Request, Answer]] = deque()
        self._turn = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        """The answer to one request; blocks until it is there.

        Raises what `draw` raises for this request alone.
        """
        pending: _Pending[Request, Answer] = _Pending(request)
        self._waiting.append(pending)
        while not pending.done:
            with self._turn:  # the thread that holds it serves all that wait by then
                if not pending.done:
                    self._serve([self._waiting.popleft() for _ in range(self._batch_size())])
        if pending.error is not None:
            raise pending.error
        return pending.answers[0]

    def _batch_size(self) -> int:
        return min(len(self._waiting), MAX_BATCH)

    def _serve(self, batch: list[_Pending[Request, Answer]]) -> None:
        groups: dict[Hashable, list[_Pending[Request, Answer]]] = {}
        for pending in batch:
            groups.setdefault(self._kind(pending.request), []).append(pending)
        for group in groups.values():
            self._serve_group(group)

    def _serve_group(self, group: list[_Pending[Request, Answer]]) -> None:
        try:
            answers = self._draw([pending.request for pending in group])
            for pending, answer in zip(group, answers, strict=True):
                pending.succeed(answer)
        except Exception as error:  # noqa: BLE001 - raised again for the visitor it belongs to
            if len(group) == 1:
                group[0].fail(error)
                return
            for pending in group:  # one bad request must not fail the others
                self._serve_group([pending])
