"""Pictures and archives to upload."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np
from PIL import Image

SIDE = 32


def photo(seed=0, size=(60, 48)):
    """A picture that differs by seed."""
    blobs = np.random.RandomState(seed).randint(0, 255, (7, 9, 3)).astype(np.uint8)
    return Image.fromarray(blobs).resize(size, Image.Resampling.BICUBIC)


def encoded(image, format="PNG", **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def zipped(members, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def frames(num, size=(40, 40)):
    return [photo(100 + i, size) for i in range(num)]


def turned(mp4, matrix):
    """An MP4 displayed at (a x + c y, b x + d y), by the matrix in the header of its only track."""
    start = mp4.index(b"tkhd") + 44
    a, b, c, d = (value << 16 for value in matrix)
    return mp4[:start] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + mp4[start + 36 :]
