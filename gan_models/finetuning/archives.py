"""Uploads taken apart, safely: zip archives, animations and short videos become single pictures.

No name from outside is ever used as a path: what has to be a file for a moment gets one name, in
the folder that the caller gives.
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

from PIL import Image, ImageSequence

from gan_models.media.containers import HEAD_BYTES, HEIC_BRANDS, open_video, video_kind
from gan_models.media.images import DECODE_ERRORS, open_picture
from gan_models.media.limits import MAX_CLIP_FRAMES, MAX_FILE_MB, check_size
from gan_models.media.photos import normalise, read_photo, upright_frame

STILL = ("PNG", "JPEG", "MPO", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "PPM", "TGA", "JPEG2000")
MOVING = ("GIF", "WEBP", "PNG", "AVIF")
FRAMES_A_SECOND = 4  # of a video; more are too much alike
MAX_CLIP_SECONDS = 120
MAX_CLIP_PIXELS = 2_000_000_000  # of an animation's frames together
MAX_MEMBERS = 10_000
_ENTRY_BYTES = 500  # of a zip's directory for one member: ample, paths are some hundred
MAX_NAME_CHARS = 80
_SYSTEM_NOTE = "It is a note of the operating system, not a picture."
_SYSTEM_NOTES = (
    *("thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "folder.ini"),
    *(".ds_store", ".localized", "icon\r", ".directory", ".picasa.ini", "picasa.ini"),
)
_APPLE_DOUBLE = b"\x00\x05\x16\x07"  # what a Mac keeps of a file on other file systems
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_BROKEN = (*DECODE_ERRORS, lzma.LZMAError, zipfile.BadZipFile)


@dataclass(frozen=True)
class Limits:
    """What one call takes at most."""

    num_pictures: int = 2000
    num_bytes: int = 2_000_000_000  # read in all, after unpacking
    seconds: float = 600.0


@dataclass
class Budget:
    """What is left of the limits while uploads are taken apart."""

    limits: Limits
    num_bytes: int = 0
    begun: float = field(default_factory=time.monotonic)

    def spend(self, num_bytes: int) -> None:
        """Count bytes read.

        Raises:
            Exhausted: too many, or too much time has gone by.
        """
        self.num_bytes += num_bytes
        if self.num_bytes > self.limits.num_bytes:
            raise Exhausted(
                f"The pictures together have more than {self.limits.num_bytes / 1e6:.0f} MB when "
                "unpacked; upload fewer or smaller ones."
            )
        if time.monotonic() - self.begun > self.limits.seconds:
            raise Exhausted(
                f"Reading took longer than {self.limits.seconds:.0f} seconds; upload fewer or "
                "smaller pictures."
            )


class Exhausted(ValueError):  # noqa: N818 - not a fault of the file at hand
    """A limit on everything together is reached; nothing more is read."""


@dataclass(frozen=True)
class Item:
    """One picture found in an upload, or why there is none."""

    name: str  # harmless to show
    image: Image.Image | None  # RGB or RGBA
    reason: str = ""


def harmless(name: str) -> str:
    """A name to show: its last part, without control characters or anything that marks up text."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    kept = "".join(
        "_" if char in "<>&\"'`|*[]{}" else char
        for char in unicodedata.normalize("NFC", last)
        if not unicodedata.category(char).startswith("C")
    ).strip()
    if len(kept) > MAX_NAME_CHARS:
        kept = kept[: MAX_NAME_CHARS - 9] + "…" + kept[-8:]
    return kept if kept.strip(".") else "picture"


def open_items(
    source: Path, scratch: Path, budget: Budget, *, follow_links: bool = False
) -> Iterator[Item]:
    """Every picture in a file: itself, its frames, or those of an archive's members.

    Args:
        source: any file.
        scratch: a path that may be written and removed, for the member at hand.
        budget: of all files together.
        follow_links: whether `source` may be a link; one in an archive is never followed.

    Raises:
        Exhausted: a limit is reached.
    """
    name = harmless(source.name)
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
    """A sentence about the file that does not name it; its name stands beside."""
    text = str(error)
    if isinstance(error, ValueError) and text.startswith(file_name):
        return "It" + text[len(file_name) :]
    if isinstance(error, ValueError) and text.startswith("The picture"):
        return text
    return "It cannot be read: it is damaged or ends too early. Save or copy it again."


