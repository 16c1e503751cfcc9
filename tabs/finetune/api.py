"""The tab for programs: /finetune_start and, for who has its key, all that is done with a job."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData

from gan_models import Jobs
from tabs.components.errors import user_errors
from tabs.components.files import output_folder
from tabs.components.visitor import Visitor
from tabs.finetune.bases import checked_base
from tabs.finetune.results import TAKE_HOME, file_title
from tabs.finetune.start import TAKE_IN, discard

LISTED = {"api_visibility": "public"}


def build(visitor: Visitor) -> None:
    """Declare the endpoints; their components are never drawn."""
    hidden = gr.Button(visible=False)
    owned = [gr.Textbox(visible=False, label=name) for name in ("job", "key")]
    _declare_start(visitor, hidden, owned)
    _declare_steering(visitor.jobs, hidden, owned)
    _declare_taking(visitor.jobs, hidden, owned)


def _declare_start(visitor: Visitor, hidden: gr.Button, owned: list[gr.Textbox]) -> None:
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
            job, _ = jobs.start(key, paths, checked_base(jobs, base), preset or "quick")
            discard(images)
            return job, key

    images = _files_input("images")
    base = gr.Textbox("", visible=False, label="base")
    preset = gr.Textbox("quick", visible=False, label="preset")
    mine = gr.Textbox("", visible=False, label="key")
    given, starting = [images, base, preset, mine], TAKE_IN | LISTED
    hidden.click(finetune_start, given, owned, api_name="finetune_start", **starting)


def _declare_steering(jobs: Jobs, hidden: gr.Button, owned: list[gr.Textbox]) -> None:
    def steered(act: Callable[[str, str], None], job: str, key: str) -> dict[str, Any]:
        with user_errors():
            act(key or "", job or "")
            return public_status(jobs.status(key, job))

    def finetune_status(job: str, key: str) -> dict[str, Any]:
        """Tell how a fine-tuning job stands.

        Args:
            job: The id that finetune_start gave.
            key: The key that came with it.

        Returns:
            state, place in the queue, step, kimg, eta_seconds, health, metrics, snapshots.
        """
        with user_errors():
            return public_status(jobs.status(key or "", job or ""))

    def finetune_stop(job: str, key: str) -> dict[str, Any]:
        """Stop a fine-tuning job; what it has made so far is kept.

        Args:
            job: The id that finetune_start gave.
            key: The key that came with it.

        Returns:
            As finetune_status.
        """
        return steered(jobs.stop, job, key)

    def finetune_resume(job: str, key: str) -> dict[str, Any]:
        """Go on with a stopped, paused or failed fine-tuning job, from its last snapshot.

        Args:
            job: The id that finetune_start gave.
            key: The key that came with it.

        Returns:
            As finetune_status.
        """
        return steered(jobs.resume, job, key)

    def finetune_delete(job: str, key: str) -> dict[str, int]:
        """Delete a fine-tuning job for good, running or not: its pictures and all its models.

        Args:
            job: The id that finetune_start gave.
            key: The key that came with it.

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


def _declare_taking(jobs: Jobs, hidden: gr.Button, owned: list[gr.Textbox]) -> None:
    def finetune_generator(job: str, key: str, step: float) -> str:
        """Take home what a fine-tuning job has made: a generator that load_pipeline opens.

        Args:
            job: The id that finetune_start gave.
            key: The key that came with it.
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
    given, taking = [*owned, step], TAKE_HOME | LISTED
    hidden.click(finetune_generator, given, generator, api_name="finetune_generator", **taking)


def public_status(status: Any) -> dict[str, Any]:
    """A status as plain data, without any path of this machine."""
    names = ("id", "title", "base", "preset", "state", "place", "step", "kimg", "total_kimg")
    names += ("eta_seconds", "images_per_second", "message", "num_pictures", "created", "expires")
    return {name: getattr(status, name) for name in names} | {
        "health": asdict(status.health),
        "metrics": dict(status.latest_metrics),
        "snapshots": list(status.snapshots),
    }


def snapshot_step(step: Any) -> int | None:
    """A step from outside as that of a snapshot; None, the newest, where it is 0 or empty.

    Raises:
        ValueError: it is neither.
    """
    if not step:
        return None
    if not (isinstance(step, int | float) and 0 < step < 2**53 and step == int(step)):
        raise ValueError("step must be that of a snapshot in finetune_status, or 0 for the newest.")
    return int(step)


def _files_input(label: str) -> gr.Files:
    """Files whose payload `_paths_of` checks: one file or several."""
    component = gr.Files(visible=False, label=label)
    described = component.api_info()
    component.api_info = lambda: described
    component.data_model, component.preprocess = None, _paths_of
    return component


def _paths_of(payload: Any) -> list[str]:
    """The paths of uploaded files; `payload` is whatever a program has sent."""
    items = [payload] if isinstance(payload, Mapping) else payload or []
    try:
        return [
            FileData.model_validate(item, context={"validate_meta": True}).path for item in items
        ]
    except (ValueError, TypeError):
        raise gr.Error(
            "images must be uploaded files: send them with gradio_client's handle_file.",
            title="That did not work",
        ) from None
