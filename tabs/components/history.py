"""Undo and redo for any tab; each tab defines its records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import gradio as gr

from tabs.components.errors import user_errors
from tabs.components.events import Steps, Updates

MAX_HISTORY = 100

Record = TypeVar("Record")


@dataclass(frozen=True)
class History(Generic[Record]):
    """Records drawn so far, and the position that undo and redo have reached; safe to copy."""

    records: tuple[Record, ...] = ()
    position: int = -1

    @property
    def current(self) -> Record | None:
        """The record in view."""
        return self.records[self.position] if self.records else None

    @property
    def can_undo(self) -> bool:
        """Whether there is an older record."""
        return self.position > 0

    @property
    def can_redo(self) -> bool:
        """Whether there is a newer, undone record."""
        return self.position < len(self.records) - 1

    @property
    def buttons(self) -> tuple[gr.Button, gr.Button]:
        """Undo and Redo, enabled where they would change something."""
        return gr.Button(interactive=self.can_undo), gr.Button(interactive=self.can_redo)

    def push(self, record: Record) -> History[Record]:
        """The history after drawing `record`; undone records are dropped."""
        if record == self.current:
            return self
        records = (*self.records[: self.position + 1], record)[-MAX_HISTORY:]
        return History(records, len(records) - 1)

    def step(self, by: int) -> History[Record]:
        """One record back (-1) or forward (1), or the same where there is none."""
        return replace(self, position=min(max(self.position + by, 0), len(self.records) - 1))


def stepper(by: int, draw: Callable[..., Steps[Any]]) -> Callable[..., Updates]:
    """The handler of Undo (-1) and Redo (1).

    Args:
        by: how many records forward.
        draw: a generator that takes the record, the history moved to it, the event's other values
            and the progress; it returns the values of the outputs.
    """

    def move(past: History[Any], *others: Any, progress: gr.Progress = gr.Progress()) -> Updates:
        moved = past.step(by)
        if moved.current is None:
            yield gr.skip()
            return
        with user_errors():
            yield (yield from draw(moved.current, moved, *others, progress))

    return move


def layout(prefix: str) -> tuple[gr.Button, gr.Button]:
    """Lay out Undo and Redo, side by side in the row that is open."""
    return _button("Undo", f"{prefix}-undo"), _button("Redo", f"{prefix}-redo")


def _button(label: str, elem_id: str) -> gr.Button:
    return gr.Button(label, elem_id=elem_id, interactive=False, min_width=70)
