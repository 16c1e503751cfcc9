"""Extract single pictures from uploads safely: zip archives, animations and short videos.

No name inside an upload is ever used as a path: a member that has to be a file for a moment is
written to one path that the caller gives.
"""

from __future__ import annotations

import lzma
import re
import stat
import time
import unicodedata
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from PIL import Image, ImageSequence

from gan_models.media.containers import HEAD_BYTES, HEIC_BRANDS, open_video, video_kind
from gan_models.media.images import DECODE_ERRORS, open_picture
from gan_models.media.limits import MAX_CLIP_FRAMES, check_size, limits
from gan_models.media.photos import normalise, read_photo, upright_frame

STILL = ("PNG", "JPEG", "MPO", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM", "TGA", "JPEG2000")
MOVING = ("GIF", "WEBP", "PNG", "AVIF")
FRAMES_A_SECOND = 4  # of a video; more are too similar
MAX_CLIP_SECONDS = 120
MAX_CLIP_PIXELS = 2_000_000_000  # of an animation's frames together
MAX_MEMBERS = 10_000
_ENTRY_BYTES = 500  # upper limit of a zip's directory for one member
MAX_NAME_CHARS = 80
_SYSTEM_NOTE = "It is a note of the operating system, not a picture."
_SYSTEM_NOTES = (
    *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "folder.ini"),
    *(".ds_store", ".localized", "icon\r", ".directory", ".picasa.ini", "picasa.ini"),
)
_APPLE_DOUBLE = b"\x00\x05\x16\x07"  # of the metadata files of macOS on other file systems
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_BROKEN = (*DECODE_ERRORS, lzma.LZMAError, zipfile.BadZipFile)


@dataclass(frozen=True)
class Limits:
    """The limits of one call."""

    num_pictures: int = 2000
    num_bytes: int = 2_000_000_000  # read in all, after unpacking
    seconds: float = 600.0


@dataclass
class Budget:
    """What has been used of the limits so far."""

    limits: Limits
    num_bytes: int = 0
    started: float = field(default_factory=time.monotonic)

    def spend(self, num_bytes: int) -> None:
        """Count bytes read.

        Raises:
            Exhausted: too many, or too much time has passed.
        """
        self.num_bytes += num_bytes
        if self.num_bytes > self.limits.num_bytes:
            raise Exhausted(
                f"The pictures together have more than {self.limits.num_bytes / 1e6:.0f} MB when "
                "unpacked; upload fewer or smaller ones."
            )
        if time.monotonic() - self.started > self.limits.seconds:
            raise Exhausted(
                f"Reading took longer than {self.limits.seconds:.0f} seconds; upload fewer or "
                "smaller pictures."
            )


class Exhausted(ValueError):  # noqa: N818 - not an error of the file being read
    """A limit on all files together is reached; nothing more is read."""


@dataclass(frozen=True)
class Item:
    """One picture found in an upload, or why there is none."""

    name: str  # safe to display
    image: Image.Image | None  # RGB or RGBA
    reason: str = ""


def displayable(name: str) -> str:
    """A file name for display: its last part, without control characters and markup."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    cleaned = "".join(
        "_" if char in "<>&\"'`|*[]{}" else char
        for char in unicodedata.normalize("NFC", last)
        if not unicodedata.category(char).startswith("C")
    ).strip()
    if len(cleaned) > MAX_NAME_CHARS:
        cleaned = cleaned[: MAX_NAME_CHARS - 9] + "…" + cleaned[-8:]
    return cleaned if cleaned.strip(".") else "picture"


def open_items(
    source: Path, scratch: Path, budget: Budget, *, follow_links: bool = False
) -> Iterator[Item]:
    """Every picture in a file: itself, its frames, or those of an archive's members.

    Args:
        source: any file.
        scratch: a path that may be written and removed, for one member at a time.
        budget: of all files together.
        follow_links: whether `source` may be a link; one in an archive is never followed.

    Raises:
        Exhausted: a limit is reached.
    """
    name = displayable(source.name)
    try:
        if source.is_symlink() and not follow_links:
            yield Item(name, None, "It is a link, not a picture; choose the picture itself.")
        elif not source.is_file():
            what = "It is a link that leads nowhere" if source.is_symlink() else "It is no file"
            yield Item(name, None, f"{what}; choose a picture, a zip or a short video.")
        elif _is_system_note(source.name):
            yield Item(name, None, _SYSTEM_NOTE)
        elif _is_archive(source):
            yield from _members(source, name, scratch, budget)
        else:
            budget.spend(source.stat().st_size)
            yield from _pictures(source, name, budget)
    except Exhausted:
        raise
    except _BROKEN as error:
        yield Item(name, None, _reason(error, source.name))


def _reason(error: BaseException, file_name: str) -> str:
    """The error as a sentence without the file's name, which is reported separately."""
    text = str(error)
    if isinstance(error, ValueError) and text.startswith(file_name):
        return "It" + text[len(file_name) :]
    if isinstance(error, ValueError) and text.startswith("The picture"):
        return text
    return "It cannot be read: it is damaged or ends too early. Save or copy it again."


