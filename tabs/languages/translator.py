"""Translates English texts by a catalogue of templates."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar

from tabs.languages.own_text import around_own, was_sent

_HOLE = re.compile(r"\{(\d+)\}")
_LETTERS = re.compile(r"[A-Za-z]{2}")
_TAG = re.compile(r"(<(?:script|style)\b.*?</(?:script|style)>|<[^<>]*>)", re.DOTALL)
_ATTRIBUTE = re.compile(
    r'(\s(?:aria-label|title|alt|placeholder|data-text-[a-z-]+)=)(["\'])(.*?)\2'
)
# what parts of a text are joined by, the coarsest first
_JOINTS = (
    re.compile(r"(\n\s*\n)"),
    re.compile(r"(\n(?:[-*] |#+ )?)"),
    re.compile(r"(?<=[.!?])( )"),
    re.compile(r"( · | — |; )"),
    re.compile(r"(?<=:)( )"),
    re.compile(r"(, )"),
)
_HAN = r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]"
_CHINESE_JOINTS = (
    (re.compile(rf"(?<={_HAN}), |, (?={_HAN})"), "，"),
    (re.compile(rf"(?<={_HAN}); |; (?={_HAN})"), "；"),
    (re.compile(r"(?<=[。！？；：，]) "), ""),
)
_SENTENCES = re.compile(r"[.!?] [A-Z]|\n")
_MARKUP = re.compile(r"^((?:#+ |[-*] |\d+\. )?(?:\*\*|`)?)(.*?)((?:\*\*|`)?[.:,]?)$", re.DOTALL)
_MEMORY = 8192  # translated texts that are remembered
_LONGEST = 4000  # letters that templates with holes are compared with
_SENT: ContextVar[frozenset[str]] = ContextVar("sent", default=frozenset())


class Translator:
    """Translates by templates.

    A template is an English text whose holes are `{0}`, `{1}`, …, in their order; its translation
    has the same holes in any order. What stands in a hole is translated, too, where the catalogue
    knows it, unless a visitor has sent it. What is marked by `own` stays.

    Args:
        catalogue: template -> translation.
    """

    def __init__(self, catalogue: Mapping[str, str]) -> None:
        self._texts: dict[str, str] = {}
        self._patterns: list[_Pattern] = []
        for template, translation in catalogue.items():
            if _HOLE.search(template):
                self._patterns.append(_Pattern(template, translation))
            else:
                self._texts[template] = translation
        self._patterns.sort(key=lambda pattern: -pattern.weight)  # the most definite first
        self._remembered: Callable[[str], str] = functools.lru_cache(_MEMORY)(self._text)

    def text(self, text: str, sent: frozenset[str] = frozenset()) -> str:
        """A text in the other language; what the catalogue does not know stays.

        Args:
            sent: what a visitor has typed and the names of their files; stays in holes.
        """
        before = _SENT.set(sent)
        try:
            return around_own(text, self._part)
        finally:
            _SENT.reset(before)

    def _part(self, text: str) -> str:
        return self._text(text) if _SENT.get() else self._remembered(text)

    def _text(self, text: str) -> str:
        bare = text.strip()
        if not _LETTERS.search(bare):
            return text
        found = self._whole(bare)
        if found is None:
            found = self._pieces(bare) if self._joint(bare) else self._loose(bare)
        start = text.index(bare)
        return text[:start] + found + text[start + len(bare) :]

    def knows(self, text: str) -> bool:
        """Whether the catalogue has a template of the whole text."""
        return self._whole(text.strip()) is not None

    def _whole(self, text: str, several: bool = False) -> str | None:
        """The translation of a whole text; `several`: a hole may hold several sentences."""
        if text in self._texts:
            return self._texts[text]
        for pattern in self._patterns if len(text) <= _LONGEST else ():
            values = pattern.match(text)
            if values and (several or not any(map(_SENTENCES.search, values))):
                return self._filled(pattern.translation, values)
        return None

    def _filled(self, translation: str, values: tuple[str, ...]) -> str:
        return _HOLE.sub(lambda hole: self._held(values[int(hole[1])]), translation)

    def _held(self, value: str) -> str:
        """What stands in a hole."""
        return value if was_sent(value, _SENT.get()) else self._part(value)

    def _joint(self, text: str) -> re.Pattern[str] | None:
        """Where a text falls into parts that are all known."""
        for joint in _JOINTS:
            parts = joint.split(text)[::2]
            if len(parts) > 1 and all(
                not _LETTERS.search(part) or self.knows(part) for part in parts
            ):
                return joint
        return None

    def _loose(self, text: str) -> str:
        found = self._whole(text, several=True)
        return self._pieces(text) if found is None else found

    def _pieces(self, text: str) -> str:
        """Translate the parts of a text that was put together from several."""
        if "<" in text and _TAG.search(text):
            return self.markup(text)
        for joint in _JOINTS:
            parts = joint.split(text)
            if len(parts) > 1:
                return _joined("".join(self._part(part) for part in parts))
        match = _MARKUP.match(text)
        if match and (match[1] or match[3]) and match[2]:
            return match[1] + self._part(match[2]) + match[3]
        return text

    def markup(self, text: str) -> str:
        """HTML whose texts, and attributes that people read, are translated."""
        parts = _TAG.split(text)
        for k, part in enumerate(parts):
            if k % 2:
                parts[k] = _ATTRIBUTE.sub(self._attribute, part)
            elif part.strip():
                known = html.unescape(part)
                translated = self._part(known)
                parts[k] = part if translated == known else html.escape(translated, quote=False)
        return "".join(parts)

    def _attribute(self, match: re.Match[str]) -> str:
        value = self._part(html.unescape(match[3]))
        return f"{match[1]}{match[2]}{html.escape(value)}{match[2]}"


def _joined(text: str) -> str:
    """Translated parts with the joints of a Chinese text, where that is what surrounds them."""
    for pattern, joint in _CHINESE_JOINTS:
        text = pattern.sub(joint, text)
    return text


class _Pattern:
    """A template with holes.

    Attributes:
        weight: its letters outside of holes.
        translation: with the same holes.
    """

    def __init__(self, template: str, translation: str) -> None:
        self.translation = translation
        self._literals = _HOLE.split(template)[::2]
        self.weight = sum(map(len, self._literals))
        self._pattern = re.compile("(.+?)".join(map(re.escape, self._literals)), re.DOTALL)

    def match(self, text: str) -> tuple[str, ...] | None:
        """What stands in the holes; None where the text is another one."""
        place = 0
        for literal in self._literals:  # much cheaper than the pattern, and nearly always enough
            place = text.find(literal, place)
            if place < 0:
                return None
            place += len(literal)
        found = self._pattern.fullmatch(text)
        return found.groups() if found else None
