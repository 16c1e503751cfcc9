"""Save pictures as PNG, JPEG or WebP, and make pairs for the slider."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, PngImagePlugin

from gan_models import save_picture, save_png

FORMATS = [("PNG", ".png"), ("JPEG", ".jpg"), ("WebP", ".webp")]
_MAX_SIDE_PX = {".jpg": 65_500, ".webp": 16_383}
_SLIDER_SIDE_PX = 1600
_SMALL_PIXELS = 1_000_000  # up to here PNG is quick and small enough for the page


def check_format(suffix: str, size: tuple[int, int]) -> None:
    """Refuse a picture that a format cannot hold.

    Raises:
        ValueError: no format of the list, or a side too long for it.
    """
    names = {value: label for label, value in FORMATS}
    if suffix not in names:
        raise ValueError(f"Pictures are saved as {', '.join(names.values())}; choose one of them.")
    most = _MAX_SIDE_PX.get(suffix)
    if most is not None and max(size) > most:
        raise ValueError(
            f"{names[suffix]} holds at most {most} px a side, and this picture is "
            f"{size[0]}x{size[1]}. Choose PNG."
        )


def save_as(image: Image.Image, stem: Path, suffix: str, *, mark: bool = True) -> Path:
    """Write a picture beside `stem` in the format of the suffix, as `save_picture`; its path.

    PNG is exact; JPEG shows transparency as white.

    Raises:
        ValueError: as `check_format`.
    """
    check_format(suffix, image.size)
    path = stem.with_name(stem.name + suffix)
    if suffix == ".png":
        save_png(image, path, mark=mark)
    elif suffix == ".jpg":
        save_picture(on_white(image), path, "JPEG", mark=mark, quality=95, subsampling=0)
    else:
        save_picture(image, path, "WEBP", mark=mark, quality=95, method=2)
    return path


def on_white(image: Image.Image) -> Image.Image:
    """The picture without transparency."""
    if image.mode != "RGBA":
        return image.convert("RGB")
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    ground.info.update(image.info)
    return ground


def read_result(path: str) -> Image.Image:
    """Read a PNG that this page wrote, of any size: no limits of uploads.

    Raises:
        ValueError: it is no longer stored.
    """
    if not Path(path).is_file():
        raise ValueError("The result is no longer kept here; enlarge the picture again.")
    with PngImagePlugin.PngImageFile(path) as picture:
        picture.load()
        return picture


def slider_pair(before: Image.Image, after: Image.Image, folder: Path) -> tuple[str, str]:
    """Two files of one size for a slider: `after`, and `before` resized to it by bicubic.

    Above 1600 px a side both are smaller.
    """
    share = min(1.0, _SLIDER_SIDE_PX / max(after.size))
    size = (max(1, round(after.width * share)), max(1, round(after.height * share)))
    plain = before.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    visible = after if size == after.size else after.resize(size, Image.Resampling.LANCZOS)
    suffix = ".png" if size[0] * size[1] <= _SMALL_PIXELS or after.mode == "RGBA" else ".jpg"
    return (
        str(save_as(plain, folder / "before", suffix)),
        str(save_as(visible, folder / "after", suffix)),
    )
