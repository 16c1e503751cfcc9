"""The languages of the page, and their catalogues."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from tabs.languages.translator import Translator

ENGLISH = "en"
NAMES = "names"  # the folder of names of classes
LANGUAGES = {ENGLISH: "English", "zh-CN": "简体中文"}
FOLDER = Path(__file__).parent
SCRIPT_TEXTS = ("scripts", "labels", "gradio")  # files of texts that the page's scripts show


def catalogue(language: str) -> dict[str, str]:
    """Template -> translation, from all JSON files of a language."""
    found: dict[str, str] = {}
    for path in sorted((FOLDER / language).glob("*.json")):
        found |= json.loads(path.read_text("utf-8"))
    return found


@functools.cache
def script_texts(language: str) -> dict[str, str]:
    """The texts of the page's scripts; none in English."""
    paths = [FOLDER / language / f"{name}.json" for name in SCRIPT_TEXTS]
    found: dict[str, str] = {}
    for path in paths if language != ENGLISH else ():
        found |= json.loads(path.read_text("utf-8"))
    return found


def in_all_languages(text: str) -> list[str]:
    """A text of the catalogue in every language."""
    return [into.text(text) if (into := translator(code)) else text for code in LANGUAGES]


@functools.cache
def translator(language: str) -> Translator | None:
    """The translator into a language; None for English."""
    return None if language == ENGLISH else Translator(catalogue(language))


@functools.cache
def name_translator(language: str) -> Translator | None:
    """As `translator`, for what may name a class: many of them are words of other meanings."""
    if language == ENGLISH:
        return None
    return Translator(catalogue(f"{language}/{NAMES}") | catalogue(language))
