"""Ingest: uploads are accepted or refused with a reason; nothing is written outside the folder."""

from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw, PngImagePlugin

from gan_models.finetuning import archives, ingest
from gan_models.finetuning.ingest import CropData, Limits, ingest_pictures, preview, read_pictures
from tests.finetuning.uploads import SIDE, encoded, frames, photo, zipped


def png_of_size(width, height):
    """A PNG with a huge declared size and little data."""

    def chunk(kind, content):
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(3 * 1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def animation(format):
    first, *rest = frames(5)
    return encoded(first, format, save_all=True, append_images=rest, duration=100)


def palette():
    image = photo(3).quantize(16)
    return encoded(image, "PNG", transparency=2)


def cut_out():
    image = photo(4).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return encoded(image)


def invisible():
    image = photo(4).convert("RGBA")
    image.putalpha(0)
    return encoded(image)


def grey_16_bit():
    values = np.linspace(0, 65535, 48 * 60).reshape(48, 60).astype(np.uint16)
    return encoded(Image.fromarray(values))


def link_in_a_zip():
    info = zipfile.ZipInfo("link.png")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return file.getvalue()


def locked_zip():
    """A zip with the encryption flag set in both headers."""
    content = bytearray(zipped([("a.png", encoded(photo()))], zipfile.ZIP_STORED))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    return bytes(content)


def lying_zip():
    """A zip that declares its member smaller than it is."""
    content = zipped([("a.png", bytes(3_000_000))])
    return content.replace(struct.pack("<I", 3_000_000), struct.pack("<I", 1000))


def png_that_mentions_svg():
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "made from <svg>")
    return encoded(photo(), pnginfo=notes)


