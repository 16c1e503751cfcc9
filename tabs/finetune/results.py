"""The results of a run: opened in Sample, downloaded as files, pushed to a Hub account."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import gradio as gr

from gan_models import JobStatus
from tabs.components.errors import user_errors
from tabs.components.events import PRIVATE, Options, Updates
from tabs.components.files import output_folder
from tabs.components.loading import in_thread
from tabs.components.tickets import issue_ticket
from tabs.components.visitor import Visitor
from tabs.finetune import hub
from tabs.finetune.render import steps_text
from tabs.finetune.state import ResultsPanel, TabParts
from tabs.languages.own_text import own

NEWEST = "newest"
DOWNLOAD: Options = {"concurrency_id": "download", "concurrency_limit": 2, **PRIVATE}


def layout() -> ResultsPanel:
    """Lay out the panel."""
    step = gr.Dropdown(
        step_choices(None),
        value=NEWEST,
        label="Which generator",
        info="To open or download, with its card; any snapshot, also while it trains.",
        elem_id="finetune-step",
    )
    with gr.Row():
        open_latent = gr.Button(
            "Open in Sample", variant="primary", elem_id="finetune-open", min_width=200
        )
        generator = gr.Button("Download", elem_id="finetune-take", min_width=110)
        film = gr.Button("Film", elem_id="finetune-film", min_width=110)
    files = gr.Files(
        label="Download", visible=False, interactive=False, elem_id="finetune-downloads"
    )
    video = gr.Video(
        label="From the first grid to the last",
        visible=False,
        autoplay=True,
        loop=True,
        height=360,
        elem_id="finetune-video",
    )
    info = gr.Markdown("", elem_classes="card", elem_id="finetune-take-info")
    return ResultsPanel(
        step=step,
        open=open_latent,
        generator=generator,
        film=film,
        files=files,
        video=video,
        info=info,
        hub=hub.layout(),
    )


def step_choices(status: JobStatus | None) -> list[tuple[str, str]]:
    """Labels and values of the generators of a run, the newest first."""
    steps = [] if status is None else sorted(status.snapshots, reverse=True)
    return [("The newest", NEWEST), *((f"After {steps_text(step)}", str(step)) for step in steps)]


def read_step(step: str | None) -> int | None:
    """A value of the dropdown as the step of a snapshot; None for the newest.

    Raises:
        ValueError: it is neither.
    """
    if step is None or step == NEWEST:
        return None
    if not str(step).isdigit():
        raise ValueError("Choose one of the snapshots that are shown.")
    return int(step)


def wire(parts: TabParts) -> None:
    """Connect the panel, except for opening in Sample: see `tabs.finetune.connect`."""
    chosen, jobs = parts.chosen, parts.visitor.jobs
    owned = [parts.visitor.key, parts.run]

    def download(key: str, run: str | None, step: str) -> tuple[gr.Files, gr.Video, str]:
        with user_errors():
            which = read_step(step)
            status = jobs.status(key, run or "")
            folder = output_folder()
            name = file_title(status) + (f"-step{which}" if which is not None else "")
            made = folder / f"{name}.safetensors"
            shutil.copy(jobs.generator(key, status.id, which), made)
            card = folder / f"{name}.md"
            card.write_text(jobs.card(key, status.id, which), "utf-8")
            line = f"{own(made.name)} opens on any page of this kind: under Your model, or by path."
            return gr.Files([str(made), str(card)], visible=True), gr.Video(visible=False), line

    def film(key: str, run: str | None) -> Updates:
        with user_errors():
            status = jobs.status(key, run or "")
            made: Path = yield from in_thread(lambda: jobs.film(key, status.id))
            copy = output_folder() / f"{file_title(status)}.mp4"
            shutil.copy(made, copy)
            line = f"{len(status.sheets)} grids, from the first to the last."
            yield gr.Files([str(copy)], visible=True), gr.Video(str(copy), visible=True), line

    filled = [chosen.files, chosen.video, chosen.info]
    options: Options = {"show_progress_on": [chosen.info], **DOWNLOAD}
    chosen.generator.click(download, [*owned, chosen.step], filled, **options)
    chosen.film.click(film, owned, filled, **options)
    hub.wire(chosen.hub, jobs, owned)


def ticket_of_chosen(visitor: Visitor, key: str, run: str | None, step: str) -> str:
    """The ticket of the chosen generator of a run.

    Raises:
        ValueError: no such run or snapshot.
    """
    status = visitor.jobs.status(key, run or "")
    which = read_step(step)
    visitor.jobs.generator(key, status.id, which)
    return issue_ticket(key, status.id, which, visitor.model(key, status, which))


def file_title(status: JobStatus) -> str:
    """The stem of the names of a run's files."""
    return re.sub(r"[^a-z0-9]+", "-", status.title.lower()).strip("-")[:60] or "fine-tuned"
