"""Remove the text chunks of a PNG that are too large for Pillow.

Programs put editing histories (XMP), workflows and colour profiles of megabytes into a PNG; Pillow
then refuses the whole file, to bound its memory. PNG, third edition, section 5 (chunks) and 11.3.3
(text).
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_NOTE_BYTES = 1 << 20  # unpacked; Pillow's own limit
MAX_NOTES_BYTES = 32 << 20  # of all together; Pillow's own limit is 64 MiB
MAX_PROFILE_BYTES = 16 << 20  # unpacked: colour tables of printers and scanners have some
_XMP = b"XML:com.adobe.xmp"
_XMP_BYTES = 1 << 16  # of a large one that remain: it begins with the orientation


def without_large_notes(file: BinaryIO) -> tuple[BinaryIO, bytes | None]:
    """The PNG itself, or where Pillow would refuse its notes, a copy in memory without them.

    Args:
        file: at its start, also afterwards; any file, a PNG or not.

    Returns:
        A file, and the colour profile that had to be left out of it, if there was one of up to
        16 MiB.
    """
    if file.read(len(SIGNATURE)) != SIGNATURE:
        file.seek(0)
        return file, None
    replaced, profile, total = {}, None, 0
    for start, kind, length in _chunks(file):
        if kind not in (b"tEXt", b"zTXt", b"iTXt", b"iCCP"):
            continue
        file.seek(start)
        body = file.read(length)
        packed, text = _packed_part(kind, body)
        if total > MAX_NOTES_BYTES:  # nothing more is unpacked
            replaced[start] = b""
            continue
        size = len(text) if packed is None else len(_unpack(packed, MAX_NOTE_BYTES + 1))
        total += size
        if total > MAX_NOTES_BYTES or (packed is not None and size > MAX_NOTE_BYTES):
            replaced[start] = _short_xmp(body, packed, text)
            if packed is not None and kind == b"iCCP":
                profile = _unpacked(packed, MAX_PROFILE_BYTES)
    file.seek(0)
    return (_copy(file, replaced), profile) if replaced else (file, None)


def _chunks(file: BinaryIO) -> Iterator[tuple[int, bytes, int]]:
    """Where each chunk's content begins, its kind and length; up to the end or the first fault."""
    at = len(SIGNATURE)
    end = file.seek(0, io.SEEK_END)
    while at + 12 <= end:
        file.seek(at)
        length, kind = struct.unpack(">I4s", file.read(8))
        if at + 12 + length > end or kind == b"IEND":
            return
        yield at + 8, kind, length
        at += 12 + length


def _packed_part(kind: bytes, body: bytes) -> tuple[bytes | None, bytes]:
    """The compressed part of a note and no text, or None and the plain text."""
    _, _, rest = body.partition(b"\0")
    if kind in (b"zTXt", b"iCCP"):
        return rest[1:], b""
    if kind == b"tEXt":
        return None, rest
    text = rest[2:].partition(b"\0")[2].partition(b"\0")[2]  # after language and keyword
    return (text, b"") if rest[:1] == b"\1" else (None, text)


def _unpacked(packed: bytes, limit: int) -> bytes | None:
    """A note unpacked; None where it is over the limit or damaged."""
    data = _unpack(packed, limit + 1)
    return data if 0 < len(data) <= limit else None


def _unpack(packed: bytes, limit: int) -> bytes:
    """The beginning of a note unpacked, empty where it is damaged."""
    try:
        return zlib.decompressobj().decompress(packed, limit)
    except zlib.error:
        return b""


def _short_xmp(body: bytes, packed: bytes | None, text: bytes) -> bytes:
    """The replacement of a large note: of XMP its beginning, of others nothing."""
    if not body.startswith(_XMP + b"\0"):
        return b""
    begun = _unpack(packed, _XMP_BYTES) if packed is not None else text[:_XMP_BYTES]
    content = b"iTXt" + _XMP + bytes(5) + begun.decode("utf-8", "ignore").encode()
    return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))


def _copy(file: BinaryIO, replaced: dict[int, bytes]) -> BinaryIO:
    """The file with the chunks whose contents start at the given places replaced."""
    data, made, at = file.read(), io.BytesIO(), 0
    for start, chunk in sorted(replaced.items()):
        (length,) = struct.unpack(">I", data[start - 8 : start - 4])
        made.write(data[at : start - 8])
        made.write(chunk)
        at = start + length + 4
    made.write(data[at:])
    made.seek(0)
    return made
