"""Read the labels of a picture or an array for a model: by ids, or by colours.

There are three kinds of pictures of label maps: grey ones contain ids, coloured ones the colours of
a set of labels, and indexed ones (with a palette) may be either, since paint programs number the
colours in their own order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gan_models.media.label_tables import (
    COLOR_TOLERANCE,
    MAX_STRAY_SHARE,
    Colors,
    nearest_table,
    packed,
    places_of_colors,
    places_of_ids,
    strange_colors,
    translate,
)
from gan_models.media.limits import check_size, limits
from gan_models.media.palettes import PALETTES, Palette, colors_of, palette

_GREY_MODES = ("1", "L", "I", "I;16", "I;16B", "I;16L")
_OPAQUE = 128  # least alpha of a visible pixel
_VOID = (0, 255)  # ids that files use for pixels without a label


@dataclass(frozen=True, eq=False)
class LabelMapReading:
    """The labels of a picture or an array for a model."""

    ids: NDArray[np.int32]  # [H, W]
    note: str = ""  # a message where another reading is possible


@dataclass(frozen=True, eq=False)
class _Coded:
    """A map of few values, each with its colour."""

    values: NDArray[np.int64]  # [H, W]
    used: NDArray[np.int64]  # [U] the values that occur
    counts: NDArray[np.int64]  # [U] their pixels
    colors: NDArray[np.uint8]  # [U, 3] their colours
    seen: NDArray[np.bool_]  # [U] whether they are opaque


def read_ids(
    label_map: Image.Image | NDArray, labels: Sequence[str], palette_name: str | None = None
) -> NDArray[np.int32]:
    """The ids [H, W] of a picture or an array for a model with these labels.

    Args:
        label_map: ids (an integer array, an indexed or a grey picture), or colours.
        labels: of the model, in the order of its ids.
        palette_name: the set whose ids or colours they are, translated to the model's labels;
            None: the model's own.

    Raises:
        ValueError: an id that the model lacks, over 1 % of the pixels in other colours, pixels
            that are transparent, a wrong size, or no label map at all.
    """
    return read_label_map(label_map, labels, palette_name).ids


def read_label_map(
    label_map: Image.Image | NDArray, labels: Sequence[str], palette_name: str | None = None
) -> LabelMapReading:
    """`read_ids`, with a note where another reading is possible.

    An indexed picture is read by its colours where they are the labels', and by its indices where
    its palette has no colours of the labels. Three equal channels are ids unless they are colours
    of the labels.
    """
    source = None if palette_name is None else palette(palette_name)
    reader = _Reader(tuple(labels), source)
    if not isinstance(label_map, Image.Image):
        return reader.array(label_map)
    check_map_size(label_map.size)
    if label_map.mode == "P":
        return reader.indexed(_indexed(label_map))
    if label_map.mode in _GREY_MODES:
        return reader.ids(np.asarray(label_map).astype(np.int64))
    if label_map.has_transparency_data:
        alpha = np.asarray(label_map.convert("RGBA").getchannel("A"))
        _refuse_holes(int((alpha < _OPAQUE).sum()))
    if label_map.mode == "LA":
        return reader.ids(np.asarray(label_map.getchannel("L")).astype(np.int64))
    return reader.pixels(np.asarray(label_map.convert("RGB")))


def check_map_size(size: tuple[int, int], name: str = "The label map") -> None:
    """Refuse label maps of a size (width, height) outside the limits.

    Raises:
        ValueError: over 16.8 megapixels, or the shorter side under 16 px.
    """
    advice = "Make it smaller with nearest neighbour."
    check_size(size, name, limits().label_map_megapixels, advice)


class _Reader:
    """Reads maps of one set of labels for a model.

    Args:
        labels: of the model.
        source: the set of the maps' ids or colours; None: the model's own labels.
    """

    def __init__(self, labels: tuple[str, ...], source: Palette | None) -> None:
        self.labels, self.source = labels, source
        self.known: Colors = source.colors if source else colors_of(labels)
        self.numbers = source.ids if source else range(len(labels))  # ids of the known labels

    def array(self, label_map: NDArray) -> LabelMapReading:
        """Ids [H, W] of any integers, or pixels [H, W, 3] uint8."""
        array = np.asarray(None if isinstance(label_map, str) else label_map)
        if array.ndim == 3 and array.shape[2] == 3 and array.dtype == np.uint8:
            check_map_size(array.shape[1::-1])
            return self.pixels(array)
        if array.ndim != 2 or array.dtype.kind not in "iub":
            raise ValueError(
                "A label map is a picture, or an array [H, W] of whole numbers; "
                f"this is {array.dtype}, {list(array.shape)}."
            )
        check_map_size(array.shape[::-1])
        return self.ids(array)

    def ids(self, ids: NDArray) -> LabelMapReading:
        """Ids [H, W] as files of the set have them."""
        if self.source is not None:
            places = places_of_ids(ids, self.source)
            return LabelMapReading(translate(places, self.source, self.labels))
        otherwise = _numbered_otherwise(self.labels)
        _check_ids(ids, self.labels, otherwise)
        return LabelMapReading(ids.astype(np.int32), _own_ids_note(self.labels, otherwise))

    def colors(self, pixels: NDArray[np.uint8], note: str = "") -> LabelMapReading:
        """Colours [H, W, 3] of the set's labels."""
        places = places_of_colors(pixels, self.known)
        if self.source is not None:
            places = translate(places, self.source, self.labels)
        return LabelMapReading(places, note)

    def pixels(self, pixels: NDArray[np.uint8]) -> LabelMapReading:
        """[H, W, 3]: colours, or ids in three equal channels that are no colours of the labels."""
        values = pixels[..., 0]
        if (values != pixels[..., 1]).any() or (values != pixels[..., 2]).any():
            return self.colors(pixels)
        grey = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)
        coded = _coded(values, grey, np.full(256, 255))
        valid = self._valid(coded.used)
        exact = all(tuple(color) in set(self.known) for color in coded.colors.tolist())
        close = self._places(coded) < len(self.known)
        if exact:
            note = "It was read as colours; its grey levels are ids, too."
            return self.colors(pixels, note if valid.all() else "")
        if coded.counts[valid].sum() < coded.counts[close].sum():
            return self.colors(pixels)
        return self.ids(coded.values)

    def indexed(self, coded: _Coded) -> LabelMapReading:
        """An indexed picture: by its colours where they are the labels', else by its indices."""
        places, valid = self._places(coded), self._valid(coded.used)
        known = (places < len(self.known)) & coded.seen
        agree = self._agree(coded)
        in_order = agree.any() and (agree | (~known & coded.seen)).all()
        if _is_ramp(coded) or (valid.all() and (in_order or _has_twins(coded))):
            return self.ids(coded.values)
        share = float(coded.counts[known].sum() / coded.values.size)
        telling = (known & _is_colorful(coded.colors)).any()  # greys match by chance
        if known.all() or (share >= 1 - MAX_STRAY_SHARE and telling and coded.seen.all()):
            note = "It was read by the colours of its palette; its indices are ids, too."
            return self.colors(_pixels_of(coded), note if valid.all() else "")
        if share >= 0.5 and telling:
            _refuse_holes(int(coded.counts[~coded.seen].sum()))
            raise strange_colors(1 - share)
        foreign = _foreign_colors(coded) if self.source is None else ""
        note = f"It was read by its indices; its colours are those of {foreign}."
        return replace(self.ids(coded.values), note=note) if foreign else self.ids(coded.values)

    def _places(self, coded: _Coded) -> NDArray[np.int32]:
        """For each used value the place of its colour among the known ones, else their number."""
        wide = coded.colors.astype(np.int32)
        return nearest_table(tuple(self.known))[packed(wide)].astype(np.int32)

    def _valid(self, used: NDArray) -> NDArray[np.bool_]:
        """For each used value whether it is an id of the set, or one for no label."""
        return np.isin(used, [*self.numbers, *(_VOID if self.source else ())])

    def _agree(self, coded: _Coded) -> NDArray[np.bool_]:
        """For each used value whether its colour is that of the label whose id it is."""
        color_of = dict(zip(self.numbers, self.known, strict=True))
        wanted = np.asarray([color_of.get(value, (999,) * 3) for value in coded.used.tolist()])
        return np.abs(wanted - coded.colors).max(1) <= COLOR_TOLERANCE


