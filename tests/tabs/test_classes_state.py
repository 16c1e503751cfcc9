"""Values of the Classes tab from a page, a program or a provenance."""

import pytest

from tabs.classes.favourites import read_class_provenance
from tabs.classes.state import (
    ClassSheet,
    chosen_classes,
    morph_ends,
    pad_weights,
    read_weights,
    search_classes,
    write_weights,
)

EYES = "eyes-128"


def test_a_search_finds_parts_of_names_best_first():
    assert search_classes(EYES, "") == list(search_classes(EYES, " "))
    assert search_classes(EYES, "GR") == ["gray", "grayscale", "green"]
    assert search_classes(EYES, "ay") == ["gray", "grayscale"]
    assert search_classes(EYES, "purple") == []


def test_a_morph_takes_from_a_what_does_not_change():
    ends = ("red", 1, "blue", 2)
    a, b = morph_ends(EYES, "class", *ends)
    assert (a.seed, b.seed, b.class_name) == (1, 1, "blue")
    a, b = morph_ends(EYES, "class", "red", 1, "red", 2)  # two pictures of one class
    assert (a.seed, b.seed) == (1, 2)
    a, b = morph_ends(EYES, "z", *ends)
    assert (b.seed, a.class_name, b.class_name) == (2, "red", "red")
    a, b = morph_ends(EYES, "both", *ends)
    assert (b.seed, b.class_name) == (2, "blue")


def test_weights_are_read_and_written():
    assert read_weights(EYES, "green 2, red 0.5; green 1") == {"green": 3.0, "red": 0.5}
    assert read_weights(EYES, write_weights({"green": 0.25, "red": 0.75})) == {
        "green": 0.25,
        "red": 0.75,
    }


def test_the_corners_of_the_pad_are_the_classes():
    corners = ["amber", "blue", "brown", "gray"]
    for place, name in (("0,0", "amber"), ("1,0", "blue"), ("0,1", "brown"), ("1,1", "gray")):
        weights = pad_weights(corners, place)
        assert weights[name] == 1
        assert sum(weights.values()) == 1
    assert set(pad_weights(corners, "0.5,0.5").values()) == {0.25}
    assert pad_weights(["amber", "amber", "amber", "amber"], "0.3,0.9") == {
        "amber": pytest.approx(1)
    }


def test_provenances_come_back_as_sheets():
    facts = {"task": "class", "model": EYES, "truncation_psi": 0.7}
    sheet = read_class_provenance({**facts, "class_name": "red", "seed": 3})
    assert sheet == ClassSheet(EYES, "red", (3,), 0.7)
    morph = {"seed_a": 1, "class_a": "red", "seed_b": 2, "class_b": "blue", "t": 0.5}
    assert read_class_provenance({**facts, **morph}).class_name == "red"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: ClassSheet.read(EYES, "purple", "0", 1), "no class 'purple'"),
        (lambda: ClassSheet.read("../../etc", "red", "0", 1), "no such model"),
        (lambda: ClassSheet.read(EYES, "red", "0-64", 1), "At most 64"),
        (lambda: chosen_classes(EYES, None, 9, 64), "more than 64"),
        (lambda: read_weights(EYES, "green"), "with a weight"),
        (lambda: read_weights(EYES, ""), "No weights"),
        (lambda: pad_weights(["a"] * 4, "cat"), "two numbers"),
        (lambda: pad_weights(["a", None, "a", "a"], "0.5,0.5"), "no class"),
        (lambda: morph_ends(EYES, "both", "red", None, "blue", 1), "No seeds"),
        (lambda: read_class_provenance({"task": "latent"}), "another tab"),
        (lambda: read_class_provenance({"task": "class"}), "broken"),
    ],
)
def test_mistakes_get_a_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call()
