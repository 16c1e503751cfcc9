"""Open video files as the container that their first bytes show, and as nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer

HEAD_BYTES = 512  # enough for `video_kind`
HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"mif1", b"msf1")
_PICTURE_BRANDS = (*HEIC_BRANDS, b"avif", b"avis")
_FIRST_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip")  # of QuickTime before `ftyp`


def video_kind(head: bytes) -> str:
    """ffmpeg's name of a container, by the first bytes; ffmpeg itself accepts too much.

    Playlists and the like, which refer to other files and addresses, give "".
    """
    if head[4:8] == b"ftyp":
        return "" if head[8:12] in _PICTURE_BRANDS else "mp4"
    if head[4:8] in _FIRST_ATOMS and head[0] < 0x09:  # no text: a size of 32 bits
        return "mp4"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    return ""


def open_video(path: Path) -> InputContainer | None:
    """A video file to read frames from; None where it is none of the known containers.

    ffmpeg gets the container's name and may open this one file: files that it refers to are not
    read.

    Raises:
        av.FFmpegError, OSError: it cannot be opened, or is damaged.
    """
    import av  # takes a while to load, and only videos need it

    with open(path, "rb") as file:
        kind = video_kind(file.read(HEAD_BYTES))
    if not kind:
        return None
    return av.open(str(path), format=kind, options={"protocol_whitelist": "file"})
