"""OpenRaster, the layered picture format of Krita, GIMP and MyPaint: a zip of PNGs and a list."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO
from xml.sax.saxutils import quoteattr

from PIL import Image

THUMBNAIL_PX = 256


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer, over the whole canvas."""

    name: str
    picture: Image.Image
    visible: bool = True


def save_openraster(file: BinaryIO, layers: Sequence[Layer]) -> None:
    """Write layers, the topmost first, all of one size (openraster.org, version 0.0.5).

    Raises:
        ValueError: there are no layers, or they differ in size.
    """
    if not layers or len({layer.picture.size for layer in layers}) > 1:
        raise ValueError("An OpenRaster file needs layers of one size; give at least one.")
    width, height = layers[0].picture.size
    merged = Image.new("RGBA", (width, height))
    for layer in reversed(layers):
        if layer.visible:
            merged.alpha_composite(layer.picture.convert("RGBA"))
    thumbnail = merged.copy()
    thumbnail.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    entries = "".join(
        f'<layer name={quoteattr(layer.name)} src="data/layer{i}.png" x="0" y="0" opacity="1.0" '
        f'visibility="{"visible" if layer.visible else "hidden"}"/>'
        for i, layer in enumerate(layers)
    )
    stack = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<image version="0.0.5" w="{width}" h="{height}"><stack>{entries}</stack></image>\n'
    )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        # programs recognise the format by this entry: first, and not compressed
        archive.writestr("mimetype", "image/openraster", zipfile.ZIP_STORED)
        archive.writestr("stack.xml", stack)
        for i, layer in enumerate(layers):
            archive.writestr(f"data/layer{i}.png", _png(layer.picture.convert("RGBA")))
        archive.writestr("mergedimage.png", _png(merged))
        archive.writestr("Thumbnails/thumbnail.png", _png(thumbnail))


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