UPLOADS = {  # file name -> (content, number taken, what a reason says)
    "plain.png": (lambda: encoded(photo()), 1, None),
    "plain.jpg": (lambda: encoded(photo(), "JPEG"), 1, None),
    "png named.jpg": (lambda: encoded(photo()), 1, None),
    "truncated.png": (lambda: encoded(photo())[:900], 0, "damaged|too early"),
    "truncated.jpg": (lambda: encoded(photo(), "JPEG")[:900], 0, "damaged|too early"),
    "bomb.png": (lambda: png_of_size(30_000, 30_000), 0, "megapixels"),
    "large.png": (lambda: png_of_size(9000, 9000), 0, "81 megapixels"),
    "lying.png": (lambda: png_of_size(500, 500), 0, "damaged|too early"),
    "many bytes.bmp": (lambda: b"BM" + bytes(50_100_000), 0, "50 MB"),
    "drawing.svg": (lambda: b'<?xml version="1.0"?><svg><rect/></svg>', 0, "SVG"),
    "bare.svg": (lambda: b"\xef\xbb\xbf\n<SVG></SVG>", 0, "SVG"),
    "from a drawing.png": (png_that_mentions_svg, 1, None),
    "words.txt": (lambda: b"not a picture", 0, "no picture"),
    "page.png": (lambda: b"<!doctype html><html></html>", 0, "no picture"),
    "empty.png": (lambda: b"", 0, "empty"),
    "dot.png": (lambda: encoded(photo(0, (1, 1))), 0, "16 px"),
    "strip.png": (lambda: encoded(photo(0, (400, 8))), 0, "16 px"),
    "long.png": (lambda: encoded(photo(0, (4000, 20))), 1, None),
    "deep.png": (grey_16_bit, 1, None),
    "float.tiff": (
        lambda: encoded(Image.fromarray(np.eye(40, dtype=np.float32)), "TIFF"),
        1,
        None,
    ),
    "print.jpg": (lambda: encoded(photo().convert("CMYK"), "JPEG"), 1, None),
    "palette.png": (palette, 1, None),
    "cut out.png": (cut_out, 1, None),
    "invisible.png": (invisible, 0, "transparent"),
    "moving.gif": (lambda: animation("GIF"), 5, None),
    "moving.webp": (lambda: animation("WEBP"), 5, None),
    "moving.png": (lambda: animation("PNG"), 5, None),
    "broken.gif": (lambda: animation("GIF")[:-3000], None, "damaged|too early"),
    "ghost.eps": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 40 40\n", 0, "EPS"),
    "phone.heic": (lambda: b"\0\0\0\x18ftypheic" + bytes(100), 0, "HEIC"),
    "playlist.mp4": (lambda: b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", 0, "no picture"),
    "nothing.mp4": (lambda: b"\0\0\0\x18ftypmp42" + bytes(100), 0, "damaged|too early"),
    "good.zip": (lambda: zipped([(f"{i}.png", encoded(photo(i))) for i in range(3)]), 3, None),
    "no suffix": (lambda: zipped([("a", encoded(photo()))]), 1, None),
    "nothing.zip": (lambda: zipped([]), 0, "nothing in it"),
    "slip.zip": (lambda: zipped([("../../evil.png", encoded(photo()))]), 0, "out of the archive"),
    "root.zip": (lambda: zipped([("/tmp/evil.png", encoded(photo()))]), 0, "out of the archive"),
    "drive.zip": (lambda: zipped([("C:\\evil.png", encoded(photo()))]), 0, "out of the archive"),
    "time.zip": (lambda: zipped([("2013-05-01 12:34:56.jpg", encoded(photo()))]), 1, None),
    "link.zip": (link_in_a_zip, 0, "link"),
    "locked.zip": (locked_zip, 0, "password"),
    "odd.zip": (lambda: zipped([("a.png", encoded(photo()))], zipfile.ZIP_LZMA), 0, "unusual"),
    "nested.zip": (lambda: zipped([("a.zip", zipped([("a.png", b"")]))]), 0, "in an archive"),
    "bomb.zip": (lambda: zipped([("a.png", bytes(60_000_000))]), 0, "50 MB"),
    "lying.zip": (lying_zip, 0, "damaged|too early"),
    "damaged.zip": (lambda: zipped([("a.png", encoded(photo()))])[:-30], 0, "no picture"),
    "system.zip": (lambda: zipped([("__MACOSX/._a.png", b"x")]), 0, "operating system"),
    "twins.zip": (lambda: zipped([("a", encoded(photo())), ("b", encoded(photo()))]), 1, "same"),
    "polyglot.png": (lambda: encoded(photo()) + zipped([("../evil.png", b"x")]), 1, None),
}


def everything_under(folder):
    return {path for path in folder.rglob("*") if "inbox" not in path.parts}


@pytest.mark.parametrize("name", UPLOADS)
def test_an_upload_is_taken_or_refused_with_a_reason_and_stays_in_its_folder(name, tmp_path):
    make, num_taken, reason = UPLOADS[name]
    inbox, folder = tmp_path / "inbox", tmp_path / "job" / "pictures"
    inbox.mkdir()
    (inbox / name).write_bytes(make())
    before = set(os.listdir(tmp_path.parent))
    verdicts = ingest_pictures([inbox / name], folder, resolution=SIDE)
    taken = [verdict for verdict in verdicts if verdict.taken]
    assert verdicts
    assert num_taken is None or len(taken) == num_taken
    for verdict in verdicts:
        assert bool(verdict.reason) != verdict.taken
        assert verdict.reason.endswith(".") or verdict.taken
    if reason is None:
        assert len(taken) == len(verdicts)
    else:
        assert any(
            any(words in verdict.reason for words in reason.split("|")) for verdict in verdicts
        ), verdicts
    for verdict in taken:
        with Image.open(folder / verdict.file) as picture:
            assert (picture.size, picture.mode) == ((SIDE, SIDE), "RGB")
    mine = {verdict.file for verdict in taken} | {"intake.json"}
    assert {path.name for path in folder.iterdir()} == mine
    assert everything_under(tmp_path) <= {tmp_path, folder.parent, folder, *folder.iterdir()}
    assert set(os.listdir(tmp_path.parent)) == before


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.png", "passwd.png"),
        ("C:\\photos\\cat.jpg", "cat.jpg"),
        ("🌻 sun\u202egnp.exe.png", "🌻 sungnp.exe.png"),
        ("<script>alert(1)</script>.png", "script_.png"),
        ("a\n\x00b.png", "ab.png"),
        ("…/", "…"),
        ("._IMG_0.PNG", "._IMG_0.PNG"),
        (".hidden.png", ".hidden.png"),
        ("..", "picture"),
        ("///", "picture"),
        ("x" * 500 + ".png", "x" * 71 + "…" + "xxxx.png"),
    ],
)
def test_a_name_is_made_safe_to_display(name, shown):
    assert archives.displayable(name) == shown


