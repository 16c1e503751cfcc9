"""What readers that are not ours find in a file: Pillow, PyAV, and the blocks of a GIF in order."""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree

import av
from PIL import Image

TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
NAMES = {
    "{http://ns.adobe.com/xap/1.0/}CreatorTool": "tool",
    "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType": "source",
}


def xmp_of(path: Path | str) -> bytes | None:
    """The XMP packet of a file."""
    path = Path(path)
    if path.suffix == ".mp4":
        with av.open(str(path), options={"export_xmp": "1"}) as container:
            text = container.metadata.get("xmp")
            return None if text is None else text.encode()
    if path.suffix == ".gif":
        return gif_extension(path.read_bytes(), b"XMP DataXMP")
    with Image.open(path) as picture:
        picture.load()
        return picture.info.get("xmp")


def origin(path: Path | str) -> dict[str, str]:
    """`tool` and `source` of a file, the source without the start that all terms have."""
    packet = xmp_of(path)
    assert packet is not None, f"{path} has no XMP"
    elements = ElementTree.fromstring(packet).iter()
    found = {NAMES[one.tag]: one.text or "" for one in elements if one.tag in NAMES}
    assert found["source"].startswith(TERMS)
    return found | {"source": found["source"].removeprefix(TERMS)}


def gif_extension(data: bytes, name: bytes) -> bytes | None:
    """The content of an application extension; GIF89a, sections 18 to 26."""
    at = 13 + (3 << (data[10] & 7) + 1 if data[10] & 0x80 else 0)
    found = None
    while data[at : at + 1] != b";":
        if data[at : at + 2] == b"!\xff":
            if data[at + 3 : at + 14] == name:
                end = data.index(b"<?xpacket end=", at)
                found = data[at + 14 : data.index(b"?>", end) + 2]
            at += 2
        elif data[at : at + 1] == b"!":
            at += 2
        else:
            (flags,) = struct.unpack("B", data[at + 9 : at + 10])
            at += 10 + (3 << (flags & 7) + 1 if flags & 0x80 else 0) + 1
        while data[at]:
            at += 1 + data[at]
        at += 1
    return found
