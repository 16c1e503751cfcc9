"""Tickets: ids of a visitor's fine-tuned models, which nobody else can list.

A ticket is a hash of the user key, the job and the variant, from which none of them can be found.
It is valid once the server has issued it for a key, until the job is deleted. No link, file name
or picture contains one.
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

from gan_models import availability, get_spec
from tabs.components.loading import Load
from tabs.components.models import checked_model, model_card

PREFIX = "mine-"
_MOST_TICKETS = 1 << 14


@dataclass(frozen=True)
class TicketModel:
    """A fine-tuned model that only its owner can open."""

    title: str
    card: str  # one line under its name
    find: Callable[[], Path]  # the self-describing file; ValueError once it is deleted


_ISSUED: OrderedDict[str, TicketModel] = OrderedDict()
_LOCK = threading.Lock()


def issue_ticket(key: str, job: str, which: int | str | None, model: TicketModel) -> str:
    """Issue the ticket of a model; `which`: a step, another variant, or None, the newest.

    The same key, job and variant give the same ticket, also after a restart of the server.
    """
    ticket = PREFIX + hashlib.sha256(f"{key}/{job}/{which}".encode()).hexdigest()[:32]
    with _LOCK:
        _ISSUED[ticket] = model
        _ISSUED.move_to_end(ticket)
        while len(_ISSUED) > _MOST_TICKETS:
            _ISSUED.popitem(last=False)
    return ticket


def ticket_model(model: object) -> TicketModel | None:
    """The model of a ticket; None where it is no ticket or was not issued."""
    return _ISSUED.get(model) if isinstance(model, str) and model.startswith(PREFIX) else None


def with_tickets(load: Load) -> Load:
    """`load` that takes tickets, too."""

    def load_any(model: str, **options: Any) -> Any:
        found = ticket_model(model)
        return load(str(found.find()) if found else model, **options)

    return load_any


def checked_any(model: str, task: str) -> str:
    """As `checked_model`; a ticket passes, too, while its model is there.

    Raises:
        ValueError: neither a model of the tab nor a ticket, or the model was deleted.
    """
    found = ticket_model(model)
    if found is None:
        return checked_model(model, task)
    found.find()
    return model


def card_of(model: str) -> str:
    """As `model_card`, also of a ticket."""
    found = ticket_model(model)
    return found.card if found else model_card(model)


def readiness(model: str) -> tuple[bool, str]:
    """Whether a model can be used at once, and if not why."""
    return (True, "") if ticket_model(model) else availability(get_spec(model))


def file_stem(model: str) -> str:
    """The stem of file names: the model's id, or the title of a ticket's model."""
    found = ticket_model(model)
    if found is None:
        return model
    return re.sub(r"[^a-z0-9]+", "-", found.title.lower()).strip("-")[:60] or "fine-tuned"
