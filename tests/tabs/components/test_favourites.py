"""Undo, links and favourites: valid and refused values of the browser."""

from __future__ import annotations

import pytest
from PIL import Image

from gan_models.media.images import read_provenance
from tabs.classes.state import ClassPick, ClassSheet
from tabs.components import favourite_list, links
from tabs.components.history import History
from tabs.components.upload import describe_upload
from tabs.latent.state import Sheet
from tabs.translate import state as translate
from tabs.translate.state import Favourite, Settings


def test_undo_and_redo_and_a_new_record_drops_undone_ones():
    past = History()
    assert past.current is None
    assert not past.can_undo
    assert not past.can_redo
    for record in "abbc":
        past = past.push(record)
    assert past.records == ("a", "b", "c")
    back = past.step(-1)
    assert (back.current, back.can_undo, back.can_redo) == ("b", True, True)
    assert back.step(-5).current == "a"
    assert back.step(9) == past
    assert back.push("d").records == ("a", "b", "d")


@pytest.mark.parametrize(
    ("query", "tab"),
    [
        ({"seeds": "3"}, "latent"),
        ({"model": "landscapes"}, "latent"),
        ({"tab": "classes", "model": "eyes-128"}, "classes"),
        ({"tab": "paint", "model": "paint"}, "paint"),
        ({"tab": "classes"}, None),
        ({"__theme": "dark"}, None),
    ],
)
def test_a_link_leads_to_one_tab(query, tab):
    found = [
        one for one in ("latent", "classes", "translate", "paint") if links.leads_to(query, one)
    ]
    assert found == ([tab] if tab else [])


def query_of(text: str) -> dict[str, str]:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(text.removeprefix("?")))


def test_links_of_every_tab_read_back_as_what_they_name():
    sheet = ClassSheet.read("eyes-128", "red", "7, 9", 0.6)
    query = query_of(sheet.query)
    assert ClassSheet.read(query["model"], query["class"], query["seeds"], query["psi"]) == sheet
    assert "tab" not in query_of(Sheet.read("landscapes", "3", 0.7).query)
    for settings in (Settings("vintage"), Settings("summer2winter", 0.35, True)):
        for example in (None, translate.EXAMPLES[-1]):
            path = str(example) if example else __file__
            made = translate.Result(settings, path, path, "")
            assert translate.read_link(query_of(made.query)) == (settings, example and str(example))


@pytest.mark.parametrize(
    "query",
    [
        {"model": "landscapes"},
        {"model": "vintage", "strength": "7"},
        {"model": "vintage", "strength": "nan"},
        {"model": "vintage", "example": "../../etc/passwd"},
        {},
    ],
)
def test_a_broken_link_to_translate_is_refused_with_a_message(query):
    with pytest.raises(ValueError, match=r"\w+ \w+ \w+"):
        translate.read_link(query)


def test_favourites_read_back_and_broken_ones_are_left_out(tmp_path):
    picture = favourite_list.picture_text(Image.new("RGBA", (900, 500), (200, 30, 30, 90)), 512)
    kept = Favourite(Settings("vintage", 0.5), "holiday", picture, picture)
    broken = [
        *({**kept.stored(), "photo": text} for text in ("", "file:///etc/passwd", picture + "*")),
        *({**kept.stored(), "model": "landscapes"}, {**kept.stored(), "strength": "much"}),
        *(None, 3, {}, [], {"model": "vintage"}),
    ]
    assert translate.read_favourites([*broken, kept.stored(), *broken]) == [kept]
    assert translate.read_favourites("nonsense") == []
    with Image.open(favourite_list.picture_file(kept.photo, "holiday")) as copy:
        assert copy.size == (512, 284)
    evil = Favourite.read({**kept.stored(), "name": "../../x"})
    assert "/" not in evil.name
    pick = ClassPick("eyes-128", "red", 42, 0.6)
    assert ClassPick.read(pick.stored()) == pick
    assert pick.sheet.pick(0) == pick


def test_a_provenance_of_another_tab_is_refused_and_one_of_translate_is_read(tmp_path):
    settings = Settings.read(
        {"task": "translation", "model": "vintage", "strength": 0.5, "keep_colours": True}
    )
    assert settings == Settings("vintage", 0.5, True)
    for provenance in ({"task": "latent", "model": "vintage"}, {"task": "translation"}):
        with pytest.raises(ValueError, match=r"another tab|broken"):
            Settings.read(provenance)
    Image.new("RGB", (20, 20)).save(tmp_path / "plain.png")
    with pytest.raises(ValueError, match="no Ganvas provenance"):
        read_provenance(tmp_path / "plain.png")


@pytest.mark.parametrize(("levels", "noted"), [(4095, True), (1023, True), (65535, False)])
def test_a_16_bit_picture_with_fewer_levels_gets_a_note(tmp_path, levels, noted):
    import numpy as np

    from gan_models import read_photo

    ramp = np.linspace(0, levels, 64 * 48).reshape(48, 64).astype(np.uint16)
    path = tmp_path / "camera.png"
    Image.fromarray(ramp).save(path)
    said = describe_upload(str(path), read_photo(path))
    assert said.startswith("64x48")
    assert ("stretch its levels" in said) == noted
