"""Read photographs upright, in sRGB, with 8 bits a colour, with their transparency; and clips."""

from __future__ import annotations

import io
import struct
import warnings
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from PIL import Image, ImageCms, ImageSequence, TiffTags

from gan_models.media.containers import open_video
from gan_models.media.images import DECODE_ERRORS, broken, open_picture
from gan_models.media.limits import check_clip_size, check_size
from gan_models.media.provenance import PROVENANCE_KEY
from gan_models.media.xmp_files import provenance_text

if TYPE_CHECKING:
    import av
    from av.sidedata.sidedata import SideDataContainer
    from PIL.TiffImagePlugin import TiffImageFile

_DEFAULT_FRAME_MS = 100
_ORIENTATION = 0x0112  # the EXIF tag
_TURNS = {  # of its values, EXIF 2.32, section 4.6.4
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_WHOLE_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}  # TIFF's types of them
_DARK = 72  # of 255: fourteen bits in sixteen reach 64
_TELLING_TURNS = ("exif", "Raw profile type exif", "xmp", "XML:com.adobe.xmp")


@dataclass(frozen=True)
class Clip:
    """The frames of a moving picture."""

    frames: list[Image.Image]  # RGB
    durations_ms: tuple[float, ...]  # of each frame

    @property
    def fps(self) -> float:
        """Frames a second on average."""
        return round(1000 * len(self.frames) / sum(self.durations_ms), 3)


def read_photo(path: Path | str) -> Image.Image:
    """Read a picture file as RGB or, where it has transparency, RGBA; of an animation, the first.

    Raises:
        ValueError: no picture, truncated, over the limits.
    """
    with open_picture(path) as picture:
        try:
            return normalise(picture)
        except DECODE_ERRORS as error:
            raise ValueError(broken(Path(path).name)) from error


def depth_note(path: Path | str, photo: Image.Image) -> str:
    """A message where a picture of more than 8 bits a channel uses a small part of its range.

    Twelve bits of a camera or a scanner in a file of sixteen become nearly black.

    Args:
        photo: of `read_photo`.
    """
    brightest = int(np.asarray(photo.convert("RGB")).max())
    if brightest > _DARK or _bits_of(path) <= 8:
        return ""
    return (
        f"{Path(path).name} has {_bits_of(path)} bits a channel but uses only the darkest "
        f"{100 * (brightest + 1) / 256:.0f} % of its range, and so is nearly black: stretch its "
        "levels to the full range first, in the program it comes from."
    )


def _bits_of(path: Path | str) -> int:
    """Bits a channel of a picture file, from its header; 8 where it does not say."""
    with open_picture(path) as picture:
        if picture.format == "TIFF":
            return max(cast("TiffImageFile", picture).tag_v2.get(258, (8,)))
        if picture.format == "PNG":
            with open(path, "rb") as file:
                return file.read(25)[24]  # of the IHDR chunk
        return 16 if picture.mode.startswith("I") else 8


def count_frames(path: Path | str) -> int:
    """How many pictures a file holds; 1 for a still one.

    Raises:
        ValueError: as `read_photo`.
    """
    with open_picture(path) as picture:
        try:
            return getattr(picture, "n_frames", 1)
        except DECODE_ERRORS as error:
            raise ValueError(broken(Path(path).name)) from error


def normalise(picture: Image.Image) -> Image.Image:
    """Turn by EXIF, convert to sRGB and 8 bits: RGB, or RGBA where there is transparency.

    Raises:
        ValueError: over 64 megapixels, or the shorter side under 16 px.
        OSError: the pixels cannot be decoded.
    """
    check_size(picture.size, "The picture")
    picture = _upright(picture)
    profile = picture.info.get("icc_profile")
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


def _upright(picture: Image.Image) -> Image.Image:
    """The picture turned by the orientation in its EXIF or XMP.

    Of the metadata only the orientation is read, and where it turned something it is removed, so
    that no program turns the picture again.
    """
    if picture.format == "TIFF":
        _prepare_tiff(cast("TiffImageFile", picture))
    picture.load()  # Pillow turns a TIFF's pixels here and removes the orientation
    turn = _TURNS.get(_orientation(picture))
    if turn is None:
        return picture
    turned = picture.transpose(turn)
    for key in _TELLING_TURNS:
        turned.info.pop(key, None)
    return turned


def _prepare_tiff(picture: TiffImageFile) -> None:
    """Avoid faults of Pillow in loading a TIFF's pixels."""
    picture.filename = ""  # mapped by name, Pillow would swap a turned one's sides
    with suppress(*DECODE_ERRORS):
        exif = picture.getexif()
        for pointer in TiffTags.TAGS_V2_GROUPS:  # to directories that may be damaged
            exif.pop(pointer, None)


def _orientation(picture: Image.Image) -> int:
    """How a picture is to be turned, 1 to 8; 1, not at all, where there is no valid value."""
    found = _exif_orientation(picture.info.get("exif") or b"")
    if found is not None:
        return found
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return int(picture.getexif().get(_ORIENTATION, 1))  # XMP, or EXIF in a text
    except DECODE_ERRORS:
        return 1


