"""Extraction of pictures from archives and videos."""

from __future__ import annotations

import struct
import zipfile
from unittest import mock

import av
import pytest
from PIL import Image

from gan_models.finetuning import archives
from gan_models.finetuning.ingest import Limits, ingest_pictures, read_pictures
from tests.finetuning.uploads import SIDE, frames, photo, turned, zipped
from tests.media.films import write_film


def test_a_video_gives_a_few_frames_a_second(tmp_path):
    write_film(frames(24), tmp_path / "clip.mp4", fps=12)
    verdicts = ingest_pictures([tmp_path / "clip.mp4"], tmp_path / "in", resolution=SIDE)
    assert len(verdicts) == 8  # two seconds
    assert all(verdict.taken for verdict in verdicts)
    assert verdicts[1].name == "clip.mp4, frame 2"


@pytest.mark.parametrize(
    ("matrix", "left_becomes"),
    [((0, 1, -1, 0), "top"), ((0, -1, 1, 0), "bottom"), ((-1, 0, 0, -1), "right")],
)
def test_a_video_filmed_on_its_side_comes_upright(matrix, left_becomes, tmp_path):
    image = Image.new("RGB", (64, 48), "red")
    image.paste("blue", (32, 0, 64, 48))
    write_film([image] * 2, tmp_path / "clip.mp4", fps=2)
    (tmp_path / "clip.mp4").write_bytes(turned((tmp_path / "clip.mp4").read_bytes(), matrix))
    ingest_pictures([tmp_path / "clip.mp4"], tmp_path / "in", resolution=SIDE)
    (pixels,) = read_pictures(tmp_path / "in")
    middle = SIDE // 2
    spot = {"top": (3, middle), "bottom": (-4, middle), "right": (middle, -4)}[left_becomes]
    red, _, blue = pixels[spot].astype(int)
    assert red > 150 > blue


def test_a_video_whose_turn_makes_no_sense_stays_as_it_is(tmp_path):
    write_film([photo(0, (64, 48))], tmp_path / "clip.mp4", fps=2)
    content = turned((tmp_path / "clip.mp4").read_bytes(), (0, 0, 0, 0))
    (tmp_path / "clip.mp4").write_bytes(content)
    (item,) = archives.open_items(tmp_path / "clip.mp4", tmp_path / "x", archives.Budget(Limits()))
    assert item.image.size == (64, 48)


@pytest.mark.parametrize("kind", ["PatchWelcomeError", "ExternalError", "UnknownError"])
def test_a_damaged_video_is_refused_and_the_rest_is_taken(kind, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise getattr(av.error, kind)(1, "ffmpeg's own words")

    write_film(frames(4), tmp_path / "a.mp4", fps=4)
    photo(0).save(tmp_path / "b.png")
    monkeypatch.setattr(av, "open", fail)
    verdicts = ingest_pictures(
        [tmp_path / "a.mp4", tmp_path / "b.png"], tmp_path / "in", resolution=SIDE
    )
    assert [verdict.taken for verdict in verdicts] == [False, True]
    assert "damaged" in verdicts[0].reason


def zip64_with_a_directory_of(num, says):
    """A zip64 of one member, listed `num` times."""
    plain = zipped([("a", b"x")], zipfile.ZIP_STORED)
    start, end = plain.index(b"PK\x01\x02"), plain.index(b"PK\x05\x06")
    directory = plain[start:end] * num
    sizes = (says, says, len(directory), start)
    record = b"PK\x06\x06" + struct.pack("<Q2H2I4Q", 44, 45, 45, 0, 0, *sizes)
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, start + len(directory), 1)
    last = b"PK\x05\x06" + struct.pack("<4H2IH", 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0)
    return plain[:start] + directory + record + locator + last


@pytest.mark.parametrize(
    ("content", "listed"),
    [
        (zipped([(f"{i}.png", b"x") for i in range(5)]), False),
        (zip64_with_a_directory_of(5, says=5), False),
        (zip64_with_a_directory_of(500, says=1), False),
        (zip64_with_a_directory_of(5, says=1), True),  # few enough not to matter
    ],
    ids=["plain", "zip64", "a lie", "a small lie"],
)
def test_an_archive_of_too_many_is_refused_before_its_members_are_listed(
    content, listed, tmp_path, monkeypatch
):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    (tmp_path / "all.zip").write_bytes(content)
    with mock.patch.object(zipfile, "ZipFile", wraps=zipfile.ZipFile) as opened:
        (verdict,) = ingest_pictures([tmp_path / "all.zip"], tmp_path / "in", resolution=SIDE)
    assert verdict.reason == "It holds more than 2 files; pack fewer into one archive."
    assert opened.called == listed


def test_a_zip64_of_few_members_is_taken(tmp_path):
    (tmp_path / "all.zip").write_bytes(zip64_with_a_directory_of(2, says=2))
    verdicts = ingest_pictures([tmp_path / "all.zip"], tmp_path / "in", resolution=SIDE)
    assert [verdict.name for verdict in verdicts] == ["a", "a"]  # "x" is no picture, but looked at