# --- archives -----------------------------------------------------------------------------------


def _is_archive(path: Path) -> bool:
    """Whether a file is a zip from its first byte; a picture may have a zip appended."""
    with open(path, "rb") as file:
        return file.read(2) == b"PK" and zipfile.is_zipfile(path)


def _members(source: Path, name: str, scratch: Path, budget: Budget) -> Iterator[Item]:
    too_many = f"It holds more than {MAX_MEMBERS} files; pack fewer into one archive."
    if _declares_too_many(source):
        yield Item(name, None, too_many)
        return
    with zipfile.ZipFile(source) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if not members:
            yield Item(name, None, "It is an archive with nothing in it.")
        if len(members) > MAX_MEMBERS:  # its end record is wrong
            yield Item(name, None, too_many)
            return
        for info in members:
            label = displayable(info.filename)
            refusal = _refusal(info)
            if refusal:
                yield Item(label, None, refusal)
                continue
            try:
                _extract(archive, info, scratch, budget)
                if _is_archive(scratch):
                    yield Item(label, None, "It is an archive in an archive; unpack it first.")
                else:
                    yield from _pictures(scratch, label, budget)
            except Exhausted:
                raise
            except _BROKEN as error:
                yield Item(label, None, _reason(error, scratch.name))
            finally:
                scratch.unlink(missing_ok=True)


def _declares_too_many(source: Path) -> bool:
    """Whether an archive's end record declares a directory that is too large to open.

    `ZipFile` reads the whole directory at once, a kilobyte of memory for each member, and goes by
    its bytes, not by the declared count: so the bytes are limited, too.
    """
    # private, but the very code by which `ZipFile` reads the record, zip64 included
    internals: Any = zipfile
    with open(source, "rb") as file:
        end = internals._EndRecData(file)
    num, num_bytes = end[internals._ECD_ENTRIES_TOTAL], end[internals._ECD_SIZE]
    return num > MAX_MEMBERS or num_bytes > MAX_MEMBERS * _ENTRY_BYTES


def _refusal(info: zipfile.ZipInfo) -> str:
    """Why a member is not unpacked; empty if it is."""
    parts = PurePosixPath(info.filename.replace("\\", "/")).parts
    if "__MACOSX" in parts or _is_system_note(parts[-1] if parts else ""):
        return _SYSTEM_NOTE
    rooted = info.filename.startswith(("/", "\\"))
    on_a_drive = re.match("[A-Za-z]:", "/".join(parts))  # other colons are times of day
    if rooted or on_a_drive or ".." in parts:
        return "Its name leads out of the archive; pack the pictures again without such paths."
    if stat.S_ISLNK(info.external_attr >> 16):
        return "It is a link, not a picture; pack the picture itself."
    if info.flag_bits & 1:
        return "It is locked with a password; pack the pictures again without one."
    if info.compress_type not in _METHODS:
        return "It is packed in an unusual way; pack the pictures again as an ordinary zip."
    most = limits().file_mb
    if info.file_size > most * 1_000_000:
        return f"It has {info.file_size / 1e6:.0f} MB; at most {most:g} MB are taken."
    return ""


def _is_system_note(name: str) -> bool:
    """Whether a file name is that of a metadata file of an operating system or photo program."""
    return name.startswith("._") or name.lower() in _SYSTEM_NOTES


