"""Errors that a visitor can act on, as toasts of the page."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from gan_models import MissingWeightsError, WeightsError
from tabs.components.gradio_errors import toast

NOT_HERE = "This model is not on this server; choose another one."
_LOG = logging.getLogger(__name__)


class FieldError(ValueError):
    """A field of the page has a wrong value; `field` is the end of its element id."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


@contextmanager
def user_errors() -> Iterator[None]:
    """Turn errors that a visitor can act on into toasts; bugs pass and are logged."""
    try:
        yield
    except MissingWeightsError as error:  # its message is for whoever runs the server
        _LOG.warning("%s", error)
        raise toast(NOT_HERE, "This model is not here") from error
    except (ValueError, WeightsError) as error:
        raise toast(str(error)) from error


@contextmanager
def about_field(field: str) -> Iterator[None]:
    """Name in errors the field of the page that they are about.

    Args:
        field: the end of its element id.

    Raises:
        FieldError: instead of a ValueError, with its message.
    """
    try:
        yield
    except ValueError as error:
        raise FieldError(str(error), field) from error
