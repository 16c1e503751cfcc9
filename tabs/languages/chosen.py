"""The language of a visitor: their choice, else what their browser asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from http.cookies import CookieError, SimpleCookie

from tabs.languages.catalogue import ENGLISH, LANGUAGES, name_translator, translator
from tabs.languages.own_text import unmarked

HEADER = "x-ganvas-language"  # the page's scripts send it with each call
COOKIE = "ganvas_language"
_CURRENT: ContextVar[str] = ContextVar("language", default=ENGLISH)
_SENT: ContextVar[frozenset[str]] = ContextVar("sent", default=frozenset())
_CHINESE = re.compile(r"zh\b", re.IGNORECASE)
_MOST_LANGUAGES = 32  # of a header that are read


def current_language() -> str:
    """The language of the request that is being answered; one of `LANGUAGES`."""
    return _CURRENT.get()


def use_language(language: str) -> None:
    """Answer in this language from here on, in this request alone."""
    _CURRENT.set(language)


def keep_sent(words: frozenset[str]) -> None:
    """Translate none of these words, which the visitor has sent, in this request alone."""
    _SENT.set(words)


def translate(text: str) -> str:
    """A text in the language of the request that is being answered."""
    into = translator(current_language())
    return unmarked(text) if into is None else into.text(text, _SENT.get())


def translate_name(text: str) -> str:
    """As `translate`, for what may name a class."""
    into = name_translator(current_language())
    return unmarked(text) if into is None else into.text(text, _SENT.get())


def language_of(headers: Mapping[str, str]) -> str:
    """The language that a request is to be answered in, one of `LANGUAGES`.

    Args:
        headers: of the request, by names in lower case.
    """
    for wanted in (headers.get(HEADER), _cookie(headers.get("cookie", ""))):
        if wanted in LANGUAGES:
            return wanted
    return _accepted(headers.get("accept-language", ""))


def _cookie(header: str) -> str | None:
    try:
        morsel = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return None
    return None if morsel is None else morsel.value


def _accepted(header: str) -> str:
    """The best of `Accept-Language` (RFC 9110, section 12.5.4) that there is."""
    ranked: list[tuple[float, str]] = []
    for entry in header.split(",")[:_MOST_LANGUAGES]:
        tag, _, quality = entry.partition(";q=")
        try:
            ranked.append((-float(quality or 1), tag.strip()))
        except ValueError:
            continue
    for rank, tag in sorted(ranked, key=lambda pair: pair[0]):
        if rank < 0 and _CHINESE.match(tag):
            return "zh-CN"
        if rank < 0 and tag.lower().startswith(ENGLISH):
            return ENGLISH
    return ENGLISH
