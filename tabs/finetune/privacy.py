"""What is kept of a visitor, for how long, and how to delete all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE
from tabs.components.files import CACHE_SECONDS, SWEEP_SECONDS
from tabs.finetune.render import megabytes
from tabs.finetune.state import TabParts, run_dropdown

NOTHING = "Nothing of yours is kept here."
PRIVACY = f"""
**Whose it is.** Your pictures, grids and models belong to a key that only this browser keeps.
Without the key nobody can list, see, stop or download them, and you cannot either: clear the
browser's data and they are out of reach until they expire. There is no account and no list of
visitors.

**Where it is.** On this server's disk, in a folder of its own for each run; nothing is sent
elsewhere unless you push it to your own account. Files that you download leave a copy under an
address that cannot be guessed; it goes within {(CACHE_SECONDS + SWEEP_SECONDS) // 60} minutes.

**What it is used for.** For your run alone.
"""


@dataclass(frozen=True)
class Held:
    """The components of the panel."""

    kept: gr.Markdown
    delete: gr.Button
    sure: gr.Row
    really: gr.Button
    keep: gr.Button
    gone: gr.Markdown


def layout(jobs: Any) -> Held:
    """Lay out the panel; `jobs` states its limits."""
    kept = gr.Markdown(NOTHING, elem_id="finetune-kept")
    with gr.Row():
        delete = gr.Button(
            "Delete everything of mine", variant="stop", size="sm", scale=0, min_width=240,
            elem_id="finetune-delete-all",
        )  # fmt: skip
    with gr.Row(visible=False, equal_height=True) as sure:
        gr.Markdown("All your runs, pictures and models, for good?", elem_classes="card")
        really = gr.Button(
            "Yes, delete all of it", variant="stop", size="sm", elem_id="finetune-really-all"
        )
        keep = gr.Button("No, keep it", size="sm", elem_id="finetune-keep-all")
    gone = gr.Markdown("", elem_id="finetune-gone")
    gr.Markdown(PRIVACY, elem_id="finetune-privacy")
    limits = "\n".join(f"- {sentence}" for sentence in jobs.quotas.sentences())
    gr.Markdown(f"**Limits**\n{limits}", elem_id="finetune-quotas")
    return Held(kept, delete, sure, really, keep, gone)


def wire(parts: TabParts, held: Held, tab: gr.Tab) -> Any:
    """Connect the panel; returns the event after which there are no runs left."""
    jobs = parts.visitor.jobs

    def show(key: Any) -> str:
        return kept_line(parts.visitor.runs(key), *parts.visitor.prepared(key))

    def delete(key: Any) -> tuple[Any, ...]:
        with user_errors():
            gone = jobs.delete_everything(key)
        line = (
            f"Deleted: {_counted(gone.jobs)} with {gone.pictures} pictures and all their models, "
            f"{megabytes(gone.num_bytes)}."
        )
        return line, NOTHING, gr.Row(visible=False), run_dropdown([], None)

    tab.select(show, parts.visitor.key, held.kept, **AT_ONCE)
    held.delete.click(lambda: gr.Row(visible=True), None, held.sure, **AT_ONCE)
    held.keep.click(lambda: gr.Row(visible=False), None, held.sure, **AT_ONCE)
    return held.really.click(
        delete, parts.visitor.key, [held.gone, held.kept, held.sure, parts.run], **AT_ONCE
    )


def kept_line(statuses: list[Any], num_checked: int = 0, checked_bytes: int = 0) -> str:
    """What is kept of a visitor, in a sentence; with pictures checked that no run has yet."""
    kept = []
    if statuses:
        pictures = sum(status.num_pictures for status in statuses)
        kept.append(f"{_counted(len(statuses))} with {pictures} pictures")
    if checked_bytes:
        kept.append(f"{num_checked} pictures that no run was started with")
    if not kept:
        return NOTHING
    size = megabytes(sum(status.num_bytes for status in statuses) + checked_bytes)
    return f"Kept for you: {' and '.join(kept)}, {size} in all."


def _counted(runs: int) -> str:
    return f"{runs} run{'' if runs == 1 else 's'}"
