"""Pictures: tensors, provenances, and files from outside."""

import io
import json
import struct
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from gan_models.media.images import (
    add_provenance,
    from_pil,
    grid,
    open_picture,
    read_provenance,
    save_png,
    to_pil,
)


def test_tensors_become_pictures_and_the_reverse():
    images = torch.linspace(-1, 1, 2 * 3 * 4 * 6).reshape(2, 3, 4, 6)
    pictures = to_pil(images)
    assert [picture.size for picture in pictures] == [(6, 4), (6, 4)]
    assert (from_pil(pictures) - images).abs().max() <= 0.5 / 127.5 + 1e-6


def test_values_outside_the_range_are_clamped_and_grey_becomes_rgb():
    picture = to_pil(torch.tensor([[[[-3.0, 3.0]]]]))[0]
    assert np.asarray(picture).tolist() == [[[0, 0, 0], [255, 255, 255]]]


def test_a_provenance_is_stored_inside_the_png(tmp_path):
    provenance = {"model": "faces-64", "seed": 7, "note": "ψ and 雪"}
    save_png(add_provenance(Image.new("RGB", (16, 16)), provenance), tmp_path / "a.png")
    assert read_provenance(tmp_path / "a.png") == provenance


def test_a_picture_without_a_provenance_is_refused_with_advice(tmp_path):
    save_png(Image.new("RGB", (16, 16)), tmp_path / "a.png")
    with pytest.raises(ValueError, match="drop a picture or film that was downloaded"):
        read_provenance(tmp_path / "a.png")


def test_a_broken_provenance_is_no_provenance(tmp_path):
    picture = Image.new("RGB", (16, 16))
    picture.info["ganvas"] = json.dumps([1, 2])
    save_png(picture, tmp_path / "a.png")
    with pytest.raises(ValueError, match="no Ganvas provenance"):
        read_provenance(tmp_path / "a.png")


def bomb_png(width: int, height: int) -> bytes:
    """A small file whose header says that it is a huge picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width // 8 + 1) * height), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg_bytes() -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((64, 64), 80).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("empty.png", b"", "empty"),
        ("page.png", b"<html><body>hello</body></html>", "no picture"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
        ("bomb.png", bomb_png(12_000, 12_000), "144 megapixels"),
        ("huge.png", bomb_png(30_000, 30_000), "no picture|megapixels"),
        ("thin.png", bomb_png(4_000, 3), "shorter side"),
        ("cut.jpg", jpeg_bytes()[:200], "no picture|broken|no Ganvas"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path, name, data, says):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ValueError, match=says):
        read_provenance(path)


def test_opening_does_not_decode(tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(bomb_png(8_000, 7_000))
    with open_picture(path) as picture:
        assert picture.size == (8_000, 7_000)


def test_a_grid_holds_all_pictures_in_order():
    pictures = [Image.new("RGB", (4, 2), (shade, 0, 0)) for shade in range(5)]
    sheet = grid(pictures)
    assert sheet.size == (12, 4)
    assert [sheet.getpixel((4 * (k % 3), 2 * (k // 3)))[0] for k in range(5)] == [0, 1, 2, 3, 4]
