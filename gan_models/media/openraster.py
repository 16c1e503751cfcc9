"""OpenRaster, the layered picture format of Krita, GIMP and MyPaint: a zip of PNGs and a list."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO
from xml.sax.saxutils import quoteattr

from PIL import Image

from gan_models.media.images import add_provenance, provenance_of, save_png
from gan_models.media.mark import marked

THUMBNAIL_PX = 256


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer, over the whole canvas."""

    name: str
    picture: Image.Image
    visible: bool = True


def save_openraster(file: BinaryIO, layers: Sequence[Layer]) -> None:
    """Write layers, the topmost first, all of one size (openraster.org, version 0.0.5).

    Generated pictures say so as in `save_picture`, the merged picture and the thumbnail, too.

    Raises:
        ValueError: there are no layers, or they differ in size.
    """
    if not layers or len({layer.picture.size for layer in layers}) > 1:
        raise ValueError("An OpenRaster file needs layers of one size; give at least one.")
    width, height = layers[0].picture.size
    layers = [replace(layer, picture=_rgba(layer.picture)) for layer in layers]
    merged = Image.new("RGBA", (width, height))
    for layer in reversed(layers):
        if layer.visible:
            merged.alpha_composite(layer.picture)
    made = (provenance_of(layer.picture) for layer in layers if layer.visible)
    if provenance := next(filter(None, made), None):
        add_provenance(merged, provenance)
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
            archive.writestr(f"data/layer{i}.png", _png(layer.picture))
        archive.writestr("mergedimage.png", _png(merged))
        archive.writestr("Thumbnails/thumbnail.png", _png(thumbnail))


def _rgba(picture: Image.Image) -> Image.Image:
    """A layer's picture, with the host's mark where it is generated."""
    return (picture if provenance_of(picture) is None else marked(picture)).convert("RGBA")


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    save_png(picture, file, mark=False)  # it is there
    return file.getvalue()
