"""Photographs as people mean them: upright, in sRGB, 8 bits a colour, with their transparency."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps, ImageSequence

from gan_models.images import check_size, open_picture

MAX_FRAMES = 240
_MAX_FRAME_PIXELS = 200_000_000  # of all frames together
_DEFAULT_FRAME_MS = 100
_ORIENTATION = 0x0112  # the EXIF tag


@dataclass(frozen=True)
class Clip:
    """A moving picture, taken apart."""

    frames: list[Image.Image]  # RGB
    fps: float


def read_photo(path: Path | str) -> Image.Image:
    """Read a picture file as RGB or, where it has transparency, RGBA; of an animation, the first.

    Raises:
        ValueError: no picture, broken off, over the limits.
    """
    name = Path(path).name
    with open_picture(path) as picture:
        try:
            return normalise(picture)
        except (OSError, SyntaxError, ValueError) as error:
            raise ValueError(
                f"{name} is broken: it ends too early or is damaged. Save or copy it again."
            ) from error


def count_frames(path: Path | str) -> int:
    """How many pictures a file holds; 1 for a still one.

    Raises:
        ValueError: as `read_photo`.
    """
    with open_picture(path) as picture:
        return getattr(picture, "n_frames", 1)


def normalise(picture: Image.Image) -> Image.Image:
    """Turn by EXIF, convert to sRGB and 8 bits: RGB, or RGBA where there is transparency.

    Raises:
        ValueError: over 64 megapixels, or the shorter side under 16 px.
        OSError: the pixels cannot be decoded.
    """
    check_size(picture.size, "The picture")
    profile = picture.info.get("icc_profile")
    if picture.getexif().get(_ORIENTATION, 1) != 1:  # transposing copies even where it need not
        picture = ImageOps.exif_transpose(picture)
    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        return _deep_grey(picture).convert("RGB")
    if picture.has_transparency_data:
        rgba = picture.convert("RGBA")
        colours = _to_srgb(rgba.convert("RGB"), profile)
        colours.putalpha(rgba.getchannel("A"))
        return colours
    if picture.mode in ("1", "P"):
        picture = picture.convert("RGB")
    return _to_srgb(picture, profile)


def _deep_grey(picture: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits, or floating point, to 8 bits: the range that it uses up to white."""
    values = np.nan_to_num(np.asarray(picture).astype(np.float32))
    if picture.mode == "F":
        white = 1.0 if values.max() <= 1 else max(255.0, float(values.max()))
    else:
        white = 255.0 if picture.mode == "I" and values.max() <= 255 else 65535.0
        white = max(white, float(values.max()))
    return Image.fromarray((values.clip(0) * (255 / white)).round().astype(np.uint8))


def _to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """RGB by the picture's own colour profile, or as it is where that says nothing usable."""
    if profile:
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(picture, own, srgb, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # a broken profile, or one of another kind of picture
        if converted is not None:
            converted.info.pop("icc_profile", None)
            return converted
    return as_rgb(picture)


def as_rgb(picture: Image.Image) -> Image.Image:
    """The picture itself where it is RGB, else converted; large ones are not worth a copy."""
    if picture.mode != "RGB":
        return picture.convert("RGB")
    picture.load()
    return picture


def fill_hidden(picture: Image.Image) -> Image.Image:
    """RGBA whose wholly transparent pixels are all of one colour, with nearby colours in their
    place: programs write black or white there, which a network would draw into the edges.

    Other pictures are returned as they are.
    """
    if picture.mode != "RGBA":
        return picture
    pixels = np.array(picture)
    hidden = pixels[..., 3] == 0
    there = pixels[hidden][:, :3]
    if not len(there) or hidden.all() or (there != there[0]).any():
        return picture
    seen = picture.convert("RGBa")  # colours times transparency, so that hidden ones do not count
    for side in (4, 16, 64, 256, max(picture.size)):
        size = [max(1, length // side) for length in picture.size]
        near = seen.resize(size, Image.Resampling.BOX).resize(
            picture.size, Image.Resampling.BILINEAR
        )
        found = np.array(near.convert("RGBA"))
        known = hidden & (found[..., 3] > 0)
        pixels[known, :3] = found[known][:, :3]
        hidden &= ~known
    return Image.fromarray(pixels)


def read_clip(path: Path | str) -> Clip:
    """Take an animated GIF, WebP or PNG, or a video file, apart.

    Raises:
        ValueError: no moving picture that can be read, or over 240 frames or 200 megapixels.
    """
    suffix = Path(path).suffix.lower()
    if suffix in (".mp4", ".mov", ".webm", ".mkv", ".avi"):
        return _read_video(Path(path))
    with open_picture(path) as picture:
        _check_clip(picture.size, getattr(picture, "n_frames", 1), Path(path).name)
        shown_ms, frames = 0, []
        try:
            for frame in ImageSequence.Iterator(picture):
                shown_ms += frame.info.get("duration") or _DEFAULT_FRAME_MS
                frames.append(frame.convert("RGB"))
        except (OSError, SyntaxError) as error:
            raise ValueError(f"{Path(path).name} is broken; save or copy it again.") from error
    return Clip(frames, _fps(1000 * len(frames) / shown_ms))


def _read_video(path: Path) -> Clip:
    import av  # takes a while to load, and only videos need it

    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise ValueError(f"{path.name} holds no moving picture; choose another file.")
            stream = container.streams.video[0]
            _check_clip((stream.width, stream.height), stream.frames or 1, path.name)
            fps = float(stream.average_rate or 24)
            frames = list(_decoded(container, path.name))
    except (av.FFmpegError, OSError) as error:
        raise ValueError(f"{path.name} is no video that can be read; MP4 and GIF can.") from error
    return Clip(frames, _fps(fps))


def _decoded(container: object, name: str) -> Iterator[Image.Image]:
    for count, frame in enumerate(container.decode(video=0), 1):
        _check_clip((frame.width, frame.height), count, name)
        yield frame.to_image()


def _check_clip(size: tuple[int, int], num_frames: int, name: str) -> None:
    check_size(size, name)
    if num_frames > MAX_FRAMES or size[0] * size[1] * num_frames > _MAX_FRAME_PIXELS:
        raise ValueError(
            f"{name} is too long: {MAX_FRAMES} frames and {_MAX_FRAME_PIXELS // 1_000_000} "
            "megapixels of all frames together are taken. Cut it shorter or make it smaller."
        )


def _fps(measured: float) -> float:
    """Within what a video file can say."""
    return min(max(measured, 1.0), 60.0)