# --- pictures of few values ---------------------------------------------------------------------


def _coded(values: NDArray[np.uint8], colors: NDArray, alpha: NDArray) -> _Coded:
    """Values [H, W] with the colours [256, 3] and the alpha [256] of each."""
    counts = np.bincount(values.ravel(), minlength=256)
    used = np.flatnonzero(counts)
    seen = alpha[used] >= _OPAQUE
    return _Coded(values.astype(np.int64), used, counts[used], colors[used], seen)


def _indexed(picture: Image.Image) -> _Coded:
    """The values, colours and alpha of an indexed picture."""
    entries = Image.frombytes("P", (256, 1), bytes(range(256)))
    mode = picture.palette.mode if picture.palette else "RGB"
    entries.putpalette(picture.getpalette(mode) or (), mode)
    if "transparency" in picture.info:
        entries.info["transparency"] = picture.info["transparency"]
    rgba = np.asarray(entries.convert("RGBA"))[0]  # [256, 4]
    return _coded(np.asarray(picture), rgba[:, :3], rgba[:, 3])


def _pixels_of(coded: _Coded) -> NDArray[np.uint8]:
    table = np.zeros((256, 3), np.uint8)
    table[coded.used] = coded.colors
    return table[coded.values]


def _is_ramp(coded: _Coded) -> bool:
    """Whether a palette only numbers the indices, as grey levels or in PASCAL VOC's colours."""
    ramps = (np.repeat(coded.used[:, None], 3, 1), np.asarray([_voc(i) for i in coded.used]))
    return any((coded.colors == ramp).all() for ramp in ramps)


