"""Label maps at the border: files, pictures and arrays to ids, ids to colours, and sizes.

A label map is an integer array [H, W] of ids from 0. The colours of each known set of labels, and
what its classes are called in a landscape, stand in `palettes/*.csv`.
"""

from __future__ import annotations

import base64
import binascii
import colorsys
import csv
import io
import struct
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MAX_MEGAPIXELS = 16.8
MAX_FILE_MB = 50
MIN_SIDE_PX = 16
COLOR_TOLERANCE = 8  # levels a channel may be off a palette's colour
MAX_STRAY_SHARE = 0.01  # of a map's pixels may be farther off than that
PALETTES = ("landscape", "ade20k", "coco-stuff", "cityscapes", "facades")

UNLABELLED = (127, 127, 127)

_PNG = b"\x89PNG\r\n\x1a\n"
_GREY_MODES = ("1", "L", "I", "I;16", "I;16B", "I;16L")
_COLORS_A_CHUNK = 1 << 14


@dataclass(frozen=True)
class Palette:
    """A set of labels: how its files number, name and colour them."""

    name: str
    ids: tuple[int, ...]  # in grey maps of this set
    labels: tuple[str, ...]
    colors: tuple[tuple[int, int, int], ...]
    landscape: tuple[str, ...]  # the nearest label of the landscape world, "" for none


@lru_cache
def palette(name: str) -> Palette:
    """One of `PALETTES`.

    Raises:
        ValueError: there is none of that name.
    """
    if name not in PALETTES:
        raise ValueError(f"There is no palette {name!r}. Choose from: {', '.join(PALETTES)}.")
    path = Path(__file__).parent / "palettes" / f"{name}.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return Palette(
        name,
        tuple(int(row["id"]) for row in rows),
        tuple(row["name"] for row in rows),
        tuple((int(row["red"]), int(row["green"]), int(row["blue"])) for row in rows),
        tuple(row["landscape"] for row in rows),
    )


def colors_of(labels: Sequence[str]) -> tuple[tuple[int, int, int], ...]:
    """A colour for each label of a model: those of its palette, else hues far from each other."""
    for name in PALETTES:
        known = dict(zip(palette(name).labels, palette(name).colors, strict=True))
        if sum(label in known for label in labels) > 0.9 * len(labels):
            return tuple(known.get(label, UNLABELLED) for label in labels)
    golden = 0.618034  # of a turn, so that neighbours differ
    rgb = (
        colorsys.hsv_to_rgb(i * golden % 1, (0.5, 0.85)[i % 2], (0.95, 0.7, 0.5)[i % 3])
        for i in range(len(labels))
    )
    return tuple(tuple(round(255 * part) for part in color) for color in rgb)


def default_labels(num_labels: int) -> tuple[str, ...]:
    """Names for a SPADE generator that has none: those of the data set with that many labels.

    The authors' models have one label more for what is not labelled, and one for the outlines of
    objects where they were trained with those.
    """
    for name, count in (("cityscapes", 34), ("ade20k", 150), ("coco-stuff", 182)):
        if count <= num_labels <= count + 2:
            known = palette(name)
            first = known.ids[0]  # ADE20K's files count from 1
            names = {i - first: label for i, label in zip(known.ids, known.labels, strict=True)}
            rest = {count: "not labelled", count + 1: "outline"}
            return tuple((names | rest).get(i, f"unused {i}") for i in range(num_labels))
    return tuple(f"label {i}" for i in range(num_labels))


# --- reading ------------------------------------------------------------------------------------


def open_label_map(path: Path | str) -> Image.Image:
    """Read a PNG that holds a label map, after checking its size from outside.

    Raises:
        ValueError: no file, no PNG, broken, over 50 MB or 16.8 megapixels, or narrower than 16 px.
    """
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"There is no file {path}; check the path.")
    if path.stat().st_size > MAX_FILE_MB * 1_000_000:
        raise ValueError(
            f"{path.name} has {path.stat().st_size / 1e6:.0f} MB; label maps have at most "
            f"{MAX_FILE_MB}. Save it as an indexed PNG."
        )
    return read_png(path.read_bytes(), path.name)


