"""What the modules of the tab share: its components by name, and the state of the view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from gan_models import JobStatus
from tabs.components.visitor import Visitor
from tabs.finetune.hub import HubPanel
from tabs.languages.own_text import own

NO_RUN = "There is no run to look at: start one under New."
UNFINISHED = ("queued", "running", "stopping")


@dataclass(frozen=True)
class RunForm:
    """The components of the form of a new run."""

    base: gr.Dropdown
    files: gr.File
    crop: gr.Radio
    preset: gr.Radio
    title: gr.Textbox
    advanced: list[gr.Dropdown | gr.Textbox]
    start: gr.Button
    cancel: gr.Button
    note: gr.Markdown
    verdicts: gr.HTML
    preview: gr.HTML
    draft: gr.State  # id of the ingested pictures


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
    use: gr.Button  # opens the results
    confirmation: gr.Row  # asks before a run is deleted
    confirm: gr.Button
    cancel: gr.Button
    seen: gr.State
    timer: gr.Timer
    choices: gr.Column  # of the grid to show; hidden without one


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
    hub: HubPanel


@dataclass(frozen=True)
class TabParts:
    """The components that the modules of this tab, and other tabs, connect to."""

    visitor: Visitor
    run: gr.Dropdown  # the run in view
    steps: gr.Tabs  # New, Watch, Use, Your data
    live: ProgressPanel
    chosen: ResultsPanel
    notice: gr.Markdown
    form: RunForm


@dataclass(frozen=True)
class Seen:
    """The state of the view, so that only changes are sent again."""

    run: str = ""
    num_sheets: int = 0
    sheet: str = ""
    extras: str = ""  # curves and nearest pictures, by when they were written
    steps: tuple[int, ...] = ()


def run_choices(statuses: Sequence[JobStatus]) -> list[tuple[str, str]]:
    """Labels and ids of a visitor's runs, for the dropdown."""
    return [(f"{own(status.title)} · {status.state}", status.id) for status in statuses]


def run_dropdown(statuses: Sequence[JobStatus], run: str | None) -> gr.Dropdown:
    """The dropdown of runs, at this one or else the first that is unfinished, else the newest.

    It is visible only where there is a choice.
    """
    known = [status.id for status in statuses]
    if run not in known:
        busy = [status.id for status in statuses if status.state in UNFINISHED]
        run = next(iter([*busy, *known]), None)
    return gr.Dropdown(choices=run_choices(statuses), value=run, visible=len(known) > 1)