def _extract(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, scratch: Path, budget: Budget
) -> None:
    """Unpack a member; fail if it is larger than its entry declares."""
    with archive.open(info) as member, open(scratch, "wb") as file:
        left = info.file_size
        while chunk := member.read(min(1 << 20, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise zipfile.BadZipFile("larger than its entry says")
            budget.spend(len(chunk))
            file.write(chunk)


# --- pictures and clips -------------------------------------------------------------------------


def _pictures(path: Path, name: str, budget: Budget) -> Iterator[Item]:
    """The picture in a file, or the frames of a moving one."""
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
    if video_kind(head):
        for number, frame in enumerate(_video_frames(path, budget), 1):
            yield Item(f"{name}, frame {number}", frame)
        return
    if head[4:8] == b"ftyp" and head[8:12] in HEIC_BRANDS:
        yield Item(name, None, "It is a HEIC photo; export or send it as JPEG.")
        return
    if _is_svg(head):
        yield Item(name, None, "It is an SVG drawing, not a picture of pixels; export it as PNG.")
        return
    if head.startswith(_APPLE_DOUBLE):
        yield Item(name, None, _SYSTEM_NOTE)
        return
    try:
        picture = open_picture(path)
    except ValueError:
        if not _is_text(head):
            raise
        yield Item(name, None, "It is no picture but a text.")
        return
    with picture:
        if picture.format not in STILL:
            known = "PNG, JPEG, WebP and GIF"
            yield Item(name, None, f"It is a {picture.format} file; {known} are taken.")
            return
        if picture.format in MOVING and getattr(picture, "n_frames", 1) > 1:
            for number, frame in enumerate(_frames(picture, path.name, budget), 1):
                yield Item(f"{name}, frame {number}", frame)
            return
    yield Item(name, read_photo(path))


def _is_svg(head: bytes) -> bool:
    """Whether a file starts like an SVG; a picture may contain SVG text in its metadata."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return text.startswith(b"<") and b"<svg" in text


def _is_text(head: bytes) -> bool:
    """Whether a file starts with text in UTF-8 or UTF-16."""
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head[: len(head) // 2 * 2].decode("utf-16" if wide else "utf-8", "replace")
    odd = sum(unicodedata.category(char) in ("Cc", "Cn", "Co") or char == "\ufffd" for char in text)
    spaces = sum(text.count(char) for char in "\n\r\t\f")
    return bool(text.strip()) and odd - spaces <= 1  # the last character may be incomplete


def _frames(picture: Image.Image, name: str, budget: Budget) -> Iterator[Image.Image]:
    """Up to `MAX_CLIP_FRAMES` frames of an animation, evenly spread.

    Raises:
        ValueError: all its frames together are too much to decode.
    """
    num_frames = getattr(picture, "n_frames", 1)
    if num_frames * picture.width * picture.height > MAX_CLIP_PIXELS:
        raise ValueError(
            f"{name} has {num_frames} frames of {picture.width}x{picture.height}; that is "
            "too much. Cut it shorter or make it smaller."
        )
    stride = -(-num_frames // MAX_CLIP_FRAMES)
    for number, frame in enumerate(ImageSequence.Iterator(picture)):
        budget.spend(0)
        if number % stride == 0:
            yield normalise(frame.copy())


def _video_frames(path: Path, budget: Budget) -> Iterator[Image.Image]:
    """A few frames a second of a video file.

    Raises:
        ValueError: over two minutes, or no video in it.
        OSError: it is damaged.
    """
    from av.error import FFmpegError  # slow to load, and only videos need it

    try:
        yield from _decoded(path, budget)
    except FFmpegError as error:  # not all of them are OSErrors or ValueErrors
        raise OSError(f"{path.name} is damaged.") from error


def _decoded(path: Path, budget: Budget) -> Iterator[Image.Image]:
    """The frames for `_video_frames`, with ffmpeg's own errors."""
    import av

    opened = open_video(path)
    if opened is None:
        raise ValueError(f"{path.name} holds no moving picture; choose another file.")
    with opened as container:
        if not container.streams.video:
            raise ValueError(f"{path.name} holds no moving picture; choose another file.")
        stream = container.streams.video[0]
        check_size((stream.width, stream.height), path.name)
        seconds = container.duration / av.time_base if container.duration else 0.0
        if seconds > MAX_CLIP_SECONDS:
            raise ValueError(
                f"{path.name} lasts {seconds:.0f} seconds; at most {MAX_CLIP_SECONDS} are taken. "
                "Cut it shorter."
            )
        wait, due, taken = max(1 / FRAMES_A_SECOND, seconds / MAX_CLIP_FRAMES), 0.0, 0
        fps = float(stream.average_rate or 24)
        for number, frame in enumerate(container.decode(video=0)):
            budget.spend(0)
            at = number / fps if frame.time is None else frame.time
            if at + 1e-6 < due:
                continue
            due, taken = at + wait, taken + 1
            if taken > MAX_CLIP_FRAMES:
                return
            check_size((frame.width, frame.height), path.name)
            yield upright_frame(frame)
