"""The form of a new run: base, pictures with a verdict on each, preset, start."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from gan_models import Draft, Jobs, NotFound, limits
from tabs.components.errors import user_errors
from tabs.components.events import PRIVATE, Event, Options, Steps, Updates, Values
from tabs.components.files import file_input
from tabs.components.loading import in_thread
from tabs.components.preview import into_view
from tabs.components.visitor import Visitor
from tabs.finetune import bases, settings
from tabs.finetune.render import figure, placeholder, side_by_side, verdict_list
from tabs.finetune.state import RunForm, TabParts, run_dropdown
from tabs.server.sweep import MINUTES

# ingesting pictures takes a processor; sampling need not wait for it
INGEST: Options = {"concurrency_id": "ingest", "concurrency_limit": 2, **PRIVATE}
HELP = (
    "Pictures, a zip of them, or a short video. Each one is checked; nothing is trained on before "
    "you press Start. Use pictures that are yours, or free, to use."
)
EXPIRED = "Your pictures were checked too long ago and are gone; upload them again."
WAITING = "Your pictures are shown here once they are checked."

Crop = Literal["centre", "letterbox", "random"]


def layout(jobs: Jobs) -> RunForm:
    """Lay out the form; `jobs` states its limits."""
    offered = bases.choices(jobs)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=320):
            base = gr.Dropdown(
                offered,
                value=offered[0][1] if offered else None,
                label="Begin from",
                info="The nearer it is to your pictures, the sooner they are reached.",
                elem_id="finetune-base",
            )
            files = file_input(
                label="Your pictures, 10 to 2,000",
                file_count="multiple",
                height=150,
                elem_id="finetune-files",
            )
            note = gr.Markdown(HELP, elem_classes="card", elem_id="finetune-note")
            crop = gr.Radio(settings.CROPS, value="centre", label="Crop", elem_id="finetune-crop")
            verdicts = gr.HTML("", elem_id="finetune-verdicts")
        with gr.Column(scale=1, min_width=320):
            preview = gr.HTML(placeholder(WAITING), elem_id="finetune-preview")
            preset = gr.Radio(
                settings.PRESETS,
                value="quick",
                label="How long",
                info=settings.PRESET_HELP,
                elem_id="finetune-preset",
            )
            title = gr.Textbox(
                label="Name",
                max_lines=1,
                placeholder="such as: my garden",
                elem_id="finetune-title",
            )
            with gr.Row():
                start = gr.Button(
                    "Start", variant="primary", elem_id="finetune-start", min_width=120
                )
                cancel = gr.Button(
                    "Cancel", elem_id="finetune-cancel", elem_classes="while-running", min_width=80
                )
    advanced = settings.layout()
    gr.Markdown(limits_note(jobs), elem_classes="card", elem_id="finetune-limits")
    return RunForm(
        base=base,
        files=files,
        crop=crop,
        preset=preset,
        title=title,
        advanced=advanced,
        start=start,
        cancel=cancel,
        note=note,
        verdicts=verdicts,
        preview=preview,
        draft=gr.State(""),
    )


def limits_note(jobs: Jobs) -> str:
    """The quotas, and how long files are stored, for the page."""
    most = limits()
    return " ".join(
        [
            *jobs.quotas.sentences(),
            f"Files up to {most.upload_mb:g} MB, pictures up to {most.megapixels:g} megapixels.",
            "What you upload is copied for the training, and deleted from the upload folder within "
            f"{MINUTES} minutes.",
        ]
    )


def wire(parts: TabParts, refresh_after: Callable[[Event], Event]) -> None:
    """Connect the form; `refresh_after(event)` updates the view of the run after an event."""
    form, visitor = parts.form, parts.visitor

    def check(
        key: str,
        files: list[str] | None,
        base: str | None,
        crop: Crop,
        augmentation: str,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        if not files:
            yield gr.skip(), "", "", placeholder(WAITING), HELP
            return
        with user_errors():
            key = visitor.key_or_new(key)
            yield key, "", "", placeholder("Checking your pictures …"), HELP
            draft = yield from ingest(visitor.jobs, key, files, base, crop, progress)
            pictures = placeholder("None of them can be used.")
            if draft.num_taken:
                pictures = preview(visitor, key, draft.id, augmentation)
            yield gr.skip(), draft.id, verdict_list(draft.verdicts), pictures, HELP

    def augment(key: str, draft: str, augmentation: str) -> Any:
        if not draft:
            return gr.skip()
        with user_errors():
            return preview(visitor, key, draft, augmentation)

    def cancel(key: str, draft: str) -> Values:
        with user_errors(), suppress(NotFound):  # there was none, or it has started or expired
            visitor.jobs.discard(key, draft)
        return "", "", placeholder("Stopped."), None

    def start(
        key: str, draft: str, files: list[str] | None, preset: str, title: str, *advanced: Any
    ) -> Values:
        with user_errors():
            if not draft:
                raise ValueError("Upload at least 10 pictures first, and wait for the check.")
            chosen = settings.read(advanced)
            with explain_expiry():
                run = visitor.jobs.launch(key, draft, preset, chosen, title=(title or "").strip())
            return (
                run_dropdown(visitor.jobs.list(key), run),
                gr.Tabs(selected="watch"),
                *(None, "", "", placeholder(WAITING)),
            )

    augmentation = form.advanced[[s.name for s in settings.SETTINGS].index("augmentation")]
    given = [visitor.key, form.files, form.base, form.crop, augmentation]
    filled = [visitor.key, form.draft, form.verdicts, form.preview, form.note]
    options: Options = {"show_progress_on": [form.preview], "trigger_mode": "always_last", **INGEST}
    checks = [
        form.files.upload(check, given, filled, **options),
        form.files.delete(check, given, filled, **options),
        form.files.clear(check, given, filled, **options),
        form.crop.input(check, given, filled, **options),
        form.base.input(check, given, filled, **options),
    ]
    checks[0].then(**into_view("finetune-preview"))
    augmentation.input(augment, [visitor.key, form.draft, augmentation], form.preview, **options)
    started = form.start.click(
        start,
        [visitor.key, form.draft, form.files, form.preset, form.title, *form.advanced],
        [parts.run, parts.steps, form.files, form.draft, form.verdicts, form.preview],
        **INGEST,
    )
    refresh_after(started)
    form.cancel.click(
        cancel,
        [visitor.key, form.draft],
        [form.draft, form.verdicts, form.preview, form.files],
        cancels=[*checks],
        queue=False,
        **PRIVATE,
    )


def ingest(
    jobs: Jobs, key: str, files: list[str], base: str | None, crop: Crop, progress: gr.Progress
) -> Steps[Draft]:
    """Ingest pictures as a draft, yielding meanwhile; a cancelled one is deleted."""
    chosen, paths = bases.checked_base(jobs, base), [Path(path) for path in files]
    is_cancelled = threading.Event()

    def report(done: int, total: int) -> None:
        if is_cancelled.is_set():
            raise ValueError("The check was cancelled; upload the pictures again.")
        progress((done, total), desc="Checking", unit="files")

    try:
        return (yield from in_thread(lambda: jobs.prepare(key, paths, chosen, crop, report)))
    except GeneratorExit:
        is_cancelled.set()
        raise


@contextmanager
def explain_expiry() -> Iterator[None]:
    """Replace `NotFound` of a draft by an error that says that it has expired."""
    try:
        yield
    except NotFound:
        raise ValueError(EXPIRED) from None


def preview(visitor: Visitor, key: str, draft: str, augmentation: str) -> str:
    """The pictures of a draft, cropped and augmented as in the training, as HTML."""
    with explain_expiry():
        plain, augmented = visitor.jobs.preview(key, draft, augmentation or "diffaugment")
    return side_by_side(
        [
            figure(plain, "Your pictures, cropped"),
            figure(augmented, "The same, augmented for the discriminator"),
        ]
    )
