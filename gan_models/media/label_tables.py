"""Tables from ids and colours to labels, and from one set of labels to another's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce

import numpy as np
from numpy.typing import NDArray

from gan_models.media.palettes import Palette

COLOR_TOLERANCE = 8  # levels a channel may differ from a palette's colour
MAX_STRAY_SHARE = 0.01  # of a map's pixels that may differ more

Colors = Sequence[tuple[int, int, int]]

_COLORS_A_CHUNK = 1 << 14
_MAX_ID = 1 << 16


def places_of_ids(ids: NDArray, source: Palette) -> NDArray[np.int32]:
    """For each pixel the place of its id in the set; unknown ids, "other" in all sets, are -1."""
    size = max(int(ids.max()), max(source.ids)) + 1
    if ids.min() < 0 or size > _MAX_ID:
        raise ValueError(f"These are no ids of {source.name}; choose the right palette.")
    table = np.full(size, -1, np.int32)
    table[list(source.ids)] = np.arange(len(source.ids))
    return table[ids]


def places_of_colors(colors: NDArray[np.uint8], known: Colors) -> NDArray[np.int32]:
    """For each pixel the place of the nearest known colour."""
    nearest = nearest_table(tuple(known))
    wide = colors.astype(np.int32)
    places = nearest[packed(wide)].astype(np.int32)
    stray = places == len(known)
    share = float(stray.mean())
    if share > MAX_STRAY_SHARE:
        raise strange_colors(share)
    if share:
        far = colors[stray].astype(np.int32)  # [S, 3]
        targets = np.asarray(known, np.int32)
        parts = np.array_split(far, len(far) // _COLORS_A_CHUNK + 1)
        places[stray] = np.concatenate(
            [np.abs(part[:, None] - targets).max(-1).argmin(1) for part in parts]
        )
    return places


def packed(colors: NDArray[np.int32]) -> NDArray[np.int32]:
    """Colours [..., 3] as one number each, [...]."""
    return colors[..., 0] << 16 | colors[..., 1] << 8 | colors[..., 2]


@lru_cache(maxsize=2)
def nearest_table(known: tuple[tuple[int, int, int], ...]) -> NDArray[np.uint8]:
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


def strange_colors(share: float) -> ValueError:
    """The error for a map of which this share of the pixels, 0 to 1, has no label's colour."""
    return ValueError(
        f"This is no label map in the chosen colours: {share:.0%} of its pixels are far "
        "from all of them. Choose the right palette, or save it without smoothing, as PNG."
    )


def translate(
    places: NDArray[np.int32], source: Palette, labels: Sequence[str]
) -> NDArray[np.int32]:
    """From the labels of one set to a model's: by name, else by the nearest label of a landscape.

    Pixels without a label of the model get the label below them.
    """
    number = {label: i for i, label in reversed(list(enumerate(labels)))}  # the first of its name
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
    """Replace every -1 by the value before it along the first axis, in place."""
    rows = np.where(ids >= 0, np.arange(len(ids))[:, None], -1)
    last = np.maximum.accumulate(rows, 0)
    ids[:] = np.where(last >= 0, np.take_along_axis(ids, last.clip(0), 0), ids)
