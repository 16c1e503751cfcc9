"""`enlarge` on the command line: one PNG an input, of exactly the size asked for."""

import json
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from gan_models import load_pipeline, read_photo, read_provenance
from gan_models.cli.main import main
from tests.cli.test_main import refused
from tests.pipelines.test_translation import picture

FAST = "real-esrgan-fast-x4"


@pytest.mark.parametrize(
    ("scale", "factor"), [((), 4), (("--scale", "2"), 2), (("--scale", "3"), 3)]
)
def test_each_input_gives_one_png_of_exactly_that_size(tmp_path, scale, factor):
    sizes = {"one.png": (40, 30), "two.jpg": (33, 47), "three.webp": (64, 16)}
    for name, size in sizes.items():
        picture(*size).save(tmp_path / name)
    out = tmp_path / "new" / "folder"
    inputs = [str(tmp_path / name) for name in sizes]
    assert main(["enlarge", FAST, *inputs, *scale, "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["one.png", "three.png", "two.png"]
    for name, (width, height) in sizes.items():
        path = out / f"{name.partition('.')[0]}.png"
        with Image.open(path) as made:
            assert made.size == (factor * width, factor * height)
        assert read_provenance(path)["scale"] == factor
    made = np.asarray(load_pipeline(FAST).enlarge(read_photo(tmp_path / "one.png"), factor))
    assert np.abs(np.asarray(read_photo(out / "one.png")).astype(int) - made).max() <= 1


def test_a_picture_of_ours_keeps_its_provenance_as_base(tmp_path):
    sampled, out = tmp_path / "sampled", tmp_path / "large"
    assert main(["sample", "faces-64", "--seeds", "7", "--out", str(sampled)]) == 0
    (path,) = sampled.iterdir()
    assert main(["enlarge", FAST, str(path), "--out", str(out)]) == 0
    provenance = read_provenance(out / path.name)
    assert (provenance["model"], provenance["base"]["model"]) == (FAST, "faces-64")
    assert provenance["base"]["seed"] == 7


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["enlarge", FAST, "a.png", "sub/a.jpg", "--out", "x"], "Two inputs are named a"),
        (["enlarge", FAST, "a.png", "b.jpg", "--out", "."], "would be overwritten"),
        (["enlarge", FAST, "sub/a.jpg", "a.png", "--out", "."], "Two inputs are named a"),
        (["enlarge", FAST, "a.png", "--scale", "5", "--out", "x"], "1 to 4 times"),
        (["enlarge", FAST, "a.png", "--scale", "0", "--out", "x"], "1 to 4 times"),
        (["enlarge", FAST, "a.png", "--scale", "nan", "--out", "x"], "1 to 4 times"),
        (["enlarge", FAST, "a.png", "--scale", "two", "--out", "x"], "invalid float"),
        (["enlarge", FAST, "no.png", "--out", "x"], "no file"),
        (["enlarge", FAST, "a.png", "--out", "x.png"], "must be a folder"),
        (["enlarge", "faces-64", "a.png", "--out", "x"], "choose from real-esrgan-x4"),
        (["enlarge", "nobody", "a.png", "--out", "x"], "no model"),
        (["enlarge", FAST, "--out", "x"], "IN"),
        (["enlarge", FAST, "a.png"], "--out"),
        (["translate", FAST, "a.png", "--out", "x"], "restoration model"),
    ],
    ids=str,
)
def test_mistakes_are_refused_before_any_work(capsys, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for name in ("a.png", "b.jpg", "sub/a.jpg"):
        picture(32, 32).save(tmp_path / name)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert says in refused(capsys, *arguments)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def bomb() -> bytes:
    """A PNG of 60,000 x 60,000 pixels in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def write_odd(kind: str, path) -> None:
    base = picture(40, 24)
    if kind == "bomb":
        path.write_bytes(bomb())
    elif kind == "truncated":
        picture(200, 200).save(path, "JPEG", quality=95)
        path.write_bytes(path.read_bytes()[:2000])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("no picture")
    elif kind == "1 x 1":
        Image.new("RGB", (1, 1)).save(path, "PNG")
    elif kind == "CMYK":
        base.convert("CMYK").save(path, "JPEG")
    elif kind == "16 bit":
        grey = np.asarray(base.convert("L")).astype(np.uint16) * 257
        Image.fromarray(grey).save(path, "PNG")
    elif kind == "palette with transparency":
        base.quantize(8).save(path, "PNG", transparency=2)
    elif kind == "EXIF orientation":
        exif = Image.Exif()
        exif[0x0112] = 8
        base.save(path, "JPEG", exif=exif)


TAKEN = {
    "CMYK": ("RGB", (80, 48)),
    "16 bit": ("RGB", (80, 48)),
    "palette with transparency": ("RGBA", (80, 48)),
    "EXIF orientation": ("RGB", (48, 80)),
}


@pytest.mark.parametrize("kind", ["bomb", "truncated", "empty", "text", "1 x 1"])
def test_bad_files_get_one_sentence_and_leave_nothing(kind, tmp_path, capsys):
    path, out = tmp_path / "in.png", tmp_path / "out"
    write_odd(kind, path)
    error = refused(capsys, "enlarge", FAST, str(path), "--out", str(out))
    assert "in.png" in error
    assert not out.exists() or not list(out.iterdir())


@pytest.mark.parametrize("kind", TAKEN)
def test_odd_pictures_are_taken(kind, tmp_path):
    path, out = tmp_path / "in.png", tmp_path / "out"
    write_odd(kind, path)
    assert main(["enlarge", FAST, str(path), "--scale", "2", "--out", str(out)]) == 0
    with Image.open(out / "in.png") as made:
        assert (made.mode, made.size) == TAKEN[kind]


def test_a_result_over_the_limit_is_one_sentence(tmp_path, capsys):
    Image.new("RGB", (5000, 4000), (90, 120, 60)).save(tmp_path / "large.png")
    arguments = ["enlarge", FAST, str(tmp_path / "large.png"), "--out", str(tmp_path / "out")]
    assert "at most 256 are made" in refused(capsys, *arguments)


def test_a_long_one_is_said_before_it_begins(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("gan_models.cli.commands.NOTICE_SECONDS", 0)
    picture(32, 32).save(tmp_path / "in.png")
    main(["enlarge", FAST, str(tmp_path / "in.png"), "--out", str(tmp_path / "out")])
    assert "32x32 becomes 128x128" in capsys.readouterr().out


def test_the_list_tells_of_them(capsys):
    assert main(["list", "--json"]) == 0
    rows = {row["id"]: row for row in json.loads(capsys.readouterr().out)}
    for model in ("real-esrgan-x4", "real-esrgan-anime-x4", FAST):
        assert rows[model]["task"] == "restoration"
        assert rows[model]["licence"] == "BSD-3-Clause"
        assert rows[model]["available"]
    for model in ("real-esrgan-general-x4", "real-esrgan-x2"):
        assert rows[model]["available"] or f"fetch {model}" in rows[model]["reason"]