# --- archives -----------------------------------------------------------------------------------


def _is_archive(path: Path) -> bool:
    """Whether a file is a zip from its first byte; a picture may have one hung on behind."""
    with open(path, "rb") as file:
        return file.read(2) == b"PK" and zipfile.is_zipfile(path)


def _members(source: Path, name: str, scratch: Path, budget: Budget) -> Iterator[Item]:
    too_many = f"It holds more than {MAX_MEMBERS} files; pack fewer into one archive."
    if _says_too_many(source):
        yield Item(name, None, too_many)
        return
    with zipfile.ZipFile(source) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
        if not members:
            yield Item(name, None, "It is an archive with nothing in it.")
        if len(members) > MAX_MEMBERS:  # its end record did not tell the truth
            yield Item(name, None, too_many)
            return
        for info in members:
            shown = harmless(info.filename)
            refusal = _refusal(info)
            if refusal:
                yield Item(shown, None, refusal)
                continue
            try:
                _extract(archive, info, scratch, budget)
                if _is_archive(scratch):
                    yield Item(shown, None, "It is an archive in an archive; unpack it first.")
                else:
                    yield from _pictures(scratch, shown, budget)
            except Exhausted:
                raise
            except _BROKEN as error:
                yield Item(shown, None, _reason(error, scratch.name))
            finally:
                scratch.unlink(missing_ok=True)


def _says_too_many(source: Path) -> bool:
    """Whether an archive's end record announces a directory too large to be opened.

    `ZipFile` lists all members at once, a kilobyte each, and as many as the directory's bytes
    hold, whatever the count says: so the bytes are limited, too.
    """
    with open(source, "rb") as file:
        end = zipfile._EndRecData(file)  # with zip64; as `ZipFile` will read it, to the byte
    num, num_bytes = end[zipfile._ECD_ENTRIES_TOTAL], end[zipfile._ECD_SIZE]
    return num > MAX_MEMBERS or num_bytes > MAX_MEMBERS * _ENTRY_BYTES


def _refusal(info: zipfile.ZipInfo) -> str:
    """Why a member is not even unpacked; empty if it is."""
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
    if info.file_size > MAX_FILE_MB * 1_000_000:
        return f"It has {info.file_size / 1e6:.0f} MB; at most {MAX_FILE_MB} MB are taken."
    return ""


def _is_system_note(name: str) -> bool:
    """Whether a file's name is one that file managers give to what they note down beside files."""
    return name.startswith("._") or name.lower() in _SYSTEM_NOTES


def _extract(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, scratch: Path, budget: Budget
) -> None:
    """Unpack a member, but no more of it than its entry says that there is."""
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
    """Whether a file is text that draws; a picture may have such text among its notes."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return text.startswith(b"<") and b"<svg" in text


def _is_text(head: bytes) -> bool:
    """Whether a file begins as text does, in UTF-8 or UTF-16."""
    wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = head[: len(head) // 2 * 2].decode("utf-16" if wide else "utf-8", "replace")
    odd = sum(unicodedata.category(char) in ("Cc", "Cn", "Co") or char == "\ufffd" for char in text)
    spaces = sum(text.count(char) for char in "\n\r\t\f")
    return bool(text.strip()) and odd - spaces <= 1  # a character may be cut in two at the end


def _frames(picture: Image.Image, name: str, budget: Budget) -> Iterator[Image.Image]:
    """Up to `MAX_CLIP_FRAMES` frames of an animation, evenly spread.

    Raises:
        ValueError: all its frames together are too much to decode.
    """
    if picture.n_frames * picture.width * picture.height > MAX_CLIP_PIXELS:
        raise ValueError(
            f"{name} has {picture.n_frames} frames of {picture.width}x{picture.height}; that is "
            "too much. Cut it shorter or make it smaller."
        )
    stride = -(-picture.n_frames // MAX_CLIP_FRAMES)
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
    import av  # takes a while to load, and only videos need it

    try:
        yield from _decoded(path, budget)
    except av.error.FFmpegError as error:  # some of them are of no ordinary kind
        raise OSError(f"{path.name} is damaged.") from error


def _decoded(path: Path, budget: Budget) -> Iterator[Image.Image]:
    """The frames of `_video_frames`, with ffmpeg's own errors."""
    import av

    with open_video(path) as container:
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
