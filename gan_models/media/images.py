"""Convert PIL images to tensors and back, open files safely, and store provenance inside PNGs."""

from __future__ import annotations

import json
import struct
import warnings
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, PngImagePlugin
from torch import Tensor

from gan_models.media import png
from gan_models.media.limits import MAX_MEGAPIXELS, check_file_size, check_size

PROVENANCE_KEY = "ganvas"
# what Pillow's readers raise on damaged files, whatever the format
DECODE_ERRORS = (
    *(OSError, SyntaxError, ValueError, MemoryError, EOFError, LookupError, TypeError),
    *(struct.error, zlib.error, ArithmeticError, NotImplementedError, RecursionError),
    *(RuntimeError, AttributeError, AssertionError, Image.DecompressionBombError),
)


def to_pil(images: Tensor) -> list[Image.Image]:
    """[N, 3 or 1, H, W] in [-1, 1] to N RGB pictures; values outside are clamped."""
    pixels = images.detach().float().mul(127.5).add(127.5).round().clamp(0, 255).to(torch.uint8)
    if pixels.shape[1] == 1:
        pixels = pixels.expand(-1, 3, -1, -1)
    arrays = pixels.permute(0, 2, 3, 1).cpu().numpy()  # [N, H, W, 3]
    return [Image.fromarray(array) for array in arrays]


def from_pil(pictures: Sequence[Image.Image]) -> Tensor:
    """N pictures of one size to [N, 3, H, W] float32 in [-1, 1]."""
    arrays = np.stack([np.asarray(picture.convert("RGB")) for picture in pictures])
    return torch.from_numpy(arrays).permute(0, 3, 1, 2).float().div(127.5).sub(1)


def add_provenance(image: Image.Image, provenance: dict[str, Any]) -> Image.Image:
    """Attach to `image` what is needed to make it again; `save_png` writes it into the file."""
    image.info[PROVENANCE_KEY] = json.dumps(provenance, ensure_ascii=False, sort_keys=True)
    return image


def save_png(image: Image.Image, path: Path | str) -> None:
    """Write a PNG with the picture's provenance, if it has one, in a text chunk."""
    text = PngImagePlugin.PngInfo()
    if PROVENANCE_KEY in image.info:
        text.add_itxt(PROVENANCE_KEY, image.info[PROVENANCE_KEY])
    image.save(path, "PNG", pnginfo=text)


def read_provenance(path: Path | str) -> dict[str, Any]:
    """The provenance inside a PNG that Ganvas wrote.

    Raises:
        ValueError: no picture, too large, or a picture without a provenance.
    """
    with open_picture(path) as picture:
        picture.load()  # text chunks may follow the pixels
        text = picture.info.get(PROVENANCE_KEY)
    provenance = None
    if isinstance(text, str | bytes):
        with suppress(ValueError):
            provenance = json.loads(text)
    if not isinstance(provenance, dict):
        raise ValueError(
            "This picture has no Ganvas provenance; drop a PNG that was downloaded from this page, "
            "not a screenshot or a copy that another program saved."
        )
    return provenance


def open_picture(path: Path | str) -> Image.Image:
    """Open a picture without decoding it, after checking its size in bytes and pixels.

    Raises:
        ValueError: no picture, broken, over 50 MB or 64 megapixels, or narrower than 16 px.
    """
    path = Path(path)
    check_file_size(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = _open_without_large_notes(path)
    except DECODE_ERRORS as error:
        raise ValueError(
            f"{path.name} is no picture that can be read; PNG, JPEG, WebP and GIF can, "
            f"up to {MAX_MEGAPIXELS} megapixels."
        ) from error
    check_size(picture.size, path.name)
    return picture


def _open_without_large_notes(path: Path) -> Image.Image:
    with path.open("rb") as file:
        readable, profile = png.without_large_notes(file)
        if readable is file:
            return Image.open(path)
    picture = Image.open(readable)
    if profile is not None:
        picture.info["icc_profile"] = profile
    return picture


def grid(pictures: Sequence[Image.Image], columns: int | None = None) -> Image.Image:
    """One picture of all, row by row; as square as can be without `columns`; all have one size."""
    columns = columns or int(np.ceil(np.sqrt(len(pictures))))
    rows = int(np.ceil(len(pictures) / columns))
    width, height = pictures[0].size
    sheet = Image.new("RGB", (columns * width, rows * height))
    for index, picture in enumerate(pictures):
        sheet.paste(picture, (index % columns * width, index // columns * height))
    return sheet
