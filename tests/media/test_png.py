"""Text chunks that are too large for Pillow are removed from a PNG; the rest is unchanged."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from gan_models.media.images import open_picture, read_provenance
from gan_models.media.label_maps import read_png
from gan_models.media.photos import read_clip, read_photo
from gan_models.media.png import MAX_NOTE_BYTES, MAX_NOTES_BYTES, without_large_notes

PIXELS = np.random.RandomState(0).randint(0, 12, (40, 50)).astype(np.uint8)
LARGE = b"history " * (MAX_NOTE_BYTES // 8 + 1)


def chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)


def itxt(keyword: bytes, text: bytes, packed: bool = True) -> bytes:
    head = keyword + (b"\0\1\0\0\0" if packed else b"\0\0\0\0\0")
    return chunk(b"iTXt", head + (zlib.compress(text) if packed else text))


def ztxt(text: bytes) -> bytes:
    return chunk(b"zTXt", b"Comment\0\0" + zlib.compress(text))


def png(before: bytes = b"", behind: bytes = b"", picture: Image.Image | None = None) -> bytes:
    """A PNG with chunks before and after its pixels."""
    file = io.BytesIO()
    (picture or Image.fromarray(PIXELS)).save(file, "PNG")
    data = file.getvalue()
    head, end = 8 + 12 + 13, len(data) - 12
    return data[:head] + before + data[head:end] + behind + data[end:]


NOTES = {
    "XMP": itxt(b"XML:com.adobe.xmp", LARGE),
    "a packed text": ztxt(LARGE),
    "a workflow": itxt(b"workflow", LARGE),
    "a colour profile": chunk(b"iCCP", b"scanner\0\0" + zlib.compress(LARGE)),
    "a vast one": ztxt(bytes(200 << 20)),
    "many together": ztxt(LARGE[: MAX_NOTE_BYTES - 9]) * 80,
    "plain ones together": chunk(b"tEXt", b"Comment\0" + LARGE) * 40,
    "a damaged one": chunk(b"zTXt", b"Comment\0\0" + b"nonsense"),
}


@pytest.mark.parametrize("place", ["before", "behind"])
@pytest.mark.parametrize("kind", NOTES)
def test_the_pixels_are_read_whatever_the_other_chunks(tmp_path, kind, place):
    path = tmp_path / "edited.png"
    path.write_bytes(png(**{place: NOTES[kind]}))
    assert (np.asarray(read_photo(path))[..., 0] == PIXELS).all()
    assert (np.asarray(read_png(path.read_bytes())) == PIXELS).all()
    with open_picture(path) as picture:
        assert sum(len(text) for text in picture.info.values() if isinstance(text, str)) < 40 << 20


def test_ordinary_files_are_read_in_place():
    for data in (png(), png(ztxt(b"small")), png(chunk(b"tEXt", b"a\0" + LARGE)), b"no PNG", b""):
        file = io.BytesIO(data)
        assert without_large_notes(file) == (file, None)
        assert file.tell() == 0


def test_a_provenance_beside_a_large_note_is_read(tmp_path):
    provenance = itxt(b"ganvas", b'{"seed": 7}', packed=False)
    (tmp_path / "a.png").write_bytes(png(provenance + NOTES["XMP"]))
    assert read_provenance(tmp_path / "a.png") == {"seed": 7}


def test_a_large_note_still_turns_the_picture(tmp_path):
    xmp = b'<x:xmpmeta tiff:Orientation="6">' + LARGE
    for packed in (True, False):
        notes = itxt(b"XML:com.adobe.xmp", xmp if packed else xmp * 40, packed)
        (tmp_path / "a.png").write_bytes(png(notes))
        assert read_photo(tmp_path / "a.png").size == (40, 50)


def test_an_animation_keeps_its_frames(tmp_path):
    file = io.BytesIO()
    first, *rest = [Image.new("RGB", (32, 24), (60 * k, 0, 0)) for k in range(4)]
    first.save(file, "PNG", save_all=True, append_images=rest, duration=250)
    data = file.getvalue()
    (tmp_path / "a.png").write_bytes(data[:33] + NOTES["XMP"] + data[33:])
    clip = read_clip(tmp_path / "a.png")
    assert clip.durations_ms == (250,) * 4
    assert [frame.getpixel((0, 0))[0] for frame in clip.frames] == [0, 60, 120, 180]


@pytest.mark.parametrize("length", [8, 12, 20, 33, 40, 100])
def test_a_truncated_file_is_left_to_pillow(length):
    file = io.BytesIO(png(NOTES["XMP"])[:length])
    assert without_large_notes(file) == (file, None)


def test_notes_are_never_unpacked_beyond_the_limit():
    bomb = ztxt(bytes(MAX_NOTE_BYTES)) * (3 * MAX_NOTES_BYTES // MAX_NOTE_BYTES)
    readable, _ = without_large_notes(io.BytesIO(png(bomb)))
    kept = readable.read().count(b"zTXt")
    assert kept <= MAX_NOTES_BYTES // MAX_NOTE_BYTES
