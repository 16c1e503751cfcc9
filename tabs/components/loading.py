"""Work that takes a moment, in a thread, so that its event can be cancelled."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Generator
from typing import Any

import gradio as gr

Load = Callable[..., Any]


def loading(load: Load, model: str, progress: gr.Progress) -> Generator[Any, None, Any]:
    """Load a model in a thread, yielding meanwhile so that the event can be cancelled.

    Use as `pipeline = yield from loading(...)`. Leaving the generator stops a download.
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


def in_thread(work: Callable[[], Any]) -> Generator[Any, None, Any]:
    """Do `work` in a thread, yielding meanwhile so that the event can be cancelled.

    Use as `made = yield from in_thread(...)`. What `work` raises is raised here.
    """
    outcome: dict[str, Any] = {}

    def run() -> None:
        try:
            outcome["made"] = work()
        except Exception as error:  # noqa: BLE001 - raised again in the event's own thread
            outcome["error"] = error

    # the context tells gr.Progress whose event it reports for
    thread = threading.Thread(target=contextvars.copy_context().run, args=(run,), daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.1)
        if thread.is_alive():
            yield gr.skip()
    if "error" in outcome:
        raise outcome["error"]
    return outcome["made"]
