"""Label maps: files to pictures, ids to pictures and texts, and resizing.

A label map is an integer array [H, W] of ids from 0. `media.label_ids` reads the ids of a picture,
`media.palettes` has the known sets of labels.
"""

from __future__ import annotations

import base64
import binascii
import io
import struct
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_models.media.images import DECODE_ERRORS
from gan_models.media.label_ids import check_map_size, read_ids, read_label_map
from gan_models.media.label_tables import COLOR_TOLERANCE
from gan_models.media.limits import check_file_size
from gan_models.media.palettes import PALETTES, Palette, colors_of, default_labels, palette
from gan_models.media.png import SIGNATURE, without_large_notes

__all__ = [
    "COLOR_TOLERANCE",
    "PALETTES",
    "Palette",
    "colors_of",
    "default_labels",
    "from_base64_png",
    "open_label_map",
    "palette",
    "read_ids",
    "read_label_map",
    "read_png",
    "resize_nearest",
    "to_base64_png",
    "to_indexed",
]

# --- reading ------------------------------------------------------------------------------------


def open_label_map(path: Path | str) -> Image.Image:
    """Read a PNG that holds a label map, after checking its size.

    Raises:
        ValueError: no file, no PNG, broken, over 50 MB or 16.8 megapixels, or narrower than 16 px.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no file {path}; check the path.")
    check_file_size(path, "Save it as an indexed PNG.")
    return read_png(path.read_bytes(), path.name)


def read_png(data: bytes, name: str = "the label map") -> Image.Image:
    """`open_label_map` of a file already in memory."""
    if data[:8] != SIGNATURE or len(data) < 26:
        raise ValueError(
            f"{name} is no PNG. Save label maps as PNG: other formats change the ids on the way."
        )
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    check_map_size((width, height), name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            readable, _ = without_large_notes(io.BytesIO(data))
            picture = Image.open(readable, formats=["PNG"])
            picture.load()
    except DECODE_ERRORS as error:
        raise ValueError(f"{name} is damaged and cannot be read; save it again.") from error
    if kind == 0 and depth in (2, 4):  # Pillow stretches these to 0..255
        picture = picture.point([value * ((1 << depth) - 1) // 255 for value in range(256)])
    if kind != 0 and depth == 16 and not picture.convert("RGB").getbbox():
        raise ValueError(  # Pillow keeps only the upper half of each number
            f"{name} has 16 bits a channel and no number over 255 in them: save it as a grey PNG, "
            "or with 8 bits a channel."
        )
    return picture


# --- sizes and pictures -------------------------------------------------------------------------


def resize_nearest(ids: NDArray, size: tuple[int, int]) -> NDArray:
    """An array [H, W] at another size (width, height), each pixel the nearest one's id."""
    width, height = size
    rows = (2 * np.arange(height) + 1) * ids.shape[0] // (2 * height)
    columns = (2 * np.arange(width) + 1) * ids.shape[1] // (2 * width)
    return ids[rows[:, None], columns]


def to_indexed(ids: NDArray, colors: Sequence[tuple[int, int, int]]) -> Image.Image:
    """Ids [H, W], at most 256 of them, as an indexed picture in these colours."""
    picture = Image.fromarray(ids.astype(np.uint8), "L").copy()
    picture.putpalette(bytes(part for color in colors for part in color))
    return picture


def to_base64_png(ids: NDArray) -> str:
    """Ids [H, W] as a grey PNG in base64, for a provenance."""
    file = io.BytesIO()
    Image.fromarray(ids.astype(np.uint8), "L").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def from_base64_png(text: str) -> NDArray[np.int32]:
    """The ids of `to_base64_png`.

    Raises:
        ValueError: the text is no such PNG, or over 16.8 megapixels.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ValueError("The label map inside is broken; download the picture again.") from error
    return np.asarray(read_png(data).convert("L")).astype(np.int32)
