"""Pictures to download: PNGs with their provenance, JPEG and WebP, and their limits."""

import numpy as np
import pytest
from PIL import Image

from gan_models import read_provenance
from gan_models.media.images import add_provenance
from tabs.components.save_as import FORMATS, check_format, read_result, save_as, slider_pair


def noisy(mode="RGB", size=(60, 44)):
    picture = Image.effect_noise(size, 60).convert("RGB")
    if mode == "RGBA":
        picture.putalpha(Image.linear_gradient("L").resize(size))
    return picture


@pytest.mark.parametrize(("label", "suffix"), FORMATS)
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_every_format_holds_the_picture(tmp_path, label, suffix, mode):
    path = save_as(noisy(mode), tmp_path / "holiday.final", suffix)
    assert path.name == "holiday.final" + suffix
    with Image.open(path) as made:
        assert made.format == label.upper()
        assert made.size == (60, 44)
        assert ("A" in made.mode) == (mode == "RGBA" and suffix != ".jpg")


def test_a_png_is_exact_and_has_its_provenance(tmp_path):
    picture = add_provenance(noisy(), {"task": "restoration", "model": "x", "base": {"seed": 3}})
    path = save_as(picture, tmp_path / "one", ".png")
    assert read_provenance(path)["base"] == {"seed": 3}
    assert (np.asarray(read_result(str(path))) == np.asarray(picture)).all()


def test_a_jpeg_shows_transparency_as_white(tmp_path):
    clear = Image.new("RGBA", (32, 32), (200, 0, 0, 0))
    with Image.open(save_as(clear, tmp_path / "clear", ".jpg")) as made:
        assert np.asarray(made).min() > 250


@pytest.mark.parametrize(
    ("suffix", "size", "says"),
    [
        (".webp", (16_384, 20), "16383 px"),
        (".jpg", (20, 65_501), "65500 px"),
        (".bmp", (20, 20), "PNG, JPEG, WebP"),
        ("/../x.png", (20, 20), "PNG, JPEG, WebP"),
    ],
)
def test_a_picture_too_large_for_a_format_is_refused_with_what_to_do(suffix, size, says):
    with pytest.raises(ValueError, match=says):
        check_format(suffix, size)


def test_results_above_the_limits_of_uploads_are_read(tmp_path):
    Image.new("L", (14_000, 13_000)).save(tmp_path / "large.png")  # a bomb to Image.open
    assert read_result(str(tmp_path / "large.png")).size == (14_000, 13_000)


def test_a_result_that_is_gone_gets_a_sentence(tmp_path):
    with pytest.raises(ValueError, match="enlarge the picture again"):
        read_result(str(tmp_path / "gone.png"))


@pytest.mark.parametrize("size", [(64, 48), (400, 300), (1900, 900)])
def test_both_sides_of_a_slider_have_one_size(tmp_path, size):
    before = noisy(size=tuple(side // 4 for side in size))
    paths = slider_pair(before, noisy(size=size), tmp_path)
    sizes = [Image.open(path).size for path in paths]
    assert sizes[0] == sizes[1]
    assert max(sizes[0]) == min(max(size), 1600)
