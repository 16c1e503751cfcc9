"""The visitor of a page: the key that their browser stores, and the jobs that it opens."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from gan_models import JobError, NotFound
from tabs.components.events import AT_ONCE
from tabs.components.tickets import TicketModel, issue_ticket


@dataclass(frozen=True)
class Visitor:
    """Who is at the page: where their browser keeps its key, and the jobs that keys open."""

    key: gr.BrowserState
    jobs: Any  # a `gan_models.Jobs`

    def runs(self, key: Any) -> list[Any]:
        """The jobs that a key opens, the newest first; none of what is no key."""
        try:
            return self.jobs.list(key)
        except NotFound:
            return []

    def prepared(self, key: Any) -> tuple[int, int]:
        """Pictures and bytes that were checked for a key and not trained on yet."""
        try:
            return self.jobs.prepared(key)
        except NotFound:
            return 0, 0

    def key_or_new(self, key: Any) -> str:
        """The key, or a new one instead of what is none."""
        try:
            self.jobs.list(key)
        except NotFound:
            return self.jobs.new_key()
        return key

    def keep_key(self) -> None:
        """Give a browser its key when the page is first opened.

        Not only at its first job: two of its pages must not come to have different ones.
        """

        def greet(key: Any) -> Any:
            kept = self.key_or_new(key)
            return gr.skip() if kept == key else kept

        gr.context.Context.root_block.load(greet, self.key, self.key, **AT_ONCE)

    def choices(self, key: Any, also: Any = None) -> list[tuple[str, str]]:
        """Labels and tickets of the models that a key opens: the newest of each job.

        From now on all their snapshots can be opened by ticket. `also`: a ticket to list as well.
        """
        rows, others = [], {}
        for status in self.runs(key):
            for step in status.snapshots:
                model = self.model(key, status, step)
                others[issue_ticket(key, status.id, step, model)] = model.title
            if status.has_generator:
                model = self.model(key, status)
                rows.append((model.title, issue_ticket(key, status.id, None, model)))
        return [*rows, (others[also], also)] if also in others else rows

    def model(self, key: str, status: Any, step: int | None = None) -> TicketModel:
        """A job's generator as a model; `step`: of a snapshot, by default the newest."""
        newest = status.snapshots[-1] if status.snapshots else None
        running = status.state != "finished"  # then the newest file is still to be replaced
        fixed = newest if step is None and running else step
        title = f"Yours: {status.title}" + (f", step {step}" if step is not None else "")
        card = (
            f"Fine-tuned from `{status.base}` on {status.num_pictures} pictures of yours. Only "
            "this browser can open it; it has no link."
        )
        return TicketModel(title, card, lambda: self._file(key, status.id, fixed))

    def _file(self, key: str, run: str, step: int | None) -> Path:
        """A generator's file; of a snapshot that was thinned out, the next one's that is kept."""
        try:
            return self.jobs.generator(key, run, step)
        except NotFound:
            raise
        except JobError:
            if step is None:
                raise
            later = [kept for kept in self.jobs.status(key, run).snapshots if kept >= step]
            return self.jobs.generator(key, run, min(later, default=None))


def visitor_key() -> gr.BrowserState:
    """The key in the visitor's browser, empty until the first job; to be laid out outside rooms,
    because what is in a closed one has not been read yet.
    """
    return gr.BrowserState("", storage_key="ganvas-visitor", secret="ganvas")
