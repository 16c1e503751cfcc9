"""Pictures that are asked for at the same time are drawn by one call of the pipeline.

With Gradio's `batch=True` one bad request fails its whole batch, validators do not work, and a
request for many pictures keeps those for one waiting until all of it is drawn.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

import gradio as gr

from tabs.components.events import Options
from tabs.components.gradio_queue import abandonment

Kind = TypeVar("Kind", bound=Hashable)
Item = TypeVar("Item")
Answer = TypeVar("Answer")

MAX_BATCH = 16  # items in one call, and requests that take part at once
# of an event whose handler calls a `Batcher`
OPTIONS: Options = {"concurrency_id": "samples", "concurrency_limit": MAX_BATCH}


class _Pending(Generic[Kind, Item, Answer]):
    """One request, and its answers so far or its error."""

    def __init__(self, kind: Kind, items: Sequence[Item]) -> None:
        self.kind, self.items = kind, items
        self.answers: list[Answer] = []
        self.error: Exception | None = None
        self.is_abandoned = abandonment()

    @property
    def done(self) -> bool:
        return self.error is not None or len(self.answers) >= len(self.items)


class Batcher(Generic[Kind, Item, Answer]):
    """Draws the items of all requests that wait, up to 16 a call, one call at a time.

    Requests take turns item by item: one for a single picture is in the next call, whatever others
    ask for. A request whose visitor has gone is not drawn on.

    Args:
        draw: takes a kind and items of that kind; returns their answers, in their order.
    """

    def __init__(self, draw: Callable[[Kind, list[Item]], Sequence[Answer]]) -> None:
        self._draw = draw
        self._waiting: list[_Pending[Kind, Item, Answer]] = []  # the one served longest ago first
        self._lock = threading.Lock()  # of the list
        self._turn = threading.Lock()  # to draw

    def __call__(self, kind: Kind, items: Sequence[Item]) -> list[Answer]:
        """The answers to one request; blocks until they are there.

        Args:
            kind: items of one kind can be drawn together.
            items: one or more.

        Raises what `draw` raises for this request alone.
        """
        pending: _Pending[Kind, Item, Answer] = _Pending(kind, items)
        with self._lock:
            self._waiting.append(pending)
        try:
            while not pending.done:
                with self._turn:  # the thread that holds it draws for all that wait by then
                    if not pending.done:
                        self._serve()
        finally:
            with self._lock:
                self._waiting.remove(pending)
        if pending.error is not None:
            raise pending.error
        return pending.answers

    def _serve(self) -> None:
        """Draw the next items of the kind that has waited longest."""
        with self._lock:
            for pending in self._waiting:
                if not pending.done and pending.is_abandoned():
                    pending.error = gr.Error("The visitor has gone.", print_exception=False)
            waiting = [pending for pending in self._waiting if not pending.done]
            if not waiting:
                return
            batch = list(_share([each for each in waiting if each.kind == waiting[0].kind]))
            served = [pending for pending, _ in batch]
            others = [pending for pending in self._waiting if pending not in served]
            self._waiting = others + served
        self._draw_for(batch)

    def _draw_for(self, batch: list[tuple[_Pending[Kind, Item, Answer], list[Item]]]) -> None:
        try:
            items = [item for _, some in batch for item in some]
            made = iter(self._draw(batch[0][0].kind, items))
            answers = [[next(made) for _ in some] for _, some in batch]
        except Exception as error:  # noqa: BLE001 - raised again for the visitor it belongs to
            if len(batch) == 1:
                batch[0][0].error = error
                return
            for one in batch:  # one bad request must not fail the others
                self._draw_for([one])
            return
        for (pending, _), some in zip(batch, answers, strict=True):
            pending.answers += some


def _share(
    waiting: Sequence[_Pending[Kind, Item, Answer]],
) -> Iterator[tuple[_Pending[Kind, Item, Answer], list[Item]]]:
    """The requests of the next call with the items that each may have drawn in it."""
    room, rest = MAX_BATCH, list(waiting[:MAX_BATCH])
    wanted = {id(pending): len(pending.items) - len(pending.answers) for pending in rest}
    # those that want least first: what they leave goes to the others
    for left, pending in enumerate(sorted(rest, key=lambda each: wanted[id(each)])):
        count = min(wanted[id(pending)], room // (len(rest) - left))
        room -= count
        begin = len(pending.answers)
        yield pending, list(pending.items[begin : begin + count])
