"""What the parts of the tab share: its components by name, and what a visitor has in view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from tabs.components.visitor import Visitor

NO_RUN = "There is no run to look at: start one under New."
UNFINISHED = ("queued", "running", "stopping")


@dataclass(frozen=True)
class RunForm:
    """The components of the form of a new run."""

    base: gr.Dropdown
    files: gr.Files
    crop: gr.Radio
    preset: gr.Radio
    title: gr.Textbox
    advanced: list[gr.components.Component]
    start: gr.Button
    cancel: gr.Button
    note: gr.Markdown
    verdicts: gr.HTML
    preview: gr.HTML
    draft: gr.State  # id of the pictures that were taken in


@dataclass(frozen=True)
class ProgressPanel:
    """The components of the panel that shows the progress of a run."""

    card: gr.HTML
    grid: gr.HTML
    position: gr.Slider
    kind: gr.Radio
    curves: gr.HTML
    nearest: gr.HTML
    pause: gr.Button
    resume: gr.Button
    stop: gr.Button
    delete: gr.Button
    use: gr.Button  # to what can be done with what it has made
    sure: gr.Row  # asks before a run is deleted
    really: gr.Button
    keep: gr.Button
    seen: gr.State
    timer: gr.Timer
    choices: gr.Column  # which grid is shown; nothing to choose without one


@dataclass(frozen=True)
class ResultsPanel:
    """The components of the panel of a run's results."""

    step: gr.Dropdown
    open: gr.Button
    generator: gr.Button
    film: gr.Button
    files: gr.Files
    video: gr.Video
    info: gr.Markdown
    repo: gr.Textbox
    token: gr.Textbox
    push: gr.Button
    pushed: gr.Markdown


@dataclass(frozen=True)
class TabParts:
    """The components that the parts of this tab, and other tabs, connect to."""

    visitor: Visitor
    run: gr.Dropdown  # which run the page looks at
    steps: gr.Tabs  # New, Watch, Use, Your data
    live: ProgressPanel
    chosen: ResultsPanel
    notice: gr.Markdown
    form: RunForm


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