def read_png(data: bytes, name: str = "the label map") -> Image.Image:
    """`open_label_map` of a file already in memory."""
    if data[:8] != _PNG or len(data) < 26:
        raise ValueError(
            f"{name} is no PNG. Save label maps as PNG: other formats change the ids on the way."
        )
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    check_size((width, height), name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data), formats=["PNG"])
            picture.load()
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise ValueError(f"{name} is damaged and cannot be read; save it again.") from error
    if kind == 0 and depth in (2, 4):  # Pillow stretches these to 0..255; ids must stay
        picture = picture.point(lambda value: value * ((1 << depth) - 1) // 255)
    return picture


def check_size(size: tuple[int, int], name: str = "The label map") -> None:
    """Refuse label maps of a size (width, height) that is not taken.

    Raises:
        ValueError: over 16.8 megapixels, or the shorter side under 16 px.
    """
    width, height = size
    if width * height > MAX_MEGAPIXELS * 1_000_000:
        raise ValueError(
            f"{name} is {width}x{height}, {width * height / 1e6:.1f} megapixels; at most "
            f"{MAX_MEGAPIXELS} are taken. Make it smaller with nearest neighbour."
        )
    if min(width, height) < MIN_SIDE_PX:
        raise ValueError(
            f"{name} is {width}x{height}; its shorter side must have {MIN_SIDE_PX} px or more."
        )


def read_ids(
    label_map: Image.Image | NDArray, labels: Sequence[str], palette_name: str | None = None
) -> NDArray[np.int32]:
    """The ids [H, W] that a picture or an array means to a model with these labels.

    Args:
        label_map: ids (an integer array, an indexed or a grey picture), or colours.
        labels: of the model, in the order of its ids.
        palette_name: the set whose ids or colours they are, translated to the model's labels;
            None: the model's own.

    Raises:
        ValueError: an id that the model lacks, over 1 % of the pixels in other colours, a wrong
            size, or no label map at all.
    """
    ids, colors = _split(label_map)
    source = None if palette_name is None else palette(palette_name)
    if source is not None and source.labels == tuple(labels):
        source = None
    if colors is not None:
        places = _places_of_colors(colors, source.colors if source else colors_of(labels))
        return places if source is None else _translate(places, source, labels)
    if source is not None:
        return _translate(_places_of_ids(ids, source), source, labels)
    _check_ids(ids, labels)
    return ids.astype(np.int32)


def _split(label_map: Image.Image | NDArray) -> tuple[NDArray | None, NDArray | None]:
    """Ids [H, W] or colours [H, W, 3], whichever the map holds."""
    if isinstance(label_map, Image.Image):
        check_size(label_map.size)
        return _split_picture(label_map)
    array = np.asarray(None if isinstance(label_map, str) else label_map)
    if array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8:
        check_size(array.shape[1::-1])
        return None, array
    if array.ndim != 2 or array.dtype.kind not in "iub":
        raise ValueError(
            "A label map is a picture, or an array [H, W] of whole numbers; "
            f"this is {array.dtype}, {list(array.shape)}."
        )
    check_size(array.shape[::-1])
    return array, None


def _split_picture(picture: Image.Image) -> tuple[NDArray | None, NDArray | None]:
    if picture.mode == "P" or picture.mode in _GREY_MODES:
        return np.asarray(picture).astype(np.int64), None
    if picture.mode == "LA":
        return np.asarray(picture.getchannel("L")).astype(np.int64), None
    colors = np.asarray(picture.convert("RGB"))
    red, green, blue = (colors[..., i] for i in range(3))
    if (red == green).all() and (green == blue).all() and red.max() < 64:
        return red.astype(np.int64), None  # a grey map saved with three channels
    return None, colors


def _check_ids(ids: NDArray, labels: Sequence[str]) -> None:
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= len(labels):
        raise ValueError(
            f"The label map holds the id {low if low < 0 else high}, but this model's labels are "
            f"0 ({labels[0]}) to {len(labels) - 1} ({labels[-1]}). Use those, or their colours."
        )


def _places_of_colors(
    colors: NDArray[np.uint8], known: Sequence[tuple[int, int, int]]
) -> NDArray[np.int32]:
    """For each pixel the place of the nearest known colour."""
    nearest = _nearest_table(tuple(known))
    wide = colors.astype(np.int32)
    packed = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    places = nearest[packed].astype(np.int32)
    stray = places == len(known)
    share = float(stray.mean())
    if share > MAX_STRAY_SHARE:
        raise _strange_colors(share)
    if share:
        far = colors[stray].astype(np.int32)  # [S, 3]
        targets = np.asarray(known, np.int32)
        parts = np.array_split(far, len(far) // _COLORS_A_CHUNK + 1)
        places[stray] = np.concatenate(
            [np.abs(part[:, None] - targets).max(-1).argmin(1) for part in parts]
        )
    return places


@lru_cache(maxsize=2)
def _nearest_table(known: tuple[tuple[int, int, int], ...]) -> NDArray[np.uint8]:
    """For all 2^24 colours the place of the known one within the tolerance, else `len(known)`."""
    table = np.full((256, 256, 256), len(known), np.uint8)
    distance = np.full(table.shape, 255, np.uint8)
    for place, color in enumerate(known):
        ranges = [
            np.arange(max(part - COLOR_TOLERANCE, 0), min(part + COLOR_TOLERANCE, 255) + 1)
            for part in color
        ]
        box = np.ix_(*ranges)
        away = reduce(np.maximum, (abs(r - part) for r, part in zip(box, color, strict=True)))
        nearer = away < distance[box]
        table[box] = np.where(nearer, place, table[box])
        distance[box] = np.where(nearer, away, distance[box])
    return table.reshape(-1)


def _strange_colors(share: float) -> ValueError:
    return ValueError(
        f"This is no label map in the chosen colours: {share:.0%} of its pixels are far "
        "from all of them. Choose the right palette, or save it without smoothing, as PNG."
    )


def _places_of_ids(ids: NDArray, source: Palette) -> NDArray[np.int32]:
    """For each pixel the place of its id in the set; unknown ids, "other" in all sets, are -1."""
    size = max(int(ids.max()), max(source.ids)) + 1
    if ids.min() < 0 or size > 1 << 16:
        raise ValueError(f"These are no ids of {source.name}; choose the right palette.")
    table = np.full(size, -1, np.int32)
    table[list(source.ids)] = np.arange(len(source.ids))
    return table[ids]


def _translate(
    places: NDArray[np.int32], source: Palette, labels: Sequence[str]
) -> NDArray[np.int32]:
    """From the labels of one set to a model's: by name, else by what it is in a landscape.

    Things a model has no label for take on what is below them, which is what they stand on.
    """
    number = {label: i for i, label in enumerate(labels)}
    pairs = zip(source.labels, source.landscape, strict=True)
    table = [number.get(own, number.get(landscape, -1)) for own, landscape in pairs]
    ids = np.asarray([*table, -1], np.int32)[places]  # place -1 is the last
    if (ids < 0).all():
        raise ValueError(f"Nothing in this map of {source.name} is anything this model can paint.")
    return _fill_columns(ids)


def _fill_columns(ids: NDArray[np.int32]) -> NDArray[np.int32]:
    """Give every -1 the id below it, else the one above, else the one beside it."""
    for turned in (ids[::-1], ids, ids.T, ids.T[::-1]):
        _fill_forward(turned)
    return ids


def _fill_forward(ids: NDArray[np.int32]) -> None:
    """Give every -1 what came before it along the first axis, in place."""
    rows = np.where(ids >= 0, np.arange(len(ids))[:, None], -1)
    last = np.maximum.accumulate(rows, 0)
    ids[:] = np.where(last >= 0, np.take_along_axis(ids, last.clip(0), 0), ids)


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
    """Ids [H, W] as a grey PNG in text, for a recipe."""
    file = io.BytesIO()
    Image.fromarray(ids.astype(np.uint8), "L").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def from_base64_png(text: str) -> NDArray[np.int32]:
    """The ids of `to_base64_png`.

    Raises:
        ValueError: it is none, or over 16.8 megapixels.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ValueError("The label map inside is broken; download the picture again.") from error
    return np.asarray(read_png(data).convert("L")).astype(np.int32)
