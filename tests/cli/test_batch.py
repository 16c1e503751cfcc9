"""Batches with unreadable pictures: the others are made, errors are reported at the end."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_models.cli.batch import Batch


def jpeg(side: int = 64) -> bytes:
    file = io.BytesIO()
    Image.effect_noise((side, side), 90).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def dot() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, "PNG")
    return file.getvalue()


BAD = {
    "broken off": jpeg()[:900],
    "empty": b"",
    "text": b"no picture at all",
    "a dot": dot(),
    "missing": None,
}


def batch_of(folder: Path, kinds: list[bytes | None], said: list[str]) -> Batch:
    """Good pictures (of some bytes) and bad ones, named 0.jpg and so on."""
    inputs = [folder / f"{k}.jpg" for k in range(len(kinds))]
    for path, data in zip(inputs, kinds, strict=True):
        if data is not None:
            path.write_bytes(data)
    return Batch(inputs, [folder / "out" / f"{path.stem}.png" for path in inputs], said.append)


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_the_others_are_made_and_the_bad_one_is_named(tmp_path, kind, place):
    kinds = [jpeg()] * 2
    kinds.insert(place, BAD[kind])
    batch = batch_of(tmp_path, kinds, [])
    batch.check_heads()
    batch.run(lambda photo: photo)
    with pytest.raises(ValueError, match=rf"1 of 3 .*{place}\.jpg.*The other 2 are in") as told:
        batch.report()
    assert "\n" not in str(told.value)
    made = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert made == [f"{k}.png" for k in range(3) if k != place]


def test_several_bad_ones_are_all_named(tmp_path):
    batch = batch_of(tmp_path, [*BAD.values(), jpeg()], [])
    batch.check_heads()
    batch.run(lambda photo: photo)
    with pytest.raises(ValueError, match="5 of 6") as told:
        batch.report()
    assert all(f"{k}.jpg" in str(told.value) for k in range(5))


def test_where_no_head_can_be_read_nothing_is_begun(tmp_path):
    batch = batch_of(tmp_path, [BAD["empty"], BAD["text"]], [])
    with pytest.raises(ValueError, match="2 of 2"):
        batch.check_heads()
    assert not (tmp_path / "out").exists()


def test_what_the_work_refuses_counts_as_bad(tmp_path):
    def refuse(photo):
        if photo.size == (32, 32):
            raise ValueError("The picture is 32x32, which is too small.")
        if photo.size == (48, 48):
            raise MemoryError
        return photo

    batch = batch_of(tmp_path, [jpeg(32), jpeg(48), jpeg(64)], [])
    batch.check_heads()
    batch.run(refuse)
    assert list(batch.faults.values()) == [
        "0.jpg: The picture is 32x32, which is too small.",
        "1.jpg: There is not enough memory for it.",
    ]


def test_the_error_of_a_single_picture_is_the_message(tmp_path):
    batch = batch_of(tmp_path, [BAD["broken off"]], [])
    batch.check_heads()
    batch.run(lambda photo: photo)
    with pytest.raises(ValueError, match=r"^0\.jpg is broken: .*\.$"):
        batch.report()


def test_readable_pictures_raise_nothing_and_animations_are_reported(tmp_path):
    said: list[str] = []
    film = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), (k * 50, 0, 0)) for k in range(3)]
    frames[0].save(film, "GIF", save_all=True, append_images=frames[1:])
    batch = batch_of(tmp_path, [jpeg(), film.getvalue()], said)
    batch.check_heads()
    batch.run(lambda photo: photo)
    batch.report()
    assert said == ["1.jpg is animated: its first picture is taken."]


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_few_used_bits_of_sixteen_are_reported(tmp_path, bits):
    said: list[str] = []
    values = np.random.RandomState(0).randint(0, 1 << bits, (40, 50)).astype(np.uint16)
    file = io.BytesIO()
    Image.fromarray(values).save(file, "PNG")
    batch = batch_of(tmp_path, [file.getvalue()], said)
    batch.run(lambda photo: photo)
    assert len(said) == 1
    assert "16 bits a channel" in said[0]


def test_dark_pictures_of_eight_bits_and_full_ones_of_sixteen_need_no_word(tmp_path):
    said: list[str] = []
    dark, full = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (20, 20), (5, 5, 5)).save(dark, "PNG")
    Image.fromarray(np.linspace(0, 65535, 400).reshape(20, 20).astype(np.uint16)).save(full, "PNG")
    batch = batch_of(tmp_path, [dark.getvalue(), full.getvalue()], said)
    batch.run(lambda photo: photo)
    assert said == []
