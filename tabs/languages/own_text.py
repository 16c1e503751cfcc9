"""Texts of a visitor: marked where the page writes them, so that no catalogue translates them.

The marks are Unicode's isolates (UAX 9), which nobody sees; what leaves the server has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

_OPEN, _CLOSE = "\u2068", "\u2069"  # first strong isolate, pop directional isolate
_LONGEST = 300  # letters of what is typed; hidden fields hold far more
_MARKS = re.compile(f"[{_OPEN}{_CLOSE}]")
_MARKED = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")


def own(text: str) -> str:
    """Mark a text as a visitor's own: a title, the name of a file, what they have typed.

    For what is shown through the page's boundary alone: files, JSON and values that handlers get
    back are given as they are.
    """
    return f"{_OPEN}{_MARKS.sub('', text)}{_CLOSE}" if text else text


def unmarked(text: str) -> str:
    """A text without the marks."""
    return _MARKS.sub("", text) if _OPEN in text or _CLOSE in text else text


def all_unmarked(value: Any) -> Any:
    """A value of lists and dictionaries, with `unmarked` texts."""
    if isinstance(value, str):
        return unmarked(value)
    if isinstance(value, dict):
        return {key: all_unmarked(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(map(all_unmarked, value))
    return value


def around_own(text: str, translate: Callable[[str], str]) -> str:
    """Translate what stands around the marked parts of a text, which come back as they were.

    Args:
        text: with or without marks.
        translate: gets it with a number, within the marks, in the place of each part.
    """
    parts: list[str] = []

    def number(match: re.Match[str]) -> str:
        parts.append(match[1])
        return f"{_OPEN}{len(parts) - 1}{_CLOSE}"

    found = translate(_MARKED.sub(number, text))
    return unmarked(_MARKED.sub(lambda match: parts[int(match[1])], found))


def words_sent(kinds: list[str], values: list[Any]) -> frozenset[str]:
    """What a visitor has typed, and the names of their files, in the values of a call.

    Args:
        kinds: block names of the components that the values are of.
        values: as the browser sent them.
    """
    found: set[str] = set()
    for kind, value in zip(kinds, values, strict=False):
        if kind == "textbox" and isinstance(value, str):
            found.update([value] if len(value) <= _LONGEST else [])
        else:
            found.update(_file_names(value))
    return frozenset(text for text in found if re.search("[A-Za-z]{2}", text))


def was_sent(text: str, sent: frozenset[str]) -> bool:
    """Whether a text stands, as words, in what a visitor has sent."""
    words = rf"(?<!\w){re.escape(text.strip())}(?!\w)"
    return any(re.search(words, one) for one in sent)


def _file_names(value: Any) -> Iterator[str]:
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            names = (one.get("orig_name"), one.get("path"))
            yield from (re.split(r"[/\\]", name)[-1] for name in names if isinstance(name, str))
