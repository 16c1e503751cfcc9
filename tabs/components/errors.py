"""Errors that a visitor can act on, as toasts of the page."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from gan_models import MissingWeightsError, WeightsError

NOT_HERE = "This model is not on this server; choose another one."
_LOG = logging.getLogger(__name__)


@contextmanager
def user_errors() -> Iterator[None]:
    """Turn errors a visitor can act on into toasts; bugs pass through to the log."""
    try:
        yield
    except MissingWeightsError as error:  # its sentence is for whoever runs the server
        _LOG.warning("%s", error)
        raise gr.Error(NOT_HERE, title="This model is not here", duration=12) from error
    except (ValueError, WeightsError) as error:
        raise gr.Error(str(error), title="That did not work", duration=12) from error


@contextmanager
def blamed(field: str) -> Iterator[None]:
    """Note in errors which field of the page they are about: the end of its element id."""
    try:
        yield
    except ValueError as error:
        error.field = field
        raise
