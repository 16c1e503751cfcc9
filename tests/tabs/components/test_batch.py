"""Several pictures: the check of their headers, and their names in the zip."""

import pytest
from PIL import Image

from tabs.components.batch import MAX_PICTURES, read_heads, zip_stems
from tabs.languages.own_text import all_unmarked, unmarked
from tests.media.test_photos import BAD_FILES


def saved(folder, name, size=(40, 30), **options):
    folder.mkdir(exist_ok=True)
    Image.new("RGB", size).save(folder / name, **options)
    return str(folder / name)


@pytest.mark.parametrize("kind", [kind for kind in BAD_FILES if kind != "heavy"])
def test_a_bad_file_is_named_and_the_good_ones_are_used(tmp_path, kind):
    name, content, _ = BAD_FILES[kind]
    bad = tmp_path / name
    bad.write_bytes(content())
    good = [saved(tmp_path / "a", "one.png"), saved(tmp_path / "b", "two.png", (20, 50))]
    heads, notes = read_heads([good[0], str(bad), good[1]])
    kept = [head.size for head in heads]
    if kind == "truncated":  # visible only after its header
        assert kept == [(40, 30), (64, 64), (20, 50)]
    else:
        assert kept == [(40, 30), (20, 50)]
        assert unmarked(notes[0]).startswith(f"**{name} was left out.**")


def test_nothing_usable_gets_the_reason(tmp_path):
    (tmp_path / "x.png").write_bytes(b"")
    with pytest.raises(ValueError, match="empty"):
        read_heads([str(tmp_path / "x.png")])


@pytest.mark.parametrize("count", [0, MAX_PICTURES + 1])
def test_too_few_and_too_many_are_refused(tmp_path, count):
    with pytest.raises(ValueError, match=f"1 to {MAX_PICTURES} pictures"):
        read_heads([saved(tmp_path, "one.png")] * count)


def test_an_animation_is_named(tmp_path):
    frames = [Image.new("RGB", (20, 20), (k * 90, 0, 0)) for k in range(2)]
    path = saved(tmp_path, "film.gif", (20, 20), save_all=True, append_images=frames)
    assert all_unmarked(read_heads([path])[1]) == ["film.gif: first of its pictures."]


def test_names_in_the_zip_are_those_of_the_files_and_differ():
    paths = ["a/holiday.png", "b/holiday.jpg", "c/x.tar.png", "d/holiday.png", "e/holiday-2.png"]
    stems = zip_stems(paths)
    assert stems[:4] == ["holiday", "holiday-2", "x.tar", "holiday-3"]
    assert len(set(stems)) == len(paths)
