"""End the page so that everybody who waits gets an answer: relies on Gradio's `Queue`.

`tests/test_stopping.py` starts a page, ends it in the middle of work, and reads the answers.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import sys
import threading
import time
from typing import NoReturn

import gradio as gr

from tabs.components.gradio_queue import VisitorQueue

GRACE_SECONDS = 3.0  # in which what runs may finish
_TELL_SECONDS = 1.0  # in which the answers are sent
_MOST_SECONDS = 7.0  # then the process ends, whatever a thread still does
STOPPED = "The page was stopped before this was finished; ask for it again in a minute."


def finish(page: gr.Blocks) -> NoReturn:
    """Let what runs finish for some seconds, tell the others, and end the process.

    Jobs of fine-tuning are processes of their own and go on. Called in the main thread, while the
    server goes on in another. Relies on `atexit._run_exitfuncs`: Python itself runs what is to be
    done at the end only after it has waited for all threads, and one may draw for minutes.
    """
    last = threading.Timer(_MOST_SECONDS, os._exit, [0])
    last.daemon = True
    last.start()
    queue = page._queue
    if isinstance(queue, VisitorQueue) and queue.loop is not None:
        done = asyncio.run_coroutine_threadsafe(_drain(queue), queue.loop)
        with contextlib.suppress(TimeoutError):
            done.result(GRACE_SECONDS + 2 * _TELL_SECONDS)
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


async def _drain(queue: VisitorQueue) -> None:
    """Refuse what is new, end what waits, and what runs when the time is over."""
    queue.is_closing = True
    for waiting in queue.event_queue_per_concurrency_id.values():
        while waiting.queue:
            queue.fail(waiting.queue.pop(), STOPPED)
    limit = time.monotonic() + GRACE_SECONDS
    while any(queue.active_jobs) and time.monotonic() < limit:
        await asyncio.sleep(0.05)
    for job in queue.active_jobs:
        for event in job or ():
            queue.fail(event, STOPPED)
            event.alive = False  # ends a generator at its next step
    limit = time.monotonic() + _TELL_SECONDS
    while _is_telling(queue) and time.monotonic() < limit:
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)  # the last bytes


def _is_telling(queue: VisitorQueue) -> bool:
    """Whether an answer has not been read; programs fetch theirs with a second request."""
    boxes = queue.pending_messages_per_session.values()
    return any(not box.empty() for box in boxes)
