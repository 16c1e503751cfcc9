"""The visitor of a page: the user key in their browser, and the jobs of that key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from gan_models import JobError, Jobs, JobStatus, NotFound
from tabs.components.events import AT_ONCE
from tabs.components.gradio_compat import on_page_load
from tabs.components.tickets import TicketModel, issue_ticket
from tabs.languages.own_text import own


@dataclass(frozen=True)
class Visitor:
    """The storage of the user key in the browser, and the jobs of all keys."""

    key: gr.BrowserState
    jobs: Jobs
    # takes the session of a page and its key, once it is known
    remember: Callable[[str | None, str], None] = lambda session, key: None

    def runs(self, key: str) -> list[JobStatus]:
        """The jobs of a key, the newest first; none where it is no key."""
        try:
            return self.jobs.list(key)
        except NotFound:
            return []

    def prepared(self, key: str) -> tuple[int, int]:
        """Pictures and bytes that were checked for a key, but not trained on yet."""
        try:
            return self.jobs.prepared(key)
        except NotFound:
            return 0, 0

    def key_or_new(self, key: str) -> str:
        """The key, or a new one where it is no key."""
        try:
            self.jobs.list(key)
        except NotFound:
            return self.jobs.new_key()
        return key

    def store_key(self) -> None:
        """Store a key in the browser when the page is first opened.

        Not only at its first job: two pages of one browser must not get different keys.
        """

        def create_key(key: str, request: gr.Request) -> Any:
            stored = self.key_or_new(key)
            self.remember(request.session_hash, stored)
            return gr.skip() if stored == key else stored

        on_page_load(create_key, self.key, self.key, **AT_ONCE)

    def choices(self, key: str, also: object = None) -> list[tuple[str, str]]:
        """Labels and tickets of the fine-tuned models of a key: the newest of each job.

        Issues tickets of all their snapshots. `also`: a ticket to list as well.
        """
        rows: list[tuple[str, str]] = []
        others: dict[object, str] = {}
        for status in self.runs(key):
            for step in status.snapshots:
                model = self.model(key, status, step)
                others[issue_ticket(key, status.id, step, model)] = model.title
            if status.has_generator:
                model = self.model(key, status)
                rows.append((model.title, issue_ticket(key, status.id, None, model)))
        return [*rows, (others[also], str(also))] if also in others else rows

    def model(self, key: str, status: JobStatus, step: int | None = None) -> TicketModel:
        """A job's generator as a model; `step`: of a snapshot, by default the newest."""
        newest = status.snapshots[-1] if status.snapshots else None
        running = status.state != "finished"  # then the newest file is still to be replaced
        fixed = newest if step is None and running else step
        title = f"Yours: {own(status.title)}" + (f", step {step}" if step is not None else "")
        card = (
            f"Fine-tuned from `{status.base}` on {status.num_pictures} pictures of yours. Only "
            "this browser can open it; it has no link."
        )
        return TicketModel(title, card, lambda: self._file(key, status.id, fixed))

    def _file(self, key: str, run: str, step: int | None) -> Path:
        """A generator's file; of a snapshot that was deleted, that of the next later one."""
        try:
            return self.jobs.generator(key, run, step)
        except NotFound:
            raise
        except JobError:
            if step is None:
                raise
            later = [other for other in self.jobs.status(key, run).snapshots if other >= step]
            return self.jobs.generator(key, run, min(later, default=None))


def visitor_key() -> gr.BrowserState:
    """The storage of the user key in the browser; to be laid out outside the tabs, because the
    storage inside a closed tab is not read.
    """
    return gr.BrowserState("", storage_key="ganvas-visitor", secret="ganvas")
