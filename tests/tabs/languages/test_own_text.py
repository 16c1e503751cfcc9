"""What a visitor has written is never translated, wherever it stands."""

from __future__ import annotations

import pytest

from tabs.languages.own_text import all_unmarked, own, unmarked, words_sent
from tabs.languages.translator import Translator

CATALOGUE = {
    "Cats": "猫",
    "finished": "已完成",
    "Yours: {0}": "你的：{0}",
    "step {0}": "第 {0} 步",
    "{0} is broken.": "{0} 已损坏。",
    "{0} was left out.": "{0} 未包含在内。",
    '"{0}" is not a seed.': "“{0}”不是种子。",
}


@pytest.fixture
def text():
    return Translator(CATALOGUE).text


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (own("Cats"), "Cats"),
        (f"{own('Cats')} · finished", "Cats · 已完成"),
        (f"Cats · {own('finished')}", "猫 · finished"),
        (f"Yours: {own('Cats')}, step 3", "你的：Cats，第 3 步"),
        (f"**{own('Cats, finished')} was left out.**", "**Cats, finished 未包含在内。**"),
        (
            f"<b>{own('Cats')}</b><i title='{own('Cats')}'>Cats</i>",
            "<b>Cats</b><i title='Cats'>猫</i>",
        ),
        (f"{own('Cats')} and {own('finished')}", "Cats and finished"),
        (own("0") + own("1"), "01"),
    ],
)
def test_marked_parts_stay_and_the_rest_is_translated(text, given, wanted):
    assert text(given) == wanted
    assert text(given) == wanted  # when it is remembered, too


def test_a_mark_within_a_text_of_a_visitor_does_no_harm(text):
    evil = own(f"Cats{own('Cats')}") + " · finished"
    assert text(evil) == "CatsCats · 已完成"
    assert text("\u2068Cats") == "Cats"


def test_an_empty_text_needs_no_mark():
    assert own("") == ""


def test_what_was_sent_stays_in_the_holes_of_sentences(text):
    sent = frozenset({"Cats, 5", "Cats.png"})
    assert text('"Cats" is not a seed.') == "“猫”不是种子。"
    assert text('"Cats" is not a seed.', sent) == "“Cats”不是种子。"
    assert text("Cats, 5 is broken.", sent) == "Cats, 5 已损坏。"
    assert text("Cats.png is broken.", sent) == "Cats.png 已损坏。"
    assert text('"Cats" is not a seed.') == "“猫”不是种子。"  # in that call alone


def test_typed_texts_and_names_of_files_are_found_among_the_values_of_a_call():
    values = [
        "Cats",
        "faces-64",
        {"path": "/tmp/x/Cats.png"},
        [{"orig_name": "Dogs.png"}],
        3,
        "0-8",
    ]
    kinds = ["textbox", "dropdown", "image", "file", "slider", "textbox"]
    assert words_sent(kinds, values) == {"Cats", "Cats.png", "Dogs.png"}


def test_what_scripts_put_into_hidden_fields_is_not_typed():
    assert not words_sent(["textbox"], ["seed " * 1000])


def test_no_mark_leaves_the_server():
    assert unmarked(f"{own('Cats')} · finished") == "Cats · finished"
    value = {"a": [own("x"), (own("y"), 1)], "b": None}
    assert all_unmarked(value) == {"a": ["x", ("y", 1)], "b": None}
