"""A visitor's own models: opened by whoever holds the key of their browser, in no one else's list.

A model that was fine-tuned here goes by a ticket, which is made of the key and says nothing of it.
Tickets are known only where the key was shown, and die with the job; they stand in no link, file
name or picture.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr

from gan_models import JobError, NotFound, availability, get_spec
from tabs.components.common import AT_ONCE, Load, checked_model, model_card

PREFIX = "mine-"
_MOST_TICKETS = 1 << 14


@dataclass(frozen=True)
class MyModel:
    """A model that only its owner can open."""

    title: str
    card: str  # one line for under its name
    find: Callable[[], Path]  # the self-describing file; ValueError once it is deleted


_OFFERED: OrderedDict[str, MyModel] = OrderedDict()
_LOCK = threading.Lock()


def offer(key: str, job: str, which: int | str | None, model: MyModel) -> str:
    """Let a model be opened by its ticket; `which`: a step, another variant, or None, the newest.

    The same key, job and variant give the same ticket, so that it outlives a restart.
    """
    ticket = PREFIX + hashlib.sha256(f"{key}/{job}/{which}".encode()).hexdigest()[:32]
    with _LOCK:
        _OFFERED[ticket] = model
        _OFFERED.move_to_end(ticket)
        while len(_OFFERED) > _MOST_TICKETS:
            _OFFERED.popitem(last=False)
    return ticket


def offered(model: Any) -> MyModel | None:
    """The model of a ticket; None for what is no ticket, or none that was offered."""
    return _OFFERED.get(model) if isinstance(model, str) and model.startswith(PREFIX) else None


def opening_mine(load: Load) -> Load:
    """`load`, which takes tickets too."""

    def load_any(model: str, **options: Any) -> Any:
        mine = offered(model)
        return load(str(mine.find()) if mine else model, **options)

    return load_any


def checked_any(model: str, task: str) -> str:
    """As `checked_model`, which a ticket passes too while its model is there.

    Raises:
        ValueError: neither a model of the tab nor a ticket, or the model was deleted.
    """
    mine = offered(model)
    if mine is None:
        return checked_model(model, task)
    mine.find()
    return model


def card_of(model: str) -> str:
    """As `model_card`, of one's own too."""
    mine = offered(model)
    return mine.card if mine else model_card(model)


def readiness(model: str) -> tuple[bool, str]:
    """Whether a model can be used at once, and if not why."""
    return (True, "") if offered(model) else availability(get_spec(model))


def file_stem(model: str) -> str:
    """What files of a model's pictures are called: its id, or the title of one's own."""
    mine = offered(model)
    if mine is None:
        return model
    return re.sub(r"[^a-z0-9]+", "-", mine.title.lower()).strip("-")[:60] or "mine"


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
                others[offer(key, status.id, step, model)] = model.title
            if status.has_generator:
                model = self.model(key, status)
                rows.append((model.title, offer(key, status.id, None, model)))
        return [*rows, (others[also], also)] if also in others else rows

    def model(self, key: str, status: Any, step: int | None = None) -> MyModel:
        """A job's generator as a model; `step`: of a snapshot, by default the newest."""
        newest = status.snapshots[-1] if status.snapshots else None
        running = status.state != "finished"  # then the newest file is still to be replaced
        fixed = newest if step is None and running else step
        title = f"Yours: {status.title}" + (f", step {step}" if step is not None else "")
        card = (
            f"Fine-tuned from `{status.base}` on {status.num_pictures} pictures of yours. Only "
            "this browser can open it; it has no link."
        )
        return MyModel(title, card, lambda: self._file(key, status.id, fixed))

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
