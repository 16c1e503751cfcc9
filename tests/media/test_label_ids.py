"""Whether a label map is read by ids or by colours, and the note where both are possible."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_models.media.label_ids import read_ids, read_label_map
from gan_models.media.label_maps import read_png
from gan_models.media.palettes import PALETTES, default_labels, palette

CASES = Path(__file__).parents[1] / "cases"
LANDSCAPE = palette("landscape").labels
COLORS = np.asarray(palette("landscape").colors, np.uint8)
ADE = palette("ade20k").labels
FOREIGN = ("ade20k", "coco-stuff", "cityscapes")


@pytest.fixture
def ids():
    """Large areas, as in painted maps."""
    return np.random.RandomState(0).randint(0, 12, (6, 8)).repeat(8, 0).repeat(8, 1)


def indexed(values: np.ndarray, colors: np.ndarray, transparent: int | None = None) -> Image.Image:
    """An indexed picture, through a file."""
    picture = Image.fromarray(values.astype(np.uint8), "L").copy()
    picture.putpalette(np.asarray(colors, np.uint8).tobytes())
    file = io.BytesIO()
    picture.save(file, "PNG", **({} if transparent is None else {"transparency": transparent}))
    return read_png(file.getvalue())


def unambiguous(name: str) -> list[int]:
    """Places of a set's labels whose colours no other has."""
    colors = palette(name).colors
    return [i for i, color in enumerate(colors) if colors.count(color) == 1]


# --- indexed pictures ---------------------------------------------------------------------------


@pytest.mark.parametrize("num_colors", [12, 16, 64, 256])
def test_a_map_reindexed_by_a_paint_program_is_read_by_its_colours(ids, num_colors):
    for shade in (0, 5, -5):  # levels that the program is off
        shown = Image.fromarray((COLORS[ids].astype(int) + shade).clip(0, 255).astype(np.uint8))
        for method in (Image.Quantize.MEDIANCUT, Image.Quantize.FASTOCTREE):
            program = shown.quantize(num_colors, method)
            if len(program.getcolors()) < len(np.unique(ids)):
                continue  # the program gave some labels one colour
            exact = np.asarray(program.convert("RGB")).astype(int) - COLORS[ids]
            if np.abs(exact).max() > 8:
                continue
            assert (read_ids(program, LANDSCAPE) == ids).all()


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", PALETTES)
def test_any_order_of_a_sets_own_colours_is_read_correctly(name, seed):
    random, known = np.random.RandomState(seed), palette(name)
    places = random.choice(unambiguous(name), 12, replace=False)
    map_ids = places[random.randint(0, 12, (32, 32))]
    order = random.permutation(np.unique(map_ids))
    colors = np.asarray(known.colors)[order]
    values = np.argmax(map_ids[..., None] == order, -1)
    assert (read_ids(indexed(values, colors), known.labels) == map_ids).all()
    assert (read_ids(indexed(values, colors), known.labels, name) == map_ids).all()


def test_the_case_of_an_editors_own_order():
    by_index = Image.open(CASES / "label-indexed-by-editor.png")
    by_color = Image.open(CASES / "label-rgb-reference.png")
    reading = read_label_map(by_index, LANDSCAPE)
    assert (reading.ids == read_ids(by_color, LANDSCAPE)).all()
    assert "by the colours of its palette" in reading.note


def test_indices_are_ids_where_the_palette_has_no_colours_of_the_labels(ids):
    random = np.random.RandomState(1)
    palettes = {
        "grey": np.repeat(np.arange(256)[:, None], 3, 1),
        "VOC": [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0], [0, 0, 128], [128, 0, 128],
                [0, 128, 128], [128, 128, 128], [64, 0, 0], [192, 0, 0], [64, 128, 0],
                [192, 128, 0]],
        "random": random.randint(0, 60, (256, 3)),
        "all black": np.zeros((256, 3)),
        "its own": COLORS,
        "its own, one changed": np.concatenate([[[255, 0, 255]], COLORS[1:]]),
    }  # fmt: skip
    for colors in palettes.values():
        reading = read_label_map(indexed(ids, colors), LANDSCAPE)
        assert (reading.ids == ids).all()
        assert reading.note == ""


