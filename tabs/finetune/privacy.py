"""The data stored for a visitor: what, for how long, and how to delete all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import gradio as gr

from gan_models import Jobs, JobStatus
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, Event, Values
from tabs.finetune.render import megabytes
from tabs.finetune.state import TabParts, run_dropdown
from tabs.server.sweep import MINUTES

NOTHING = "Nothing of yours is kept here."
PRIVACY = f"""
**Whose it is.** Your pictures, grids and models belong to a key that only this browser keeps.
Without the key nobody can list, see, stop or download them, and you cannot either: clear the
browser's data and they are out of reach until they expire. There is no account and no list of
visitors.

**Where it is.** On this server's disk, in a folder of its own for each run; nothing is sent
elsewhere unless you push it to your own account. Files that you download leave a copy under an
address that cannot be guessed; it goes within {MINUTES} minutes.

**What it is used for.** For your run alone.
"""


@dataclass(frozen=True)
class PrivacyPanel:
    """The components of the panel."""

    stored: gr.Markdown
    delete: gr.Button
    confirmation: gr.Row
    confirm: gr.Button
    cancel: gr.Button
    deleted: gr.Markdown


def layout(jobs: Jobs) -> PrivacyPanel:
    """Lay out the panel; `jobs` states its limits."""
    stored = gr.Markdown(NOTHING, elem_id="finetune-kept")
    with gr.Row():
        delete = gr.Button(
            "Delete everything of mine",
            variant="stop",
            size="sm",
            scale=0,
            min_width=240,
            elem_id="finetune-delete-all",
        )
    with gr.Row(visible=False, equal_height=True) as confirmation:
        gr.Markdown("All your runs, pictures and models, for good?", elem_classes="card")
        confirm = gr.Button(
            "Yes, delete all of it", variant="stop", size="sm", elem_id="finetune-really-all"
        )
        cancel = gr.Button("No, keep it", size="sm", elem_id="finetune-keep-all")
    deleted = gr.Markdown("", elem_id="finetune-gone")
    gr.Markdown(PRIVACY, elem_id="finetune-privacy")
    limits = "\n".join(f"- {sentence}" for sentence in jobs.quotas.sentences())
    gr.Markdown(f"**Limits**\n{limits}", elem_id="finetune-quotas")
    return PrivacyPanel(stored, delete, confirmation, confirm, cancel, deleted)


def wire(parts: TabParts, panel: PrivacyPanel, tab: gr.Tab) -> Event:
    """Connect the panel; returns the event that deletes all runs."""
    jobs = parts.visitor.jobs

    def show(key: str) -> str:
        return storage_line(parts.visitor.runs(key), *parts.visitor.prepared(key))

    def delete(key: str) -> Values:
        with user_errors():
            gone = jobs.delete_everything(key)
        line = (
            f"Deleted: {_counted(gone.jobs)} with {gone.pictures} pictures and all their models, "
            f"{megabytes(gone.num_bytes)}."
        )
        return line, NOTHING, gr.Row(visible=False), run_dropdown([], None)

    tab.select(show, parts.visitor.key, panel.stored, **AT_ONCE)
    panel.delete.click(lambda: gr.Row(visible=True), None, panel.confirmation, **AT_ONCE)
    panel.cancel.click(lambda: gr.Row(visible=False), None, panel.confirmation, **AT_ONCE)
    return panel.confirm.click(
        delete,
        parts.visitor.key,
        [panel.deleted, panel.stored, panel.confirmation, parts.run],
        **AT_ONCE,
    )


def storage_line(
    statuses: Sequence[JobStatus], num_checked: int = 0, checked_bytes: int = 0
) -> str:
    """A sentence on the data stored for a visitor: runs, and checked pictures without a run."""
    stored = []
    if statuses:
        pictures = sum(status.num_pictures for status in statuses)
        stored.append(f"{_counted(len(statuses))} with {pictures} pictures")
    if checked_bytes:
        stored.append(f"{num_checked} pictures that no run was started with")
    if not stored:
        return NOTHING
    size = megabytes(sum(status.num_bytes for status in statuses) + checked_bytes)
    return f"Kept for you: {' and '.join(stored)}, {size} in all."


def _counted(runs: int) -> str:
    return f"{runs} run{'' if runs == 1 else 's'}"
