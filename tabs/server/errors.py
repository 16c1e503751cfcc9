"""Errors between the network and the page: one sentence for the visitor, none of it in the log.

What a visitor has sent (text, names and sizes of pictures) is not logged: a refused request is one
line that says where it was refused, a bug of ours the way through the code without its values.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from pathlib import Path

from tabs.server.folders import is_full

FULL = "The disk of this server is full; try again later."
UNREADABLE = "This request cannot be read; the page lists the calls and their values at ?view=api."
_LOG = logging.getLogger(__name__)
_ROOT = Path(__file__).parents[2]


class TooLargeError(Exception):
    """A request is larger than the page takes; the message is one sentence for the visitor."""


def refusal(error: BaseException) -> tuple[int, str]:
    """The HTTP status and the sentence for an error that came before any handler of ours."""
    for cause in _causes(error):
        if isinstance(cause, TooLargeError):
            return 413, str(cause)
    if is_full(error):
        return 503, FULL
    if is_ours(error):
        return 500, "Something went wrong on the server. Try again, or reload the page."
    return 400, UNREADABLE


def is_ours(error: BaseException) -> bool:
    """Whether an error was raised in our own code, other than in this package."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return False
    path = Path(frames[-1].filename)
    ours = [_ROOT / "tabs", _ROOT / "gan_models", _ROOT / "app.py"]
    return any(path.is_relative_to(top) for top in ours) and path.parent != Path(__file__).parent


def log_refused(where: str, error: BaseException) -> None:
    """Log in one line that a request was refused, and where in the code.

    Args:
        where: the kind of the request.
    """
    if is_full(error):
        _LOG.error("%s was refused: the disk is full or read-only", where)
        return
    _LOG.info("%s was refused: %s", where, _place(error))


def log_bug(what: str, error: BaseException) -> None:
    """Log the way through the code to a bug of ours, without its message and values."""
    lines = [what]
    for cause in _causes(error):
        lines.append(f"{type(cause).__name__} at")
        lines += [
            f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}'
            for frame in traceback.extract_tb(cause.__traceback__)
        ]
    _LOG.error("%s", "\n".join(lines))


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    at = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{at}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that caused it; of a group, the first one."""
    seen = 0
    while error is not None and seen < 16:
        yield error
        if isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        else:
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        seen += 1