def test_names_of_paths_and_emoji_name_no_files(tmp_path):
    names = ["🌻/日本.png", "a/b/c.png", "%2e%2e/x.png", "CON.png", "a" * 240 + ".png"]
    content = zipped([(name, encoded(photo(i))) for i, name in enumerate(names)])
    (tmp_path / "all.zip").write_bytes(content)
    verdicts = ingest_pictures([tmp_path / "all.zip"], tmp_path / "in", resolution=SIDE)
    assert [verdict.file for verdict in verdicts] == [f"{i:05d}.png" for i in range(5)]
    assert verdicts[0].name == "日本.png"


def test_a_picture_comes_upright(tmp_path):
    image = Image.new("RGB", (64, 32), "red")
    image.paste("blue", (32, 0, 64, 32))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter clockwise to be seen: left becomes the top
    image.save(tmp_path / "a.jpg", exif=exif, quality=95)
    ingest_pictures([tmp_path / "a.jpg"], tmp_path / "in", resolution=SIDE)
    (pixels,) = read_pictures(tmp_path / "in")
    assert pixels[2, 16, 0] > 200
    assert pixels[-3, 16, 2] > 200


def test_a_copy_in_another_size_or_quality_is_refused_and_a_likeness_is_taken(tmp_path):
    size, image = (300, 300), photo(1, (300, 300))
    likeness = image.copy()
    likeness.paste(photo(2, (120, 120)), (100, 100))
    inputs = {
        "a.png": encoded(image),
        "b.jpg": encoded(image.resize((160, 160)), "JPEG", quality=70),
        "c.png": encoded(likeness),
        "d.png": encoded(Image.new("RGB", size, (200, 30, 30))),
        "e.png": encoded(Image.new("RGB", size, (190, 30, 30))),
    }
    for name, content in inputs.items():
        (tmp_path / name).write_bytes(content)
    verdicts = ingest_pictures(
        [tmp_path / name for name in inputs], tmp_path / "in", resolution=SIDE
    )
    assert [verdict.taken for verdict in verdicts] == [True, False, True, True, True]
    assert verdicts[1].reason == "It is the same picture as a.png."


def test_a_second_call_adds_to_the_first_and_knows_its_pictures(tmp_path):
    for i in range(3):
        photo(i).save(tmp_path / f"{i}.png")
    first = ingest_pictures([tmp_path / "0.png"], tmp_path / "in", resolution=SIDE)
    files = [tmp_path / f"{i}.png" for i in range(3)]
    second = ingest_pictures(files, tmp_path / "in", resolution=SIDE)
    assert [verdict.file for verdict in first + second] == [
        "00000.png",
        None,
        "00001.png",
        "00002.png",
    ]


def test_a_folder_gives_its_files_but_no_hidden_ones_and_no_links(tmp_path):
    (tmp_path / "from" / "deep").mkdir(parents=True)
    photo(0).save(tmp_path / "from" / "deep" / "a.png")
    photo(1).save(tmp_path / "from" / ".b.png")
    photo(2).save(tmp_path / "outside.png")
    (tmp_path / "from" / "c.png").symlink_to(tmp_path / "outside.png")
    verdicts = ingest_pictures([tmp_path / "from"], tmp_path / "in", resolution=SIDE)
    assert [(verdict.name, verdict.taken) for verdict in verdicts] == [
        ("c.png", False),
        ("a.png", True),
    ]


def linked_folders(tmp_path):
    """Folders with links to the same three pictures."""
    real = tmp_path / "elsewhere" / "set"
    real.mkdir(parents=True)
    for i in range(3):
        photo(i).save(real / f"{i}.png")
    (tmp_path / "pictures.zip").write_bytes(
        zipped([(f"{i}.png", encoded(photo(i))) for i in range(3)])
    )
    folder = tmp_path / "of links"
    folder.mkdir()
    for i in range(3):
        (folder / f"link {i}").symlink_to(real / f"{i}.png")
    (tmp_path / "with a folder").mkdir()
    (tmp_path / "with a folder" / "deep").symlink_to(real, target_is_directory=True)
    (tmp_path / "a link").symlink_to(real, target_is_directory=True)
    (tmp_path / "of a link").symlink_to(tmp_path / "a link", target_is_directory=True)
    (tmp_path / "a zip").symlink_to(tmp_path / "pictures.zip")
    return ["of links", "with a folder", "a link", "of a link", "a zip"]