def _exif_orientation(exif: bytes) -> int | None:
    """The orientation in a block of EXIF, even where the rest is damaged; None without one.

    It is a TIFF file's first directory: entries of a tag, a type, a count and a value.
    """
    while exif.startswith(b"Exif\0\0"):  # some cameras write the header twice
        exif = exif[6:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, start)
        for entry in range(start + 2, start + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(f"{order}HH", exif, entry)
            if tag == _ORIENTATION and kind in _WHOLE_NUMBERS:
                return struct.unpack_from(order + _WHOLE_NUMBERS[kind], exif, entry + 8)[0]
    except struct.error:
        pass
    return None


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
    """RGB by the picture's own colour profile, or unchanged where that is not usable."""
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
    """The picture itself, not a copy, where it is RGB, else converted."""
    if picture.mode != "RGB":
        return picture.convert("RGB")
    picture.load()
    return picture


def fill_hidden(picture: Image.Image) -> Image.Image:
    """RGBA whose wholly transparent pixels are all of one colour, with nearby colours in their
    place: programs write black or white there, which a network would draw into the edges.

    Other pictures are returned unchanged.
    """
    if picture.mode != "RGBA":
        return picture
    pixels = np.array(picture)
    hidden = pixels[..., 3] == 0
    there = pixels[hidden][:, :3]
    if not len(there) or hidden.all() or (there != there[0]).any():
        return picture
    seen = picture.convert("RGBa")  # premultiplied by alpha, so that hidden colours do not count
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
    """Read the frames of an animated GIF, WebP or PNG, or of a video file.

    Each has the file's provenance, if there is one.

    Raises:
        ValueError: no moving picture that can be read, or over 240 frames or 200 megapixels.
    """
    suffix = Path(path).suffix.lower()
    if suffix in (".mp4", ".mov", ".webm", ".mkv", ".avi"):
        return _read_video(Path(path))
    name = Path(path).name
    with open_picture(path) as picture:
        check_clip_size(picture.size, count_frames(path), name)
        frames, durations = [], []
        try:
            for frame in ImageSequence.Iterator(picture):
                frame.load()  # a WebP has the frame's duration only after its pixels
                durations.append(float(frame.info.get("duration") or _DEFAULT_FRAME_MS))
                frames.append(frame.convert("RGB"))
        except DECODE_ERRORS as error:
            raise ValueError(broken(name)) from error
    return Clip(frames, tuple(durations))


def _read_video(path: Path) -> Clip:
    from av.error import FFmpegError  # takes a while to load, and only videos need it

    no_video = f"{path.name} is no video that can be read; MP4 and GIF can."
    try:
        opened = open_video(path)
        if opened is None:
            raise ValueError(no_video)
        with opened as container:
            if not container.streams.video:
                raise ValueError(f"{path.name} holds no moving picture; choose another file.")
            stream = container.streams.video[0]
            check_clip_size((stream.width, stream.height), stream.frames or 1, path.name)
            usual_ms = 1000 / float(stream.average_rate or 24)
            frames, times, last_ms = [], [], usual_ms
            for count, frame in enumerate(container.decode(video=0), 1):
                check_clip_size((frame.width, frame.height), count, path.name)
                frames.append(upright_frame(frame))
                times.append(None if frame.time is None else 1000 * frame.time)
                last_ms = 1000 * float((frame.duration or 0) * (frame.time_base or 0)) or usual_ms
    except (FFmpegError, OSError) as error:
        raise ValueError(no_video) from error
    if not frames:
        raise ValueError(broken(path.name))
    if (text := provenance_text(path)) is not None:
        for image in frames:
            image.info[PROVENANCE_KEY] = text
    return Clip(frames, _durations_ms(times, last_ms, usual_ms))


def _durations_ms(
    times_ms: list[float | None], last_ms: float, usual_ms: float
) -> tuple[float, ...]:
    """How long each frame lasts, from when each begins; the usual time where that is unknown."""
    known = [time for time in times_ms if time is not None]
    if len(known) < len(times_ms) or any(a >= b for a, b in pairwise(known)):
        return (usual_ms,) * len(times_ms)
    return (*(b - a for a, b in pairwise(known)), last_ms)


def upright_frame(frame: av.VideoFrame) -> Image.Image:
    """A decoded frame turned and mirrored by its display matrix: phones record sideways.

    The matrix (ISO/IEC 14496-12, section 8.3.2) maps the point (x, y) at (a x + c y, b x + d y).
    """
    image = frame.to_image()
    found = cast("SideDataContainer", frame.side_data)
    matrix = next((s for s in found if s.type.name == "DISPLAYMATRIX"), None)
    if matrix is None:
        return image
    a, b, _, c, d, *_ = struct.unpack("=9i", bytes(matrix)[:36])
    return image if (turn := _turn_of(a, b, c, d)) is None else image.transpose(turn)


def _turn_of(a: int, b: int, c: int, d: int) -> Image.Transpose | None:
    """The quarter turn or mirroring nearest to a matrix; None for none, or where it is singular."""
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return {
            (False, True): Image.Transpose.FLIP_TOP_BOTTOM,
            (True, False): Image.Transpose.FLIP_LEFT_RIGHT,
            (True, True): Image.Transpose.ROTATE_180,
        }.get((a < 0, d < 0))
    return {
        (False, False): Image.Transpose.TRANSPOSE,
        (False, True): Image.Transpose.ROTATE_270,
        (True, False): Image.Transpose.ROTATE_90,
        (True, True): Image.Transpose.TRANSVERSE,
    }[b < 0, c < 0]
