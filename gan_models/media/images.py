"""Convert PIL images to tensors and back, open files safely, write pictures with provenances."""

from __future__ import annotations

import json
import struct
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from PIL import Image, PngImagePlugin
from torch import Tensor

from gan_models.media import png, xmp, xmp_files
from gan_models.media.containers import HEAD_BYTES, video_kind
from gan_models.media.limits import check_file_size, check_size, limits
from gan_models.media.mark import marked
from gan_models.media.provenance import PROVENANCE_KEY, Provenance, combined, read_text

_XMP_KEYWORD = "XML:com.adobe.xmp"  # of a PNG's text chunk
_MAX_JPEG_XMP = 65_502  # bytes of a packet in the one segment that a JPEG has for it
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


def add_provenance(image: Image.Image, provenance: Provenance) -> Image.Image:
    """Attach to `image` what is needed to make it again; `save_picture` writes it into the file.

    A picture with a provenance counts as a generated one.
    """
    image.info[PROVENANCE_KEY] = json.dumps(provenance, ensure_ascii=False, sort_keys=True)
    return image


def provenance_of(image: Image.Image) -> dict[str, Any] | None:
    """The provenance that is attached to a picture; None: there is none."""
    return read_text(image.info.get(PROVENANCE_KEY))


def save_png(image: Image.Image, path: Path | str | IO[bytes], **options: Any) -> None:
    """Write a PNG; as `save_picture`."""
    save_picture(image, path, "PNG", **options)


def save_picture(
    image: Image.Image,
    path: Path | str | IO[bytes],
    format: str,
    *,
    mark: bool = True,
    **options: Any,
) -> None:
    """Write a picture; a generated one says so in the file, with its provenance.

    The XMP packet of every format has the IPTC term of its origin and the provenance, which a PNG
    also has in a text chunk. A JPEG has no room for a provenance of over 64 KB: its packet is
    without it.

    Args:
        path: of the file, or a binary file to write to.
        format: "PNG", "JPEG" or "WEBP".
        mark: draw the visible mark that the host has switched on; not into pictures that are
            written to be read as the input of a network.
        options: for Pillow.

    Raises:
        ValueError: the host's mark cannot be drawn.
    """
    provenance = provenance_of(image)
    if provenance is not None and mark:
        image = marked(image)
    if format == "PNG":
        text = PngImagePlugin.PngInfo()
        if PROVENANCE_KEY in image.info:
            text.add_itxt(PROVENANCE_KEY, image.info[PROVENANCE_KEY])
        if provenance is not None:
            text.add_itxt(_XMP_KEYWORD, xmp.packet(provenance).decode())
        options["pnginfo"] = text
    elif provenance is not None:
        options["xmp"] = xmp.packet(provenance, _MAX_JPEG_XMP if format == "JPEG" else None)
    image.save(path, format, **options)


def read_provenance(path: Path | str) -> dict[str, Any]:
    """The provenance inside a PNG, JPEG, WebP, GIF or MP4 that Ganvas wrote.

    Raises:
        ValueError: no picture or film, broken, too large, or one without a provenance.
    """
    path = Path(path)
    check_file_size(path)
    with open(path, "rb") as file:
        is_film = video_kind(file.read(HEAD_BYTES)) == "mp4"
    provenance = read_text(xmp_files.provenance_text(path)) if is_film else _in_picture(path)
    if provenance is None:
        raise ValueError(
            "This file has no Ganvas provenance; drop a picture or film that was downloaded from "
            "this page, not a screenshot or a copy that another program saved."
        )
    return provenance


def _in_picture(path: Path) -> dict[str, Any] | None:
    with open_picture(path) as picture:
        if picture.format == "PNG":
            try:
                picture.load()  # text chunks may follow the pixels
            except DECODE_ERRORS as error:
                raise ValueError(broken(path.name)) from error
            _attach_provenance(picture, path)
        return provenance_of(picture)


def broken(name: str) -> str:
    """The message on a file whose pixels cannot be decoded."""
    return f"{name} is broken: it ends too early or is damaged. Save or copy it again."


def _attach_provenance(picture: Image.Image, path: Path) -> None:
    """Where a provenance is in the file's XMP, attach it, as Pillow does with a PNG's texts."""
    if PROVENANCE_KEY in picture.info:
        return
    if picture.format == "GIF":
        text = xmp_files.provenance_text(path)
    else:
        text = xmp.provenance_text(picture.info.get("xmp"))
    if text is not None:
        picture.info[PROVENANCE_KEY] = text


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
            f"up to {limits().megapixels:g} megapixels."
        ) from error
    check_size(picture.size, path.name)
    _attach_provenance(picture, path)
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
    """One picture of all, row by row; as square as can be without `columns`; all have one size.

    It has the provenances of those that have one.
    """
    columns = columns or int(np.ceil(np.sqrt(len(pictures))))
    rows = int(np.ceil(len(pictures) / columns))
    width, height = pictures[0].size
    sheet = Image.new("RGB", (columns * width, rows * height))
    for index, picture in enumerate(pictures):
        sheet.paste(picture, (index % columns * width, index // columns * height))
    made = [provenance for picture in pictures if (provenance := provenance_of(picture))]
    return add_provenance(sheet, combined(made)) if made else sheet
