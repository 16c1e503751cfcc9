"""The visible mark: off by default, in one corner, legible, and never over a small picture."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from gan_models.media.images import add_provenance, read_provenance, save_picture, save_png
from gan_models.media.mark import mark_text, marked
from gan_models.media.openraster import Layer, save_openraster
from gan_models.media.photos import read_clip
from gan_models.media.video import VideoWriter
from tests.media.test_provenance import FILMS, STILLS, noise

MADE = {"task": "latent", "seed": 3}


def changed(before: Image.Image, after: Image.Image) -> np.ndarray:
    """Which pixels differ clearly, [H, W]; lossy formats change all a little."""
    a, b = (np.asarray(picture.convert("RGB")).astype(int) for picture in (before, after))
    return np.abs(a - b).max(2) > 60


def plain(size: tuple[int, int] = (256, 192)) -> Image.Image:
    return add_provenance(Image.new("RGB", size, (120, 130, 140)), MADE)


@pytest.fixture
def switched_on(monkeypatch):
    monkeypatch.setenv("GANVAS_MARK", "1")


@pytest.mark.parametrize("value", [None, "", "0", "  "])
def test_there_is_none_unless_the_host_wants_it(monkeypatch, tmp_path, value):
    monkeypatch.delenv("GANVAS_MARK", raising=False)
    if value is not None:
        monkeypatch.setenv("GANVAS_MARK", value)
    picture = add_provenance(noise(size=(256, 256)), MADE)
    assert marked(picture) is picture
    save_png(picture, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as written:
        assert (np.asarray(written) == np.asarray(picture)).all()


@pytest.mark.parametrize("size", [(128, 128), (256, 192), (1024, 512), (512, 2000)])
def test_it_is_small_and_in_the_corner(switched_on, size):
    picture = plain(size)
    rows, columns = np.nonzero(changed(picture, marked(picture)))
    letters = min(size) / 14
    assert rows.min() >= size[1] - 1.5 * letters
    assert columns.min() >= size[0] - 3 * letters
    assert rows.max() == size[1] - 1
    assert columns.max() == size[0] - 1
    assert len(rows) < 0.02 * size[0] * size[1]
    corner = np.asarray(marked(picture))[rows.min() :, columns.min() :]
    assert corner.min() == 0
    assert corner.max() > 200  # light letters on a dark ground


@pytest.mark.parametrize("side", [16, 28, 64, 96, 125])
@pytest.mark.parametrize("text", ["1", "made by AI"])
def test_a_small_picture_is_left_as_it_is(monkeypatch, tmp_path, side, text):
    monkeypatch.setenv("GANVAS_MARK", text)
    for size in ((side, side), (side, 900), (900, side)):
        assert marked(plain(size)) is not None
        assert not changed(plain(size), marked(plain(size))).any()
    save_png(plain((side, side)), tmp_path / "a.png")
    assert read_provenance(tmp_path / "a.png") == MADE  # it still says what it is


@pytest.mark.parametrize("text", ["made by AI", "AI-generated: not a photograph, landscape"[:40]])
def test_a_text_of_ones_own_takes_at_most_half_of_the_width(monkeypatch, text):
    monkeypatch.setenv("GANVAS_MARK", text)
    assert mark_text() == text
    for size in ((700, 700), (600, 1200)):
        columns = np.nonzero(changed(plain(size), marked(plain(size))))[1]
        assert columns.min() >= size[0] // 2 - 1


@pytest.mark.parametrize("text", ["x" * 41, "人工智能", "a\nb", "é"])
def test_a_text_that_cannot_be_drawn_is_refused_with_what_to_do(monkeypatch, text):
    monkeypatch.setenv("GANVAS_MARK", text)
    with pytest.raises(ValueError, match="GANVAS_MARK must be"):
        mark_text()


@pytest.mark.parametrize("suffix", STILLS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_stills_of_every_format_get_it(switched_on, tmp_path, suffix, mode):
    if suffix == ".jpg" and mode == "RGBA":
        mode = "RGB"
    picture = add_provenance(plain().convert(mode), MADE)
    if mode == "RGBA":
        picture.putalpha(200)
    path = tmp_path / f"a{suffix}"
    save_picture(picture, path, STILLS[suffix])
    with Image.open(path) as written:
        assert changed(picture, written)[-16:, -16:].mean() > 0.5
        assert not changed(picture, written)[:96].any()
        if mode == "RGBA":
            assert written.getchannel("A").getpixel((255, 191)) == 255
    assert not changed(picture, plain()).any()  # the picture in memory stays
    save_picture(picture, path, STILLS[suffix], mark=False)
    with Image.open(path) as written:
        assert not changed(picture, written).any()


def test_a_picture_of_few_colours_gets_it_in_its_own(switched_on):
    for picture in (plain().quantize(4), plain().convert("1"), plain().convert("LA")):
        after = marked(picture)
        corner = np.asarray(after.convert("RGB"))[-16:, -16:]
        assert corner.min() == 0
        assert corner.max() > 200
        assert not changed(picture, after)[:96].any()


@pytest.mark.parametrize("suffix", FILMS)
def test_every_frame_gets_it_whatever_frame_has_the_provenance(switched_on, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    with VideoWriter(path, 8) as writer:
        writer.add(plain())
        writer.add(Image.new("RGB", (256, 192), (120, 130, 140)))
    for frame in read_clip(path).frames:
        assert changed(plain(), frame)[-16:, -16:].mean() > 0.5


@pytest.mark.parametrize("suffix", FILMS)
def test_what_is_not_generated_gets_none(switched_on, tmp_path, suffix):
    photo = Image.new("RGB", (256, 192), (120, 130, 140))
    with VideoWriter(tmp_path / f"a{suffix}", 8) as writer:
        writer.add(photo)
        writer.add(photo)
    for frame in read_clip(tmp_path / f"a{suffix}").frames:
        assert not changed(photo, frame).any()
    save_png(photo, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as written:
        assert not changed(photo, written).any()


def test_of_a_layered_file_the_label_map_gets_none(switched_on):
    file = io.BytesIO()
    label_map = Image.new("RGB", (256, 192), (10, 20, 30))
    save_openraster(file, [Layer("Picture", plain()), Layer("Map", label_map)])
    with zipfile.ZipFile(file) as archive:
        pictures = [
            Image.open(archive.open(name))
            for name in ("data/layer0.png", "mergedimage.png", "data/layer1.png")
        ]
    assert changed(plain(), pictures[0])[-16:, -16:].mean() > 0.5
    assert (np.asarray(pictures[0]) == np.asarray(pictures[1])).all()
    assert not changed(label_map, pictures[2]).any()


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("size", [(128, 128), (200, 333), (512, 300)])
def test_on_an_enlarged_picture_it_lies_over_the_enlarged_one(switched_on, size, scale):
    large = (size[0] * scale, size[1] * scale)
    twice = marked(marked(plain(size)).resize(large, Image.Resampling.NEAREST))
    left_over = changed(marked(plain(large)), twice)
    assert left_over.mean() < 0.002  # the rim, by rounding
    rows, columns = np.nonzero(left_over)
    assert not len(rows) or np.asarray(twice)[rows, columns].max() < 60  # of the dark ground