@pytest.mark.parametrize("name", FOREIGN)
def test_palettes_that_only_display_indices_are_read_by_their_indices(name):
    """The colours of PASCAL VOC are, by chance, those of COCO-Stuff's labels."""
    known = palette(name)
    places = np.random.RandomState(2).randint(0, 12, (32, 32))
    bits = [[sum((i >> (3 * k + c) & 1) << (7 - k) for k in range(3)) for c in range(3)]
            for i in range(256)]  # fmt: skip
    file_ids = np.asarray(known.ids)[places]
    for colors in (bits, np.repeat(np.arange(256)[:, None], 3, 1)):
        assert (read_ids(indexed(file_ids, colors), known.labels, name) == places).all()


def test_smoothed_edges_are_refused_also_where_their_indices_are_ids(ids):
    fine = Image.fromarray(COLORS[ids % 5]).resize((300, 220), Image.Resampling.BICUBIC)
    program = fine.quantize(12)
    with pytest.raises(ValueError, match="chosen colours"):
        read_ids(program, LANDSCAPE)


def test_an_indexed_map_in_another_sets_colours_gets_a_note():
    known = palette("ade20k")
    places = np.random.RandomState(3).randint(1, 6, (32, 32))
    reading = read_label_map(indexed(places, known.colors), LANDSCAPE)
    assert "ade20k" in reading.note


# --- ids that files count otherwise -------------------------------------------------------------


@pytest.mark.parametrize("name", FOREIGN)
def test_a_model_with_exactly_the_labels_of_a_set_has_the_ids_of_its_files(name):
    known = palette(name)
    for seed in range(3):
        places = np.random.RandomState(seed).randint(0, len(known.labels), (40, 40))
        file_ids = np.asarray(known.ids)[places].astype(np.uint8)
        forms = (file_ids, Image.fromarray(file_ids), np.repeat(file_ids[..., None], 3, 2))
        for form in forms:
            assert (read_ids(form, known.labels, name) == places).all()
    last = np.full((16, 16), known.ids[-1], np.uint8)
    assert (read_ids(last, known.labels, name) == len(known.labels) - 1).all()


@pytest.mark.parametrize("count", [150, 151, 152])
def test_models_of_ade20k_without_names_read_its_files_correctly(count):
    labels = default_labels(count)
    sky_over_grass = np.repeat(np.uint8([[3], [10]]), 8, 0).repeat(16, 1)
    found = read_ids(sky_over_grass, labels, "ade20k")
    assert [labels[i] for i in (found[0, 0], found[-1, 0])] == ["sky", "grass"]


@pytest.mark.parametrize("labels", [ADE, default_labels(151), palette("coco-stuff").labels])
def test_own_ids_of_a_model_that_files_number_differently_are_read_with_a_note(labels):
    reading = read_label_map(np.full((16, 16), 3), labels)
    assert (reading.ids == 3).all()
    assert "number these labels otherwise" in reading.note
    with pytest.raises(ValueError, match=r"files, choose (ade20k|coco-stuff)"):
        read_ids(np.full((16, 16), 200), labels)


@pytest.mark.parametrize("labels", [LANDSCAPE, palette("cityscapes").labels, default_labels(7)])
def test_other_ids_need_no_note(labels):
    assert read_label_map(np.full((16, 16), 3), labels).note == ""


# --- three equal channels -----------------------------------------------------------------------


@pytest.mark.parametrize("name", FOREIGN)
def test_ids_in_three_equal_channels_are_read_as_those_in_one(name):
    known = palette(name)
    for seed in range(4):
        file_ids = np.random.RandomState(seed).choice(known.ids, (40, 40)).astype(np.uint8)
        file_ids[0, :seed] = 255  # not labelled
        one, three = Image.fromarray(file_ids), np.repeat(file_ids[..., None], 3, 2)
        for labels in (LANDSCAPE, known.labels):
            wanted = read_ids(one, labels, name)
            for form in (three, Image.fromarray(three), Image.fromarray(three).convert("RGBA")):
                assert (read_ids(form, labels, name) == wanted).all()


