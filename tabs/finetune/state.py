"""What the parts of the tab share: its components by name, and what a visitor has in view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from tabs.components.visitor import Visitor

if TYPE_CHECKING:
    from tabs.finetune.progress import Live
    from tabs.finetune.results import Chosen
    from tabs.finetune.start import Form

NO_RUN = "There is no run to look at: start one under New."
UNFINISHED = ("queued", "running", "stopping")


@dataclass(frozen=True)
class Room:
    """The tab's components that its parts, and other rooms, connect to."""

    visitor: Visitor
    run: gr.Dropdown  # which run the page looks at
    steps: gr.Tabs  # New, Watch, Use, Your data
    live: Live
    chosen: Chosen
    notice: gr.Markdown
    form: Form


@dataclass(frozen=True)
class Seen:
    """What the page shows now, so that only what has changed is sent again."""

    run: str = ""
    num_sheets: int = 0
    sheet: str = ""
    extras: str = ""  # curves and nearest pictures, by when they were written
    steps: tuple[int, ...] = ()


def run_choices(statuses: Sequence[Any]) -> list[tuple[str, str]]:
    """Labels and ids of a visitor's runs, for the dropdown."""
    return [(f"{status.title} · {status.state}", status.id) for status in statuses]


def run_dropdown(statuses: Sequence[Any], run: str | None) -> gr.Dropdown:
    """The dropdown of runs, at this one or else the first that is unfinished, else the newest.

    It is in sight only where there is a choice.
    """
    known = [status.id for status in statuses]
    if run not in known:
        busy = [status.id for status in statuses if status.state in UNFINISHED]
        run = next(iter([*busy, *known]), None)
    return gr.Dropdown(choices=run_choices(statuses), value=run, visible=len(known) > 1)
