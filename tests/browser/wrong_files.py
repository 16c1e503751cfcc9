"""Ten wrong files for an upload, by name."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin

SVG = "<svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'/>"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb() -> bytes:
    """A PNG of a few kilobytes whose header states 400 megapixels."""
    head = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(20_001) * 40, 9)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")
    )


def picture(provenance: dict | None = None) -> Image.Image:
    grain = np.random.RandomState(0).randint(0, 256, (64, 64, 3)).astype(np.uint8)
    image = Image.fromarray(grain)
    if provenance is not None:
        image.info["ganvas"] = json.dumps(provenance)
    return image


def png(provenance: dict) -> bytes:
    text, file = PngImagePlugin.PngInfo(), io.BytesIO()
    text.add_itxt("ganvas", json.dumps(provenance))
    picture().save(file, "PNG", pnginfo=text)
    return file.getvalue()


def truncated_jpeg() -> bytes:
    file = io.BytesIO()
    picture().save(file, "JPEG")
    return file.getvalue()[:300]


def tiny() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, "PNG")
    return file.getvalue()


def folder_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("folder/notes.txt", "no picture")
    return file.getvalue()


def make(folder: Path) -> dict[str, Path]:
    """Write the files; their paths by what is wrong with them."""
    other = {"task": "translation", "model": "vintage", "strength": 1.0, "keep_colours": False}
    unknown = {"task": "latent", "model": "nobody", "seed": 3, "truncation_psi": 1.0}
    contents = {
        "text.png": b"this is a text",
        "truncated.jpg": truncated_jpeg(),
        "empty.png": b"",
        "tiny.png": tiny(),
        "bomb.png": bomb(),
        "drawing.svg": SVG.encode(),
        "phone.heic": b"\x00\x00\x00\x18ftypheic" + bytes(64),
        "folder.zip": folder_zip(),
        "other-tab.png": png(other),
        "unknown-model.png": png(unknown),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in contents}
