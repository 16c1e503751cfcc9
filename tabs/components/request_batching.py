"""Requests that come at the same time are served in one call; each visitor gets its own answer.

Gradio's `batch=True` would do, but one bad request fails its whole batch there, and its validators
do not work with batches.
"""

from __future__ import annotations

import functools
import threading
from collections import deque
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import gradio as gr

MAX_BATCH = 16  # visitors served together
OPTIONS = {"concurrency_limit": MAX_BATCH}  # of an event whose handler calls a `Batcher`


def remember_configs(app: gr.Blocks) -> None:
    """Make new sessions cheap: visitors, and calls of programs, which bring no session.

    At each one Gradio gathers the properties of every component of the page, some 450, for which
    its event loop stands still longer than a small picture takes. They are those of the page as it
    was built: what a session changes is its own.
    """
    for block in app.blocks.values():
        if hasattr(block, "get_config"):
            block.get_config = _remembered(block.get_config)


def _remembered(get_config: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    kept = functools.cache(get_config)
    return lambda: dict(kept())  # sessions write into theirs


class _Ticket:
    """One visitor's request, and its answer or error."""

    def __init__(self, request: Any) -> None:
        self.request, self.done = request, False
        self.answer: Any = None
        self.error: Exception | None = None

    def settle(self, answer: Any = None, error: Exception | None = None) -> None:
        self.answer, self.error, self.done = answer, error, True


class Batcher:
    """Calls `draw` with all requests that wait, up to 16, one call at a time.

    Args:
        draw: answers for a list of requests of one kind, in their order.
        kind: requests of the same kind can be drawn together.
    """

    def __init__(
        self, draw: Callable[[list[Any]], Sequence[Any]], kind: Callable[[Any], Hashable]
    ) -> None:
        self._draw, self._kind = draw, kind
        self._waiting: deque[_Ticket] = deque()
        self._turn = threading.Lock()

    def __call__(self, request: Any) -> Any:
        """The answer to one request; blocks until it is there.

        Raises what `draw` raises for this request alone.
        """
        ticket = _Ticket(request)
        self._waiting.append(ticket)
        while not ticket.done:
            with self._turn:  # whoever gets it serves all that wait by then
                if not ticket.done:
                    self._serve([self._waiting.popleft() for _ in range(self._batch_size())])
        if ticket.error is not None:
            raise ticket.error
        return ticket.answer

    def _batch_size(self) -> int:
        return min(len(self._waiting), MAX_BATCH)

    def _serve(self, tickets: list[_Ticket]) -> None:
        groups: dict[Hashable, list[_Ticket]] = {}
        for ticket in tickets:
            groups.setdefault(self._kind(ticket.request), []).append(ticket)
        for group in groups.values():
            self._serve_group(group)

    def _serve_group(self, tickets: list[_Ticket]) -> None:
        try:
            answers = self._draw([ticket.request for ticket in tickets])
            for ticket, answer in zip(tickets, answers, strict=True):
                ticket.settle(answer)
        except Exception as error:  # noqa: BLE001 - raised again for the visitor it belongs to
            if len(tickets) == 1:
                tickets[0].settle(error=error)
                return
            for ticket in tickets:  # one bad request must not fail the others
                self._serve_group([ticket])
