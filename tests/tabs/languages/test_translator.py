"""Translations by templates: wholes, parts, HTML, and texts that nobody knows."""

import time

import pytest

from tabs.languages.translator import Translator

CATALOGUE = {
    "Sample": "采样",
    "Your picture": "你的图片",
    "with transparency": "带透明度",
    "Seeds are 0 to {0}, not {1}.": "种子应为 0 到 {0}，而不是 {1}。",
    "{0} pictures of {1}": "{1}的 {0} 张图片",
    "{0} of {1}": "{1} 中的 {0}",
    "Choose another model.": "请另选模型。",
    "Cats": "猫",
    "salt & oil": "甲和乙",
}


@pytest.fixture
def text():
    return Translator(CATALOGUE).text


def test_a_whole_text(text):
    assert text("Sample") == "采样"
    assert text("  Sample\n") == "  采样\n"


def test_holes_are_filled_in_the_order_of_the_translation(text):
    assert text("Seeds are 0 to 7, not 9.") == "种子应为 0 到 7，而不是 9。"
    assert text("3 pictures of Cats") == "猫的 3 张图片"  # the more definite template, and its hole


def test_what_stands_in_a_hole_may_have_lines_and_signs(text):
    assert text("Seeds are 0 to 7, not a.b*(\n{0}.") == "种子应为 0 到 7，而不是 a.b*(\n{0}。"


def test_parts_are_translated_where_the_whole_is_not_known(text):
    assert text("640x480, with transparency") == "640x480，带透明度"
    assert text("# Sample\n\n- **Cats**\n- Sample") == "# 采样\n\n- **猫**\n- 采样"
    assert text("Seeds are 0 to 7, not 9. Choose another model.").endswith("请另选模型。")


def test_html_keeps_its_tags_and_escapes(text):
    html = (
        '<b title="Cats" class="Sample">Sample</b><i aria-label="salt &amp; oil">salt &amp; oil</i>'
    )
    assert text(html) == '<b title="猫" class="Sample">采样</b><i aria-label="甲和乙">甲和乙</i>'
    assert text("<script>Sample</script><p>&lt;b&gt;</p>") == (
        "<script>Sample</script><p>&lt;b&gt;</p>"
    )


def test_a_translation_in_html_is_escaped():
    assert Translator({"less": "<小>"}).text("<p>less</p>") == "<p>&lt;小&gt;</p>"


@pytest.mark.parametrize("other", ["", "42", "…", "Nobody knows this", "seed00000003.png", "{0}"])
def test_other_texts_stay(text, other):
    assert text(other) == other


def test_knows_only_whole_texts():
    assert Translator(CATALOGUE).knows("5 of 6")
    assert not Translator(CATALOGUE).knows("Sample. Cats")


def test_hostile_texts_are_not_slow():
    text = Translator({f"{{0}} a {{1}} b {{2}} {k}": "{0}{1}{2}" for k in range(50)}).text
    began = time.process_time()
    text("a b " * 20_000)
    text(" a" * 1900 + " b x")
    assert time.process_time() - began < 20  # not a speed: a pattern that explodes takes hours
