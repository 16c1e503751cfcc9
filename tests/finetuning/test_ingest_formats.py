"""Ingest of folders of mixed formats: usual ones are accepted, others refused with a reason."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from gan_models.finetuning.ingest import ingest_pictures
from tests.finetuning.uploads import SIDE, encoded, photo


def deep() -> Image.Image:
    values = np.random.RandomState(3).randint(0, 65536, (6, 8)).astype(np.uint16)
    return Image.fromarray(np.kron(values, np.ones((8, 8), np.uint16)))


def grey_alpha() -> Image.Image:
    image = photo(4).convert("LA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


KINDS = {  # file name -> (picture, how it is saved)
    "one bit.png": (lambda: photo(1).convert("1"), "PNG"),
    "grey.png": (lambda: photo(2).convert("L"), "PNG"),
    "grey alpha.png": (grey_alpha, "PNG"),
    "palette.png": (lambda: photo(5).quantize(16), "PNG"),
    "palette.gif": (lambda: photo(6).quantize(16), "GIF"),
    "cmyk.jpg": (lambda: photo(7).convert("CMYK"), "JPEG"),
    "deep.png": (deep, "PNG"),
    "plain.webp": (lambda: photo(8), "WEBP"),
    "plain.avif": (lambda: photo(9), "AVIF"),
    "plain.bmp": (lambda: photo(10), "BMP"),
    "plain.tiff": (lambda: photo(11), "TIFF"),
    "plain.tga": (lambda: photo(12), "TGA"),
    "plain.jp2": (lambda: photo(13), "JPEG2000"),
    "plain.ppm": (lambda: photo(14), "PPM"),
    "UPPER.JPG": (lambda: photo(15), "JPEG"),
    "really a png.jpg": (lambda: photo(16), "PNG"),
}


def test_a_folder_of_mixed_kinds_is_taken_but_for_an_icon(tmp_path):
    (tmp_path / "in").mkdir()
    for name, (make, format) in KINDS.items():
        (tmp_path / "in" / name).write_bytes(encoded(make(), format))
    (tmp_path / "in" / "icon.ico").write_bytes(encoded(photo(17), "ICO"))
    found = sorted((tmp_path / "in").iterdir())
    verdicts = {v.name: v for v in ingest_pictures(found, tmp_path / "out", resolution=SIDE)}
    assert {name for name, verdict in verdicts.items() if not verdict.taken} == {"icon.ico"}
    assert "ICO file" in verdicts["icon.ico"].reason
    assert len(verdicts) == len(KINDS) + 1


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_read_as_the_picture_that_it_is(tmp_path, name):
    make, format = KINDS[name]
    (tmp_path / name).write_bytes(encoded(make(), format))
    (verdict,) = ingest_pictures([tmp_path / name], tmp_path / "out", resolution=SIDE)
    assert verdict.taken
    with Image.open(tmp_path / "out" / verdict.file) as taken:
        assert taken.convert("L").resize((8, 8)).getextrema()[1] > 40
