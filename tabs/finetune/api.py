"""The tab for programs: /finetune_start, /finetune_status and /finetune_stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import FileData

from tabs.common import user_errors
from tabs.finetune.bases import checked_base
from tabs.finetune.start import TAKE_IN, discard
from tabs.mine import Visitor

LISTED = {"api_visibility": "public"}


def build(visitor: Visitor) -> None:
    """Declare the endpoints; their components are never drawn."""
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
        with user_errors():
            jobs.stop(key or "", job or "")
            return public_status(jobs.status(key, job))

    images = _files_input("images")
    base = gr.Textbox("", visible=False, label="base")
    preset = gr.Textbox("quick", visible=False, label="preset")
    mine = gr.Textbox("", visible=False, label="key")
    job, key = (gr.Textbox(visible=False, label=name) for name in ("job", "key"))
    answer = gr.JSON(visible=False, label="status")
    hidden = gr.Button(visible=False)
    starting = TAKE_IN | LISTED
    given = [images, base, preset, mine]
    hidden.click(finetune_start, given, [job, key], api_name="finetune_start", **starting)
    hidden.click(finetune_status, [job, key], answer, api_name="finetune_status", queue=True)
    hidden.click(finetune_stop, [job, key], answer, api_name="finetune_stop", queue=True)


def public_status(status: Any) -> dict[str, Any]:
    """A status as plain data, without any path of this machine."""
    names = ("id", "title", "base", "preset", "state", "place", "step", "kimg", "total_kimg")
    names += ("eta_seconds", "images_per_second", "message", "num_pictures", "created", "expires")
    return {name: getattr(status, name) for name in names} | {
        "health": asdict(status.health),
        "metrics": dict(status.latest_metrics),
        "snapshots": list(status.snapshots),
    }


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
