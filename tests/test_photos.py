"""Pictures as people bring them: turned, deep, transparent, profiled, moving, broken."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from gan_models.photos import MAX_FRAMES, count_frames, normalise, read_clip, read_photo


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
def test_transparency_is_kept(tmp_path, mode):
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


def test_a_broken_profile_is_left_aside(tmp_path):
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
    from gan_models import VideoWriter

    path = tmp_path / "film.mp4"
    with VideoWriter(path, fps=12) as writer:
        for k in range(6):
            writer.add(Image.new("RGB", (32, 32), (k * 40, 90, 90)))
    clip = read_clip(path)
    assert len(clip.frames) == 6
    assert clip.fps == 12


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
def test_what_cannot_be_taken_gets_a_sentence(tmp_path, kind):
    name, content, says = BAD_FILES[kind]
    path = tmp_path / name
    path.write_bytes(content())
    with pytest.raises(ValueError, match=says) as refused:
        read_photo(path)
    assert str(refused.value).endswith((".", "first."))
    assert str(tmp_path) not in str(refused.value)


def test_a_clip_that_is_too_long_is_refused(tmp_path):
    frames = [Image.new("RGB", (16, 16), (k % 256, k, 255)) for k in range(MAX_FRAMES + 1)]
    path = saved(tmp_path, frames[0], "long.gif", save_all=True, append_images=frames[1:])
    with pytest.raises(ValueError, match="too long"):
        read_clip(path)
