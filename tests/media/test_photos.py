"""Photographs that are turned, deep, transparent, profiled, moving or broken."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from gan_models.media.limits import MAX_CLIP_FRAMES
from gan_models.media.photos import count_frames, normalise, read_clip, read_photo
from tests.finetuning.uploads import turned
from tests.media.films import write_film


def saved(tmp_path, picture: Image.Image, name: str, **options):
    path = tmp_path / name
    picture.save(path, **options)
    return path


def ramp(mode: str = "RGB", size: tuple[int, int] = (40, 30)) -> Image.Image:
    row = np.linspace(0, 255, size[0]).astype(np.uint8)
    grey = Image.fromarray(np.tile(row, (size[1], 1)))
    return grey.convert(mode)


def values(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB")).astype(int)


def test_exif_turns_the_picture(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    turned = read_photo(saved(tmp_path, ramp(), "turned.jpg", exif=exif, quality=95))
    assert turned.size == (30, 40)
    assert values(turned)[0].mean() < 10
    assert values(turned)[-1].mean() > 245


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "RGB"])
def test_grey_palette_and_print_pictures_keep_their_colours(tmp_path, mode):
    original = ramp("RGB").quantize(256).convert("RGB") if mode == "P" else ramp("RGB")
    picture = original.quantize(256) if mode == "P" else original.convert(mode)
    made = read_photo(saved(tmp_path, picture, "any.tif"))
    assert made.mode == "RGB"
    assert np.abs(values(made) - values(picture)).max() <= 2


def test_sixteen_bits_are_scaled_not_cut(tmp_path):
    deep = Image.fromarray(np.linspace(0, 65535, 1200).reshape(30, 40).astype(np.uint16))
    for name in ("deep.png", "deep.tif"):
        made = values(read_photo(saved(tmp_path, deep, name)))
        assert made.min() <= 1
        assert made.max() >= 254
        assert abs(made.mean() - 127.5) < 2


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_preserved(tmp_path, mode):
    picture = ramp(mode)
    picture.putalpha(Image.fromarray(np.tile(np.uint8([[0], [255]]), (15, 40))))
    made = read_photo(saved(tmp_path, picture, "glass.png"))
    assert made.mode == "RGBA"
    assert (np.asarray(made.getchannel("A")) == np.asarray(picture.getchannel("A"))).all()


def test_a_transparent_palette_entry_is_transparency(tmp_path):
    picture = ramp("L").quantize(8)
    path = saved(tmp_path, picture, "gif.png", transparency=0)
    assert read_photo(path).mode == "RGBA"


def test_a_colour_profile_is_converted_to_srgb(tmp_path):
    lab = ImageCms.createProfile("LAB")
    srgb = ImageCms.createProfile("sRGB")
    to_lab = ImageCms.buildTransform(srgb, lab, "RGB", "LAB")
    picture = ImageCms.applyTransform(ramp(), to_lab)
    profile = ImageCms.ImageCmsProfile(lab).tobytes()
    picture.info["icc_profile"] = profile
    made = normalise(picture)
    assert made.mode == "RGB"
    assert np.abs(values(made) - values(ramp())).max() <= 6


def test_a_broken_profile_is_ignored(tmp_path):
    path = saved(tmp_path, ramp(), "profile.png", icc_profile=b"nonsense")
    assert (values(read_photo(path)) == values(ramp())).all()


def test_an_animation_gives_its_first_picture_or_all(tmp_path):
    frames = [Image.new("RGB", (32, 24), (k * 60, 0, 0)) for k in range(4)]
    path = saved(
        tmp_path, frames[0], "film.gif", save_all=True, append_images=frames[1:], duration=50
    )
    assert count_frames(path) == 4
    assert values(read_photo(path))[0, 0, 0] == 0
    clip = read_clip(path)
    assert [round(float(values(f)[0, 0, 0]), -1) for f in clip.frames] == [0, 60, 120, 180]
    assert clip.fps == 20


def test_a_video_gives_its_frames(tmp_path):
    path = tmp_path / "film.mp4"
    write_film([Image.new("RGB", (32, 32), (k * 40, 90, 90)) for k in range(6)], path, fps=12)
    clip = read_clip(path)
    assert len(clip.frames) == 6
    assert clip.fps == 12


# --- metadata -----------------------------------------------------------------------------------

LONG, SRATIONAL, SIGNED, BIG = 4, 10, 9, 16  # types of TIFF entries


def exif_block(
    *entries: tuple[int, int, int], turn: int = 6, order: str = "<", last: bool = False
) -> bytes:
    """EXIF with an orientation beside other entries of (tag, type, four bytes as a number)."""
    orientation = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, turn, 0)
    others = [struct.pack(f"{order}HHIi", tag, kind, 1, value) for tag, kind, value in entries]
    listed = [*others, orientation] if last else [orientation, *others]
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}I", 8)
    directory = struct.pack(f"{order}H", len(listed)) + b"".join(listed) + bytes(4)
    return b"Exif\0\0" + head + directory + struct.pack(f"{order}ii", -1, 0)


ODD_METADATA = {
    "plain": exif_block(),
    "big endian": exif_block(order=">"),
    "a negative rational over zero": exif_block((0x9201, SRATIONAL, 38)),
    "a pointer to a directory with one": exif_block((0x8769, LONG, 38)),
    "a signed pointer": exif_block((0x8769, SIGNED, -5)),
    "a pointer to nowhere": exif_block((0x8769, LONG, 60_000)),
    "a number of 64 bits": exif_block((0x0100, BIG, 38)),
    "a rational of the wrong sign": exif_block((0x011A, SRATIONAL, 38)),
    "interoperability": exif_block((0xA005, LONG, 38)),
    "an unknown type": exif_block((0x9999, 99, 1)),
    "a text beyond the end, before": exif_block((0x010F, 2, 60_000), last=True),
    "the header twice": b"Exif\0\0" + exif_block(),
}


def halves(mode: str = "RGB") -> Image.Image:
    """64x32: dark on the left, bright on the right."""
    picture = Image.new("RGB", (64, 32), (10, 10, 10))
    picture.paste((240, 240, 240), (32, 0, 64, 32))
    return picture.convert(mode)


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize("kind", ODD_METADATA)
def test_a_turned_photo_is_read_upright_whatever_else_its_metadata_contain(tmp_path, kind, suffix):
    path = saved(tmp_path, halves(), f"turned.{suffix}", exif=ODD_METADATA[kind])
    made = read_photo(path)
    assert made.size == (32, 64)
    assert values(made)[:30].max() < 40
    assert values(made)[34:].min() > 200
    assert normalise(made).size == (32, 64)  # it is not turned once more


@pytest.mark.parametrize(
    ("turn", "size", "dark"),
    [
        (1, (64, 32), (8, 16)),
        (2, (64, 32), (56, 16)),
        (3, (64, 32), (56, 16)),
        (4, (64, 32), (8, 16)),
        (5, (32, 64), (16, 8)),
        (6, (32, 64), (16, 8)),
        (7, (32, 64), (16, 56)),
        (8, (32, 64), (16, 56)),
        (0, (64, 32), (8, 16)),
        (9, (64, 32), (8, 16)),
    ],
)
@pytest.mark.parametrize("suffix", ["jpg", "tif", "png"])
def test_every_orientation_is_followed_and_others_are_none(tmp_path, turn, size, dark, suffix):
    exif = Image.Exif()
    exif[0x0112] = turn
    made = read_photo(saved(tmp_path, halves("L"), f"turned.{suffix}", exif=exif))
    assert made.size == size
    assert made.getpixel(dark)[0] < 40
    assert made.getpixel((size[0] - 1 - dark[0], size[1] - 1 - dark[1]))[0] > 200


@pytest.mark.parametrize("pointer", [(34665, SIGNED, -5), (34665, LONG, 1 << 20), (34853, 2, 7)])
def test_a_turned_tiff_with_damaged_directories_is_read_upright(tmp_path, pointer):
    width, height, rows = 64, 32, np.asarray(halves("L")).tobytes()
    wanted = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 274: 6, 277: 1, 278: height}
    wanted |= {279: len(rows), 273: 8 + 2 + 12 * 11 + 4}
    entries = sorted([*((tag, LONG, value) for tag, value in wanted.items()), pointer])
    directory = b"".join(struct.pack("<HHIi", tag, kind, 1, n) for tag, kind, n in entries)
    head = b"II*\0" + struct.pack("<IH", 8, len(entries))
    (tmp_path / "turned.tif").write_bytes(head + directory + bytes(4) + rows)
    made = read_photo(tmp_path / "turned.tif")
    assert made.size == (32, 64)
    assert values(made)[:30].max() < 40


@pytest.mark.parametrize("nonsense", [b"Exif\0\0", b"Exif\0\0nonsense", b"Exif\0\0II*\0"])
def test_metadata_without_an_orientation_leave_the_picture_unchanged(tmp_path, nonsense):
    assert read_photo(saved(tmp_path, halves(), "a.jpg", exif=nonsense)).size == (64, 32)


def test_a_large_note_is_skipped_and_the_pixels_are_read(tmp_path):
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt("XML:com.adobe.xmp", "<x>" + "history " * 400_000, zip=True)
    path = saved(tmp_path, ramp(), "edited.png", pnginfo=notes)
    assert (values(read_photo(path)) == values(ramp())).all()


def test_a_large_colour_profile_is_still_used(tmp_path):
    lab = ImageCms.createProfile("LAB")
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), lab, "RGB", "LAB")
    padded = bytearray(ImageCms.ImageCmsProfile(lab).tobytes() + bytes(2_000_000))
    padded[:4] = struct.pack(">I", len(padded))  # the profile's own length
    picture = Image.fromarray(np.asarray(ImageCms.applyTransform(ramp(), to_lab)))
    picture.info["icc_profile"] = bytes(padded)
    expected = normalise(picture.copy())
    made = read_photo(saved(tmp_path, picture, "scan.png", icc_profile=bytes(padded)))
    assert (values(made) == values(expected)).all()


# --- films and animations -----------------------------------------------------------------------

TURNS = {  # matrix (a, b, c, d) of an MP4 -> where the dark left half comes to lie
    (1, 0, 0, 1): "left",
    (-1, 0, 0, 1): "right",
    (1, 0, 0, -1): "left",
    (-1, 0, 0, -1): "right",
    (0, 1, -1, 0): "top",
    (0, -1, 1, 0): "bottom",
    (0, 1, 1, 0): "top",
    (0, -1, -1, 0): "bottom",
    (0, 0, 0, 0): "left",
}


@pytest.mark.parametrize("matrix", TURNS)
def test_a_film_is_turned_by_its_display_matrix(tmp_path, matrix):
    path = tmp_path / "phone.mp4"
    write_film([halves()] * 2, path, fps=2)
    path.write_bytes(turned(path.read_bytes(), matrix))
    frames = read_clip(path).frames
    place = TURNS[matrix]
    assert [frame.size for frame in frames] == [(32, 64) if matrix[1] else (64, 32)] * 2
    pixels = values(frames[0])
    dark = {
        "left": pixels[:, :28],
        "right": pixels[:, -28:],
        "top": pixels[:28],
        "bottom": pixels[-28:],
    }
    assert dark[place].max() < 60


def test_mirrored_films_are_not_merely_turned(tmp_path):
    corner = Image.new("RGB", (64, 32), (240, 240, 240))
    corner.paste((10, 10, 10), (0, 0, 16, 16))
    found = {}
    for matrix in ((1, 0, 0, -1), (-1, 0, 0, 1), (0, 1, 1, 0), (0, -1, -1, 0)):
        path = tmp_path / "phone.mp4"
        write_film([corner] * 2, path, fps=2)
        path.write_bytes(turned(path.read_bytes(), matrix))
        pixels = values(read_clip(path).frames[0]).mean(2)
        spots = {"top left": (4, 4), "top right": (4, -4), "low left": (-4, 4)}
        found[matrix] = next((at for at, spot in spots.items() if pixels[spot] < 60), "low right")
    assert list(found.values()) == ["low left", "top right", "top left", "low right"]


DURATIONS = {
    "a slide show": [3000] * 4,
    "one long frame": [100, 100, 100, 5000],
    "an odd rate": [80] * 6,
    "all different": [40, 90, 1200, 20, 700],
    "a minute": [60_000, 500],
}


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
@pytest.mark.parametrize("kind", DURATIONS)
def test_every_frame_of_an_animation_keeps_its_time(tmp_path, kind, suffix):
    durations = DURATIONS[kind]
    first, *rest = [Image.new("RGB", (32, 24), (40 * k, 90, 0)) for k in range(len(durations))]
    options = {"save_all": True, "append_images": rest, "duration": durations}
    clip = read_clip(saved(tmp_path, first, f"film.{suffix}", **options))
    assert list(clip.durations_ms) == durations
    assert clip.fps == pytest.approx(1000 * len(durations) / sum(durations), abs=1e-3)


def test_frames_without_a_duration_last_as_long_as_in_browsers(tmp_path):
    first, second = (Image.new("RGB", (32, 24), (k, 0, 0)) for k in (0, 99))
    path = saved(tmp_path, first, "film.gif", save_all=True, append_images=[second], duration=0)
    assert read_clip(path).durations_ms == (100, 100)


def broken_jpeg() -> bytes:
    data = io.BytesIO()
    Image.effect_noise((64, 64), 90).save(data, "JPEG")
    return data.getvalue()[: data.tell() // 2]


def bomb() -> bytes:
    data = io.BytesIO()
    Image.new("1", (12_100, 12_000)).save(data, "PNG")
    return data.getvalue()


def png_of(size: tuple[int, int]) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size).save(data, "PNG")
    return data.getvalue()


BAD_FILES = {
    "svg": ("x.svg", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no picture"),
    "html": ("x.png", lambda: b"<html><script>alert(1)</script></html>", "no picture"),
    "bomb": ("x.png", bomb, "145 megapixels"),
    "truncated": ("x.jpg", broken_jpeg, "broken"),
    "empty": ("x.png", lambda: b"", "empty"),
    "dot": ("x.png", lambda: png_of((1, 1)), "16 px"),
    "line": ("x.png", lambda: png_of((3, 4000)), "16 px"),
    "heavy": ("x.png", lambda: bytes(200_000_000), "200 MB"),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_what_cannot_be_read_is_refused_with_a_message(tmp_path, kind):
    name, content, says = BAD_FILES[kind]
    path = tmp_path / name
    path.write_bytes(content())
    with pytest.raises(ValueError, match=says) as refused:
        read_photo(path)
    assert str(refused.value).endswith((".", "first."))
    assert str(tmp_path) not in str(refused.value)


def test_a_clip_that_is_too_long_is_refused(tmp_path):
    frames = [Image.new("RGB", (16, 16), (k % 256, k, 255)) for k in range(MAX_CLIP_FRAMES + 1)]
    path = saved(tmp_path, frames[0], "long.gif", save_all=True, append_images=frames[1:])
    with pytest.raises(ValueError, match="too long"):
        read_clip(path)
