"""The form of a new run: base, pictures with a verdict on each, preset, start."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from gan_models import NotFound
from tabs.components.errors import user_errors
from tabs.components.events import PRIVATE
from tabs.components.files import CACHE_SECONDS, SWEEP_SECONDS, file_input
from tabs.components.loading import in_thread
from tabs.components.preview import into_view
from tabs.components.visitor import Visitor
from tabs.finetune import bases, settings
from tabs.finetune.render import figure, placeholder, side_by_side, verdict_list
from tabs.finetune.state import RunForm, TabParts, run_dropdown
from tabs.user_models import is_private

# taking pictures in is work for a processor, and must not hold up those who sample
TAKE_IN = {"concurrency_id": "take-in", "concurrency_limit": 2, **PRIVATE}
HELP = (
    "Pictures, a zip of them, or a short video. Each one is checked; nothing is trained on before "
    "you press Start. Use pictures that are yours, or free, to use."
)
EXPIRED = "Your pictures were checked too long ago and are gone; upload them again."
WAITING = "Your pictures are shown here once they are checked."


def layout(jobs: Any) -> RunForm:
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
                label="Your pictures, 10 to 2,000", file_count="multiple", height=150,
                elem_id="finetune-files",
            )  # fmt: skip
            note = gr.Markdown(HELP, elem_classes="card", elem_id="finetune-note")
            crop = gr.Radio(settings.CROPS, value="centre", label="Crop", elem_id="finetune-crop")
            verdicts = gr.HTML("", elem_id="finetune-verdicts")
        with gr.Column(scale=1, min_width=320):
            preview = gr.HTML(placeholder(WAITING), elem_id="finetune-preview")
            preset = gr.Radio(
                settings.PRESETS, value="quick", label="How long", info=settings.PRESET_HELP,
                elem_id="finetune-preset",
            )  # fmt: skip
            title = gr.Textbox(
                label="Name", max_lines=1, placeholder="such as: my garden",
                elem_id="finetune-title",
            )  # fmt: skip
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
        *(base, files, crop, preset, title, advanced, start, cancel, note, verdicts, preview),
        draft=gr.State(""),
    )


def limits_note(jobs: Any) -> str:
    """The quotas, and how long files are kept, for the page."""
    minutes = (CACHE_SECONDS + SWEEP_SECONDS) // 60
    return " ".join(
        [
            *jobs.quotas.sentences(),
            f"Files up to {'2 GB' if is_private() else '50 MB'}, pictures up to 64 megapixels.",
            f"What you upload is copied for the training and deleted from the upload folder within "
            f"{minutes} minutes, at the start at once.",
        ]
    )


def wire(parts: TabParts, look: Callable[[Any], Any]) -> None:
    """Connect the form; `look(event)` lets the page show the run after an event."""
    form, visitor = parts.form, parts.visitor

    def check(
        key: Any,
        files: list[str] | None,
        base: str | None,
        crop: str,
        augmentation: str,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        if not files:
            yield gr.skip(), "", "", placeholder(WAITING), HELP
            return
        with user_errors():
            key = visitor.key_or_new(key)
            yield key, "", "", placeholder("Checking your pictures …"), HELP
            draft = yield from take_in(visitor.jobs, key, files, base, crop, progress)
            shown = placeholder("None of them can be used.")
            if draft.num_taken:
                shown = preview(visitor, key, draft.id, augmentation)
            yield gr.skip(), draft.id, verdict_list(draft.verdicts), shown, HELP

    def augment(key: Any, draft: str, augmentation: str) -> Any:
        if not draft:
            return gr.skip()
        with user_errors():
            return preview(visitor, key, draft, augmentation)

    def cancel(key: Any, draft: str) -> tuple[Any, ...]:
        with user_errors(), suppress(NotFound):  # there was none, or it has started or expired
            visitor.jobs.discard(key, draft)
        return "", "", placeholder("Stopped."), None

    def start(
        key: Any, draft: str, files: list[str] | None, preset: str, title: str, *advanced: Any
    ) -> tuple[Any, ...]:
        with user_errors():
            if not draft:
                raise ValueError("Upload at least 10 pictures first, and wait for the check.")
            chosen = settings.read(advanced)
            with told_of_expiry():
                run = visitor.jobs.launch(key, draft, preset, chosen, title=(title or "").strip())
            discard(files or [])
            return (
                run_dropdown(visitor.jobs.list(key), run),
                gr.Tabs(selected="watch"),
                *(None, "", "", placeholder(WAITING)),
            )

    augmentation = form.advanced[[s.name for s in settings.SETTINGS].index("augmentation")]
    given = [visitor.key, form.files, form.base, form.crop, augmentation]
    filled = [visitor.key, form.draft, form.verdicts, form.preview, form.note]
    shown = {"show_progress_on": [form.preview], "trigger_mode": "always_last", **TAKE_IN}
    checks = [
        form.files.upload(check, given, filled, **shown),
        form.files.delete(check, given, filled, **shown),
        form.files.clear(check, given, filled, **shown),
        form.crop.input(check, given, filled, **shown),
        form.base.input(check, given, filled, **shown),
    ]
    checks[0].then(**into_view("finetune-preview"))
    augmentation.input(augment, [visitor.key, form.draft, augmentation], form.preview, **shown)
    started = form.start.click(
        start,
        [visitor.key, form.draft, form.files, form.preset, form.title, *form.advanced],
        [parts.run, parts.steps, form.files, form.draft, form.verdicts, form.preview],
        **TAKE_IN,
    )
    look(started)
    form.cancel.click(
        cancel, [visitor.key, form.draft],
        [form.draft, form.verdicts, form.preview, form.files],
        cancels=checks, queue=False, **PRIVATE,
    )  # fmt: skip


def take_in(
    jobs: Any, key: str, files: list[str], base: str | None, crop: str, progress: gr.Progress
) -> Generator[Any, None, Any]:
    """Take pictures in as a draft, yielding meanwhile; one that is cancelled leaves nothing."""
    chosen, paths = bases.checked_base(jobs, base), [Path(path) for path in files]
    is_cancelled = threading.Event()

    def tell(done: int, total: int) -> None:
        if is_cancelled.is_set():
            raise ValueError("The check was cancelled; upload the pictures again.")
        progress((done, total), desc="Checking", unit="files")

    try:
        return (yield from in_thread(lambda: jobs.prepare(key, paths, chosen, crop, tell)))
    except GeneratorExit:
        is_cancelled.set()
        raise


@contextmanager
def told_of_expiry() -> Iterator[None]:
    """Say of a draft that is gone that it was kept for a while only."""
    try:
        yield
    except NotFound:
        raise ValueError(EXPIRED) from None


def preview(visitor: Visitor, key: Any, draft: str, augmentation: str) -> str:
    """The pictures of a draft as generator and discriminator will see them, as HTML."""
    with told_of_expiry():
        plain, augmented = visitor.jobs.preview(key, draft, augmentation or "diffaugment")
    return side_by_side(
        [
            figure(plain, "Your pictures, cropped"),
            figure(augmented, "The same, augmented for the discriminator"),
        ]
    )


def discard(files: Sequence[str]) -> None:
    """Delete uploads that have been taken in; the pictures are the job's from now on."""
    uploads = Path(get_upload_folder()).resolve()
    for path in (Path(file).resolve() for file in files):
        if path.is_relative_to(uploads):
            path.unlink(missing_ok=True)