def test_the_case_of_high_ids_in_three_channels():
    one = read_ids(Image.open(CASES / "ade20k-ids.png"), LANDSCAPE, "ade20k")
    three = read_ids(Image.open(CASES / "ade20k-ids-three-channels.png"), LANDSCAPE, "ade20k")
    assert (one == three).all()


@pytest.mark.parametrize("bright", [12, 64, 200, 255])
def test_one_bright_pixel_does_not_turn_ids_into_colours(ids, bright):
    grey = np.repeat(ids[..., None], 3, 2).astype(np.uint8)
    grey[5, 5] = bright
    with pytest.raises(ValueError, match=rf"holds the id {bright}\b"):
        read_ids(grey, LANDSCAPE)


def test_greys_that_are_colours_of_the_labels_are_colours():
    labels = palette("cityscapes").labels
    grey = np.full((16, 16, 3), 70, np.uint8)
    grey[8:] = 0
    found = read_ids(grey, labels)
    assert labels[found[0, 0]] == "building"
    assert labels[found[-1, 0]] == "unlabeled"
    rock = read_ids(np.full((16, 16, 3), 95, np.uint8), LANDSCAPE)  # rock is nearly grey
    assert (rock == LANDSCAPE.index("rock")).all()


def test_greys_that_are_colours_and_ids_are_read_with_a_note():
    wall = read_label_map(np.full((16, 16, 3), 120, np.uint8), ADE)
    assert (wall.ids == ADE.index("wall")).all()
    assert "ids, too" in wall.note


# --- transparency -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 4, 30])
def test_a_hole_is_reported_as_transparent(ids, size):
    rgba = np.dstack([COLORS[ids], np.full(ids.shape, 255, np.uint8)])
    rgba[:size, :size] = 0
    grey = np.dstack([ids, rgba[..., 3]]).astype(np.uint8)
    values = np.where(rgba[..., 3] == 0, 12, ids)
    shuffled = indexed((values + 5) % 13, np.roll(np.vstack([COLORS, [[0, 0, 0]]]), 5, 0), 4)
    for form in (Image.fromarray(rgba), Image.fromarray(grey, "LA"), shuffled):
        with pytest.raises(ValueError, match=f"{size * size} pixels .* transparent"):
            read_ids(form, LANDSCAPE)


def test_an_opaque_alpha_channel_changes_nothing(ids):
    for alpha in (255, 200):
        rgba = np.dstack([COLORS[ids], np.full(ids.shape, alpha, np.uint8)])
        assert (read_ids(Image.fromarray(rgba), LANDSCAPE) == ids).all()


def test_the_case_of_a_transparent_hole():
    with pytest.raises(ValueError, match="transparent"):
        read_ids(Image.open(CASES / "label-rgba-hole.png"), LANDSCAPE)


# --- other depths -------------------------------------------------------------------------------


def test_sixteen_bits_in_three_channels_are_never_read_as_zeros():
    row = b"\0" + struct.pack(">3H", 7, 7, 7) * 16
    head = struct.pack(">IIBBBBB", 16, 16, 16, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(row * 16)), (b"IEND", b""))
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    with pytest.raises(ValueError, match="16 bits a channel"):
        read_png(data)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("label-rgb-antialiased.png", "without smoothing"),
        ("label-mask-0-255.png", "the id 255"),
        ("label-grey-255.png", "the id 255"),
    ],
)
def test_what_was_refused_with_a_reason_still_is(name, says):
    with pytest.raises(ValueError, match=says):
        read_ids(Image.open(CASES / name), LANDSCAPE)


def test_the_case_of_sixteen_bits_is_read():
    found = read_ids(read_png((CASES / "label-16bit.png").read_bytes()), LANDSCAPE)
    assert found.max() < 12
