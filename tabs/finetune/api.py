"""Endpoints for programs: /finetune_start and, with its key, everything done with a job."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr

from gan_models import Jobs, JobStatus
from tabs.components.errors import user_errors
from tabs.components.events import Options
from tabs.components.files import output_folder
from tabs.components.gradio_compat import unchecked_upload, uploaded_path
from tabs.components.gradio_errors import toast
from tabs.components.visitor import Visitor
from tabs.finetune import bases
from tabs.finetune.results import DOWNLOAD, file_title
from tabs.finetune.start import INGEST

Status = dict[str, Any]  # of a job, as JSON

LISTED: Options = {"api_visibility": "public"}


def build(visitor: Visitor) -> None:
    """Declare the endpoints; their components are invisible."""
    hidden = gr.Button(visible=False)
    owned = [gr.Textbox(visible=False, label=name) for name in ("job", "key")]
    _declare_start(visitor, hidden, owned)
    _declare_control(visitor.jobs, hidden, owned)
    _declare_download(visitor.jobs, hidden, owned)


def _declare_start(visitor: Visitor, hidden: gr.Button, owned: Sequence[gr.Textbox]) -> None:
    jobs = visitor.jobs

    def finetune_start(images: list[str], base: str, preset: str, key: str) -> tuple[str, str]:
        """Fine-tune a generator on your own pictures, in the background.

        Args:
            images: 10 to 2,000 picture files, zips of them, or short videos.
            base: A model id of family "stylegan2" from list_models; empty for the first there is.
            preset: "quick" (at most 8 minutes), "normal" (45) or "long" (3 hours).
            key: Empty for a new visitor, or the key of an earlier start.

        Returns:
            The job's id, and the key that opens it: keep both, nobody else has them.
        """
        with user_errors():
            if not images:
                raise ValueError("There are no pictures; send 10 files or more, or a zip of them.")
            key = visitor.key_or_new(key)
            paths = [Path(path) for path in images]
            job, _ = jobs.start(key, paths, bases.checked_base(jobs, base), preset or "quick")
            return job, key

    files = gr.Files(visible=False, label="images")
    images = unchecked_upload(files, _read_paths)
    base = gr.Textbox("", visible=False, label="base")
    preset = gr.Textbox("quick", visible=False, label="preset")
    user_key = gr.Textbox("", visible=False, label="key")
    given, starting = [images, base, preset, user_key], INGEST | LISTED
    hidden.click(finetune_start, given, owned, api_name="finetune_start", **starting)


def _declare_control(jobs: Jobs, hidden: gr.Button, owned: Sequence[gr.Textbox]) -> None:
    def steered(act: Callable[[str, str], None], job: str, key: str) -> Status:
        with user_errors():
            act(key or "", job or "")
            return public_status(jobs.status(key, job))

    def finetune_status(job: str, key: str) -> Status:
        """The status of a fine-tuning job.

        Args:
            job: The id that finetune_start gave.
            key: The key that finetune_start gave with it.

        Returns:
            state, place in the queue, step, kimg, eta_seconds, health, metrics, snapshots.
        """
        with user_errors():
            return public_status(jobs.status(key or "", job or ""))

    def finetune_stop(job: str, key: str) -> Status:
        """Stop a fine-tuning job; what it has made so far is kept.

        Args:
            job: The id that finetune_start gave.
            key: The key that finetune_start gave with it.

        Returns:
            As finetune_status.
        """
        return steered(jobs.stop, job, key)

    def finetune_resume(job: str, key: str) -> Status:
        """Go on with a stopped, paused or failed fine-tuning job, from its last snapshot.

        Args:
            job: The id that finetune_start gave.
            key: The key that finetune_start gave with it.

        Returns:
            As finetune_status.
        """
        with user_errors():
            bases.check_offered()
        return steered(jobs.resume, job, key)

    def finetune_delete(job: str, key: str) -> dict[str, int]:
        """Delete a fine-tuning job for good, running or not: its pictures and all its models.

        Args:
            job: The id that finetune_start gave.
            key: The key that finetune_start gave with it.

        Returns:
            How much was deleted: jobs, pictures, num_bytes.
        """
        with user_errors():
            return asdict(jobs.delete(key or "", job or ""))

    answer = gr.JSON(visible=False, label="status")
    deleted = gr.JSON(visible=False, label="deleted")
    hidden.click(finetune_status, owned, answer, api_name="finetune_status", queue=True)
    hidden.click(finetune_stop, owned, answer, api_name="finetune_stop", queue=True)
    hidden.click(finetune_resume, owned, answer, api_name="finetune_resume", queue=True)
    hidden.click(finetune_delete, owned, deleted, api_name="finetune_delete", queue=True)


def _declare_download(jobs: Jobs, hidden: gr.Button, owned: Sequence[gr.Textbox]) -> None:
    def finetune_generator(job: str, key: str, step: float) -> str:
        """Download the generator of a fine-tuning job, which load_pipeline opens.

        Args:
            job: The id that finetune_start gave.
            key: The key that finetune_start gave with it.
            step: One of the snapshots in finetune_status; 0 for the finished one or the newest.

        Returns:
            A safetensors file that describes itself.
        """
        with user_errors():
            status = jobs.status(key or "", job or "")
            which = snapshot_step(step)
            path = jobs.generator(key, job, which)
            name = file_title(status) + (f"-step{which}" if which is not None else "")
            return shutil.copy(path, str(output_folder() / f"{name}.safetensors"))

    step = gr.Number(0, visible=False, label="step")
    generator = gr.File(visible=False, label="generator")
    given, options = [*owned, step], DOWNLOAD | LISTED
    hidden.click(finetune_generator, given, generator, api_name="finetune_generator", **options)


def public_status(status: JobStatus) -> Status:
    """A status as plain data, without any path of this machine."""
    names = ("id", "title", "base", "preset", "state", "place", "step", "kimg", "total_kimg")
    names += ("eta_seconds", "images_per_second", "message", "num_pictures", "created", "expires")
    return {name: getattr(status, name) for name in names} | {
        "health": asdict(status.health),
        "metrics": dict(status.latest_metrics),
        "snapshots": list(status.snapshots),
    }


def snapshot_step(step: object) -> int | None:
    """A step that a program sends as that of a snapshot; None, the newest, for 0 or nothing.

    Raises:
        ValueError: it is neither.
    """
    if not step:
        return None
    if not (isinstance(step, int | float) and 0 < step < 2**53 and step == int(step)):
        raise ValueError("step must be that of a snapshot in finetune_status, or 0 for the newest.")
    return int(step)


def _read_paths(payload: Any) -> list[str]:
    """The paths of uploaded files; `payload`: whatever a program has sent, one file or several."""
    items = [payload] if isinstance(payload, Mapping) else payload or []
    try:
        return [uploaded_path(item) for item in items]
    except (ValueError, TypeError):
        raise toast(
            "images must be uploaded files: send them with gradio_client's handle_file."
        ) from None
