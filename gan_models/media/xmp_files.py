"""XMP in files that Pillow and PyAV do not write it into: GIF and MP4 (ISO 16684-3, section 5)."""

from __future__ import annotations

import io
import mmap
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gan_models.media import xmp
from gan_models.media.containers import HEAD_BYTES, video_kind

_GIF_SIGNATURES = (b"GIF87a", b"GIF89a")  # extensions are of the second
_GIF_HEAD_BYTES = 13
_MOST_BLOCKS = 16  # of XMP in a GIF: some programs add one instead of changing it
_GIF_EXTENSION = b"!\xff\x0bXMP DataXMP"
# a decoder that takes the packet for blocks with their lengths is led to the end from any byte
_GIF_END = bytes([1, *range(255, -1, -1), 0])
_MP4_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_MOST_BOXES = 10_000


def add_to_gif(path: Path, packet: bytes) -> None:
    """Add a packet to a GIF, before its pictures: programs that change XMP look for it there.

    Raises:
        ValueError: it is no GIF.
    """
    with open(path, "r+b") as file:
        head = file.read(_GIF_HEAD_BYTES)
        if len(head) < _GIF_HEAD_BYTES or head[:6] not in _GIF_SIGNATURES:
            raise ValueError(f"{path.name} is no GIF.")
        has_colours, exponent = head[10] >> 7, (head[10] & 7) + 1  # of the table of all frames
        start = _GIF_HEAD_BYTES + has_colours * 3 * 2**exponent
        file.seek(start)
        rest = file.read()
        file.seek(start)
        file.write(_GIF_EXTENSION + packet + _GIF_END + rest)
        file.seek(0)
        file.write(_GIF_SIGNATURES[1])


def add_to_mp4(path: Path, packet: bytes) -> None:
    """Add a packet to an MP4, as a box behind all others, which stay where they are."""
    with open(path, "ab") as file:
        file.write(struct.pack(">I4s", 24 + len(packet), b"uuid") + _MP4_UUID + packet)


def provenance_text(path: Path) -> str | None:
    """The provenance in the XMP of a GIF or MP4 as JSON text; None: there is none."""
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
        if head[:4] == b"GIF8":
            packets = _gif_packets(file)
        elif video_kind(head) == "mp4":
            packets = _mp4_packets(file)
        else:
            return None
        return next(filter(None, map(xmp.provenance_text, packets)), None)


def _gif_packets(file: BinaryIO) -> Iterator[bytes]:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = 0
        for _ in range(_MOST_BLOCKS):
            start = data.find(_GIF_EXTENSION, start)
            if start < 0:
                return
            start += len(_GIF_EXTENSION)
            end = data.find(_GIF_END, start, start + xmp.MAX_PACKET_BYTES + len(_GIF_END))
            if end >= 0:
                yield data[start:end]


def _mp4_packets(file: BinaryIO) -> Iterator[bytes]:
    for start, kind, length in _boxes(file):
        if kind != b"uuid" or not 16 <= length <= 16 + xmp.MAX_PACKET_BYTES:
            continue
        file.seek(start)
        if file.read(16) == _MP4_UUID:
            yield file.read(length - 16)


def _boxes(file: BinaryIO) -> Iterator[tuple[int, bytes, int]]:
    """Where the content of each outermost box begins, its kind and length; up to a fault."""
    end, at = file.seek(0, io.SEEK_END), 0
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        file.seek(at)
        head = file.read(16)
        size, kind = struct.unpack(">I4s", head[:8])
        skip = 8
        if size == 1 and len(head) == 16:  # the length follows in 64 bits
            (size,), skip = struct.unpack(">Q", head[8:]), 16
        size = size or end - at  # 0: to the end of the file
        if size < skip or at + size > end:
            return
        yield at + skip, kind, size - skip
        at += size