def test_links_are_followed_where_the_user_names_them(tmp_path):
    for number, name in enumerate(linked_folders(tmp_path)):
        inside = tmp_path / f"in {number}"
        verdicts = ingest_pictures([tmp_path / name], inside, resolution=SIDE, follow_links=True)
        assert [verdict.taken for verdict in verdicts] == [True] * 3, name
        refused = ingest_pictures([tmp_path / name], tmp_path / f"not {number}", resolution=SIDE)
        assert not any(verdict.taken for verdict in refused), name


def test_links_in_circles_and_to_nowhere_end(tmp_path):
    folder = tmp_path / "set"
    (folder / "deep").mkdir(parents=True)
    photo(0).save(folder / "deep" / "a.png")
    (folder / "deep" / "up").symlink_to(folder, target_is_directory=True)
    (folder / "itself").symlink_to(folder / "itself")
    (folder / "gone.png").symlink_to(tmp_path / "gone.png")
    verdicts = ingest_pictures([folder], tmp_path / "in", resolution=SIDE, follow_links=True)
    assert {verdict.name: verdict.taken for verdict in verdicts} == {
        "a.png": True,
        "gone.png": False,
        "itself": False,
    }
    assert all("nowhere" in verdict.reason for verdict in verdicts if not verdict.taken)


def test_a_link_in_a_zip_is_never_followed(tmp_path):
    (tmp_path / "a.zip").write_bytes(link_in_a_zip())
    (verdict,) = ingest_pictures(
        [tmp_path / "a.zip"], tmp_path / "in", resolution=SIDE, follow_links=True
    )
    assert "link" in verdict.reason


APPLE_DOUBLE = b"\x00\x05\x16\x07" + bytes(60)
SYSTEM_NOTES = ["._IMG_0.PNG", "deep/._b.jpg", "__MACOSX/deep/._c.jpg", "Desktop.ini", "Thumbs.db"]
SYSTEM_NOTES += [".DS_Store", "renamed by a tool.png"]


def test_notes_of_the_system_are_called_so_with_their_own_names(tmp_path):
    members = [("a.png", encoded(photo())), *((name, APPLE_DOUBLE) for name in SYSTEM_NOTES)]
    (tmp_path / "mac.zip").write_bytes(zipped(members))
    taken, *notes = ingest_pictures([tmp_path / "mac.zip"], tmp_path / "in", resolution=SIDE)
    assert taken.taken
    assert [note.name for note in notes] == [name.rpartition("/")[2] for name in SYSTEM_NOTES]
    for note in notes:
        assert note.reason == "It is a note of the operating system, not a picture."


def test_a_note_of_the_system_dropped_by_itself_is_called_so(tmp_path):
    (tmp_path / "._a.png").write_bytes(APPLE_DOUBLE)
    (tmp_path / "desktop.ini").write_text("[.ShellClassInfo]")
    files = [tmp_path / "._a.png", tmp_path / "desktop.ini"]
    verdicts = ingest_pictures(files, tmp_path / "in", resolution=SIDE)
    assert [verdict.name for verdict in verdicts] == ["._a.png", "desktop.ini"]
    assert all("operating system" in verdict.reason for verdict in verdicts)


@pytest.mark.parametrize(
    "text",
    [
        b"cats",
        "Katzen, Bäume und 雪\n".encode(),
        "first line\r\n".encode("utf-16"),
        b'{"captions": []}',
        ("é" * 300).encode()[:511],
        b"<html><body>sign in</body></html>",
    ],
)
@pytest.mark.parametrize("name", ["captions.txt", "page.png", "metadata.jsonl"])
def test_a_text_is_no_picture_rather_than_a_broken_one(tmp_path, text, name):
    (tmp_path / name).write_bytes(text)
    (verdict,) = ingest_pictures([tmp_path / name], tmp_path / "in", resolution=SIDE)
    assert verdict.reason == "It is no picture but a text."


def test_a_picture_written_as_text_is_a_picture(tmp_path):
    values = " ".join(str(value) for value in np.asarray(photo().convert("L")).ravel())
    (tmp_path / "a.pgm").write_text(f"P2 60 48 255\n{values}\n")
    (verdict,) = ingest_pictures([tmp_path / "a.pgm"], tmp_path / "in", resolution=SIDE)
    assert verdict.taken


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(num_pictures=2), "2 pictures already"),
        (Limits(num_bytes=9_000), "upload fewer"),
        (Limits(seconds=0.0), "took longer"),
    ],
)
def test_the_limits_of_all_together_hold_and_are_said(limits, words, tmp_path):
    content = zipped([(f"{i}.png", encoded(photo(i))) for i in range(6)])
    (tmp_path / "all.zip").write_bytes(content)
    verdicts = ingest_pictures(
        [tmp_path / "all.zip"], tmp_path / "in", resolution=SIDE, limits=limits
    )
    assert sum(verdict.taken for verdict in verdicts) <= 2
    assert words in verdicts[-1].reason


