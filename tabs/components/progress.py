"""A progress bar over work that comes in steps, with the time left; between steps it can be
cancelled, and leaving the page cancels it, too.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from typing import Any

import gradio as gr

from tabs.components.text import duration

SHOWN_EVERY_SECONDS = 0.2
_FIRST_GUESS_SECONDS = 1.0  # before that, what is done says little of what is left


class Bar:
    """The bar of one event, over one piece of work or several.

    Args:
        progress: the event's.
        total: of the sizes of all pieces, in any unit.
    """

    def __init__(self, progress: gr.Progress, total: float = 1.0) -> None:
        self._progress, self._total = progress, total
        self._before = 0.0  # the size of the pieces that are done
        self._began, self._shown = time.monotonic(), 0.0

    def follow(
        self, steps: Generator[Any, None, Any], desc: str, size: float | None = None
    ) -> Generator[Any, None, Any]:
        """Run the steps of a piece, yielding between them; use as `made = yield from …`.

        `steps` yields how far it is, 0 to 1, or a record of it with `fraction` and `seconds_left`;
        it is closed however this ends.
        """
        size = self._total if size is None else size
        with closing(steps):
            while True:
                try:
                    step = next(steps)
                except StopIteration as end:
                    self._before += size
                    return end.value
                if self._is_due():
                    share = getattr(step, "fraction", step) * size
                    alone = size == self._total  # else its own guess is for this piece only
                    guess = getattr(step, "seconds_left", None) if alone else None
                    self._show(desc, (self._before + share) / self._total, guess)
                    yield gr.skip()

    def _is_due(self) -> bool:
        due = time.monotonic() - self._shown > SHOWN_EVERY_SECONDS
        if due:
            self._shown = time.monotonic()
        return due

    def _show(self, desc: str, done: float, guess: float | None) -> None:
        elapsed = time.monotonic() - self._began
        if guess is None and done > 0 and elapsed > _FIRST_GUESS_SECONDS:
            guess = elapsed * (1 - done) / done
        left = f", about {duration(guess)} left" if guess is not None else ""
        self._progress(min(done, 1.0), desc=desc + left)


def stepping(
    steps: Generator[Any, None, Any], progress: gr.Progress, desc: str
) -> Generator[Any, None, Any]:
    """Run a pipeline's steps, yielding between them so that the event can be cancelled.

    Use as `image = yield from stepping(...)`.
    """
    return (yield from Bar(progress).follow(steps, desc))
