"""Work that takes a while, in a thread, so that its event can be cancelled."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

import gradio as gr

from tabs.components.events import Returned, Steps

Load = Callable[..., Any]  # gives the pipeline of a model id, as `gan_models.PipelineCache`
ShowProgress = Callable[..., object]  # called as a `gr.Progress`: a share, `desc` and `unit`


def loading(load: Load, model: str, progress: ShowProgress) -> Steps[Any]:
    """Load a model in a thread, yielding meanwhile so that the event can be cancelled.

    Use as `pipeline: LatentPipeline = yield from loading(...)`. Closing the generator stops a
    download.
    """
    cancelled = threading.Event()

    def report(done: int, total: int) -> None:
        progress(done / total if total else 0, desc=f"Fetching {model}, {total / 1e6:.0f} MB")

    try:
        return (
            yield from in_thread(lambda: load(model, progress=report, cancelled=cancelled.is_set))
        )
    finally:
        cancelled.set()


def in_thread(work: Callable[[], Returned]) -> Steps[Returned]:
    """Do `work` in a thread, yielding meanwhile so that the event can be cancelled.

    Use as `made = yield from in_thread(...)`. What `work` raises is raised here.
    """
    made: list[Returned] = []
    errors: list[Exception] = []

    def run() -> None:
        try:
            made.append(work())
        except Exception as error:  # noqa: BLE001 - raised again in the event's own thread
            errors.append(error)

    # the context tells gr.Progress which event it reports for
    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.1)
        if thread.is_alive():
            yield gr.skip()
    if errors:
        raise errors[0]
    return made[0]