def test_an_animation_with_too_much_in_it_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_CLIP_PIXELS", 5000)
    (tmp_path / "a.gif").write_bytes(animation("GIF"))
    (verdict,) = ingest_pictures([tmp_path / "a.gif"], tmp_path / "in", resolution=SIDE)
    assert "It has 5 frames of 40x40; that is too much." in verdict.reason


@pytest.mark.parametrize(
    ("crop", "size"), [("centre", (32, 32)), ("letterbox", (32, 32)), ("random", (96, 48))]
)
def test_the_ways_to_crop(crop, size, tmp_path):
    Image.new("RGB", (200, 100), "white").save(tmp_path / "a.png")
    ingest_pictures([tmp_path / "a.png"], tmp_path / "in", resolution=SIDE, crop=crop)
    (pixels,) = read_pictures(tmp_path / "in")
    assert pixels.shape == (*size[::-1], 3)
    assert (pixels[0].max() < 10) == (crop == "letterbox")


def test_an_unknown_crop_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match="letterbox"):
        ingest_pictures([], tmp_path, resolution=SIDE, crop="round")


def test_random_crops_differ_repeat_exactly_and_mirror():
    wide = np.zeros((48, 96, 3), np.uint8)
    wide[:, :, 0] = np.arange(96)
    data = CropData([wide], SIDE, mirror=True)
    batches = [data.batch(1, seen, 8)["images"] for seen in (0, 8, 0)]
    assert batches[0].shape == (8, 3, SIDE, SIDE)
    assert (batches[0] == batches[2]).all()
    assert not (batches[0] == batches[1]).all()
    rises = (batches[0][:, 0, 0, -1] > batches[0][:, 0, 0, 0]).sum()
    assert 0 < rises < 8


def test_a_preview_has_training_pictures_plain_and_augmented(tmp_path):
    for i in range(5):
        photo(i).save(tmp_path / f"{i}.png")
    ingest_pictures([tmp_path], tmp_path / "in", resolution=SIDE)
    plain, changed = preview(tmp_path / "in", SIDE, "centre", num=4)
    assert plain.size == changed.size == (2 * SIDE, 2 * SIDE)
    first = np.asarray(plain)[:SIDE, :SIDE]
    assert (first == read_pictures(tmp_path / "in")[0]).all()
    assert not (np.asarray(changed)[:SIDE, :SIDE] == first).all()


def test_a_preview_of_nothing_says_so(tmp_path):
    with pytest.raises(ValueError, match="no pictures yet"):
        preview(tmp_path, SIDE, "centre")


def test_a_file_is_read_as_what_it_is_not_as_what_it_is_called(tmp_path):
    photo(0).save(tmp_path / "a.png")
    (tmp_path / "a.mp4").write_bytes((tmp_path / "a.png").read_bytes())
    verdicts = ingest_pictures([tmp_path / "a.mp4"], tmp_path / "in", resolution=SIDE)
    assert verdicts == [ingest.Verdict("a.mp4", True, "", "00000.png")]


def test_thirty_marks_on_white_are_thirty_pictures(tmp_path):
    """Icons that are similar, but different pictures."""
    for i in range(30):
        picture = Image.new("RGB", (256, 256), "white")
        color = tuple(int(part) for part in np.random.RandomState(i).randint(0, 200, 3))
        draw = ImageDraw.Draw(picture)
        shape = (draw.ellipse, draw.rectangle, draw.rounded_rectangle)[i % 3]
        shape((108, 108, 148, 148), fill=color, **({"radius": 12} if i % 3 == 2 else {}))
        picture.save(tmp_path / f"{i}.png")
    verdicts = ingest_pictures(sorted(tmp_path.glob("*.png")), tmp_path / "in", resolution=64)
    assert sum(verdict.taken for verdict in verdicts) == 30
    Image.open(tmp_path / "7.png").resize((190, 190)).save(tmp_path / "again.jpg")
    (again,) = ingest_pictures([tmp_path / "again.jpg"], tmp_path / "in", resolution=64)
    assert not again.taken
