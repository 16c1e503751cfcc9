"""Every text that a visitor may read has a translation, and every translation its holes."""

import json
import re
from pathlib import Path

import pytest

from tabs.languages.catalogue import ENGLISH, FOLDER, LANGUAGES, NAMES, catalogue
from tests.tabs.languages.texts import (
    ROOT,
    data_texts,
    markup_texts,
    script_texts,
    source_files,
    templates,
)

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
NOT_SHOWN = set(json.loads((Path(__file__).parent / "not_shown.json").read_text("utf-8")))
HOLE = re.compile(r"\{\d+\}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def found_texts() -> dict[str, str]:
    """Text -> where it stands."""
    found = {}
    for path in source_files():
        for line, text in templates(path.read_text("utf-8")):
            found.setdefault(text, f"{path.relative_to(ROOT)}:{line}")
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_of_the_source_lacks_a_translation(language):
    known = catalogue(language)
    missing = {
        text: place
        for text, place in found_texts().items()
        if text not in known and text not in NOT_SHOWN
    }
    assert not missing, json.dumps(missing, indent=1, ensure_ascii=False)


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_of_scripts_html_and_data_lacks_a_translation(language):
    texts = {text for text in script_texts() | markup_texts() if re.search("[A-Za-z]{2}", text)}
    known = catalogue(language) | catalogue(f"{language}/{NAMES}")
    assert not {text for text in texts | data_texts() if text not in known}


def test_what_is_not_shown_stands_in_the_source_and_has_no_translation():
    assert not NOT_SHOWN - set(found_texts())
    for language in OTHERS:
        assert not NOT_SHOWN & set(catalogue(language))


@pytest.mark.parametrize("language", OTHERS)
def test_translations_have_the_holes_of_their_texts(language):
    wrong = [
        text
        for text, translation in catalogue(language).items()
        if set(HOLE.findall(text)) != set(HOLE.findall(translation)) or not translation.strip()
    ]
    assert not wrong


def test_translations_are_chinese():
    bare = [text for text, translation in catalogue("zh-CN").items() if text == translation]
    assert not [text for text in bare if re.search(r"[a-z]{3,} [a-z]{3,}", text)]
    share = sum(bool(CHINESE.search(text)) for text in catalogue("zh-CN").values())
    assert share / len(catalogue("zh-CN")) > 0.95


def test_visitors_are_addressed_in_one_form():
    texts = {**catalogue("zh-CN"), "README": (ROOT / "README.zh-CN.md").read_text("utf-8")}
    assert not [text for text, translation in texts.items() if "您" in translation]


def test_no_text_is_in_two_files_with_two_translations():
    for language in OTHERS:
        seen: dict[str, str] = {}
        for path in sorted((FOLDER / language).rglob("*.json")):
            for text, translation in json.loads(path.read_text("utf-8")).items():
                assert seen.setdefault(text, translation) == translation, text


def test_a_new_text_would_be_found():
    source = (
        'def f(n):\n    "A docstring."\n    raise ValueError(f"There are {n} cats; take fewer.")'
    )
    assert [text for _, text in templates(source)] == ["There are {0} cats; take fewer."]
