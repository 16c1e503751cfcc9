"""Errors of events, as Gradio reports them: a sentence for the visitor, nothing of it in the log.

Relies on Gradio printing the traceback of every error whose `print_exception` is not False, and on
its sending the message of a `gr.Error` alone.
"""

from __future__ import annotations

import logging

import gradio as gr

from tabs.server.errors import FULL, is_ours, log_bug
from tabs.server.folders import is_full

TITLE = "That did not work"
SECONDS = 12
BUG = "Something went wrong on the server, and its log says what. Try again, or reload the page."
_LOG = logging.getLogger(__name__)


def toast(sentence: str, title: str = TITLE) -> gr.Error:
    """An error whose sentence the visitor reads, and which is not logged."""
    return gr.Error(sentence, title=title, duration=SECONDS, print_exception=False)


def quiet(error: Exception, what: str) -> gr.Error:
    """Any error of an event as one that has a sentence and is not printed; bugs are logged.

    Args:
        what: the event's name, for the log.
    """
    if isinstance(error, gr.Error):
        error.print_exception = False
        return error
    if is_full(error):
        _LOG.error("%s was refused: the disk is full or read-only", what)
        return toast(FULL)
    if isinstance(error, ValueError) and is_ours(error):  # ours say what to do
        return toast(str(error))
    log_bug(f"{what} failed", error)
    return toast(BUG)
