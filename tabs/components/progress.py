"""A progress bar with the time left, over work in steps.

Between steps the event can be cancelled; leaving the page cancels it, too.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from typing import TypeVar

import gradio as gr

from gan_models import EnlargeProgress
from tabs.components.events import Returned, Steps
from tabs.components.loading import ShowProgress
from tabs.components.text import duration

UPDATE_SECONDS = 0.2  # between two updates of the bar
_FIRST_GUESS_SECONDS = 1.0  # before that no time left is estimated from the share that is done

Step = TypeVar("Step", float, EnlargeProgress)


class Bar:
    """The bar of one event, over one piece of work or several.

    Args:
        progress: the event's.
        total: of the sizes of all pieces, in any unit.
    """

    def __init__(self, progress: ShowProgress, total: float = 1.0) -> None:
        self._progress, self._total = progress, total
        self._before = 0.0  # the size of the pieces that are done
        self._began, self._updated = time.monotonic(), 0.0

    def follow(
        self, steps: Generator[Step, None, Returned], desc: str, size: float | None = None
    ) -> Steps[Returned]:
        """Run the steps of a piece, yielding between them; use as `made = yield from …`.

        `steps` yields its progress, a share from 0 to 1 or an `EnlargeProgress`; it is closed
        however this ends.
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
                    share, guess = _progress_of(step)
                    if size != self._total:  # the guess is for this piece alone
                        guess = None
                    self._show(desc, (self._before + share * size) / self._total, guess)
                    yield gr.skip()

    def _is_due(self) -> bool:
        due = time.monotonic() - self._updated > UPDATE_SECONDS
        if due:
            self._updated = time.monotonic()
        return due

    def _show(self, desc: str, done: float, guess: float | None) -> None:
        elapsed = time.monotonic() - self._began
        if guess is None and done > 0 and elapsed > _FIRST_GUESS_SECONDS:
            guess = elapsed * (1 - done) / done
        left = f", about {duration(guess)} left" if guess is not None else ""
        self._progress(min(done, 1.0), desc=desc + left)


def _progress_of(step: float | EnlargeProgress) -> tuple[float, float | None]:
    """The share that is done, and the seconds left where they are known."""
    if isinstance(step, EnlargeProgress):
        return step.fraction, step.seconds_left
    return step, None


def stepping(
    steps: Generator[Step, None, Returned], progress: ShowProgress, desc: str
) -> Steps[Returned]:
    """Run a pipeline's steps, yielding between them so that the event can be cancelled.

    Use as `image = yield from stepping(...)`.
    """
    return (yield from Bar(progress).follow(steps, desc))