def _has_twins(coded: _Coded) -> bool:
    """Whether two used values have the same colour in the palette, which then cannot be read."""
    visible = np.column_stack([coded.colors, coded.seen])
    return len(np.unique(visible, axis=0)) < len(visible)


def _is_colorful(colors: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """For each colour [U, 3] whether it is no grey."""
    return np.ptp(colors.astype(np.int32), 1) > 0


def _foreign_colors(coded: _Coded) -> str:
    """The name of a set of labels that has all colours of a palette; empty for none."""
    used = set(map(tuple, coded.colors.tolist()))
    if _is_ramp(coded) or _is_colorful(coded.colors).sum() < 2:
        return ""
    return next((name for name in PALETTES if used <= set(palette(name).colors)), "")


def _voc(index: int) -> tuple[int, ...]:
    """The colour of an index in the PASCAL VOC development kit: every third bit, the lowest first
    as the highest of its channel.
    """
    bits = [index >> place & 1 for place in range(24)]
    return tuple(sum(bits[3 * k + i] << (7 - k) for k in range(8)) for i in range(3))


def _refuse_holes(num_pixels: int) -> None:
    if num_pixels:
        raise ValueError(
            f"{num_pixels} pixels of this label map are transparent, which stands for no label: "
            "fill them with a label's colour, and save it without transparency."
        )


# --- ids ----------------------------------------------------------------------------------------


def _check_ids(ids: NDArray, labels: Sequence[str], otherwise: Palette | None) -> None:
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= len(labels):
        advice = "Use those, or their colours."
        if otherwise is not None:
            advice = f"If they are those of {otherwise.name}'s files, choose {otherwise.name}."
        raise ValueError(
            f"The label map holds the id {low if low < 0 else high}, but this model's labels are "
            f"0 ({labels[0]}) to {len(labels) - 1} ({labels[-1]}). {advice}"
        )


def _numbered_otherwise(labels: Sequence[str]) -> Palette | None:
    """The set whose labels a model has, where its files number them differently."""
    number = {label: i for i, label in enumerate(labels)}
    for name in PALETTES:
        known = palette(name)
        pairs = zip(known.ids, known.labels, strict=True)
        shared = [(i, number[label]) for i, label in pairs if label in number]
        if len(shared) > 0.9 * len(known.labels) and any(i != j for i, j in shared):
            return known
    return None


def _own_ids_note(labels: Sequence[str], otherwise: Palette | None) -> str:
    if otherwise is None:
        return ""
    return (
        f"It was read as this model's own ids, 0 ({labels[0]}) to {len(labels) - 1} "
        f"({labels[-1]}). Files of {otherwise.name} number these labels otherwise, "
        f"{otherwise.ids[0]} ({otherwise.labels[0]}) to {otherwise.ids[-1]} "
        f"({otherwise.labels[-1]}): if it is one, choose {otherwise.name}."
    )
