"""Label maps: files, colours and ids in, ids out; what is refused, and with which message."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from gan_models.media import label_maps
from gan_models.media.label_maps import palette, read_ids, resize_nearest, to_indexed

LANDSCAPE = palette("landscape")
LABELS = LANDSCAPE.labels


@pytest.fixture
def ids():
    return np.random.RandomState(0).randint(0, 12, (40, 50)).astype(np.uint8)


def colored(ids: np.ndarray, name: str = "landscape") -> np.ndarray:
    return np.asarray(palette(name).colors, np.uint8)[ids]


def png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def claiming(width: int, height: int) -> bytes:
    """The start of a PNG whose header has this size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = b"IHDR" + head
    packed = struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + packed


# --- what is taken ------------------------------------------------------------------------------


def test_ids_are_read_as_array_grey_indexed_and_in_three_channels(ids):
    forms = [
        ids,
        ids.astype(np.int64),
        Image.fromarray(ids),
        Image.fromarray(ids.astype(np.uint16)),
        to_indexed(ids, LANDSCAPE.colors),
        Image.fromarray(np.repeat(ids[..., None], 3, 2)),
    ]
    for form in forms:
        assert (read_ids(form, LABELS) == ids).all()


def test_colours_are_read_within_eight_levels(ids):
    noise = np.random.RandomState(1).randint(-8, 9, (*ids.shape, 3))
    shaken = np.clip(colored(ids).astype(int) + noise, 0, 255).astype(np.uint8)
    for form in (colored(ids), shaken, Image.fromarray(shaken), Image.fromarray(shaken, "RGB")):
        assert (read_ids(form, LABELS) == ids).all()
    with_alpha = Image.fromarray(colored(ids)).convert("RGBA")
    assert (read_ids(with_alpha, LABELS) == ids).all()


def test_one_per_cent_of_other_colours_is_read_as_the_nearest(ids):
    colors = colored(ids)
    colors[0, :20] = np.clip(colors[0, :20].astype(int) + 20, 0, 255)  # 20 of 2,000 pixels
    assert (read_ids(colors, LABELS)[1:] == ids[1:]).all()
    colors[0, 20] = 127
    with pytest.raises(ValueError, match="chosen colours"):
        read_ids(colors, LABELS)


@pytest.mark.parametrize("name", ["ade20k", "coco-stuff", "cityscapes"])
def test_other_data_sets_are_translated_from_colours_and_from_ids(name):
    known = palette(name)
    mapped = [i for i, label in enumerate(known.landscape) if label]
    unambiguous = [i for i in mapped if known.colors.count(known.colors[i]) == 1]
    places = np.random.RandomState(0).choice(unambiguous, (32, 32))
    wanted = np.array([LABELS.index(known.landscape[i]) for i in places.ravel()])
    for form in (colored(places, name), np.asarray(known.ids)[places]):
        assert (read_ids(form, LABELS, name).ravel() == wanted).all()


def test_a_thing_without_a_counterpart_gets_the_label_below_it():
    known = palette("cityscapes")
    places = np.full((32, 32), known.labels.index("sky"))
    places[20:] = known.labels.index("terrain")
    places[15:22, 10:14] = known.labels.index("person")
    ids = read_ids(colored(places, "cityscapes"), LABELS, "cityscapes")
    assert (ids[15:22, 10:14] == LABELS.index("grass")).all()
    assert (ids[:15] == LABELS.index("sky")).all()


def test_no_two_colours_of_a_landscape_can_be_confused():
    colors = np.asarray(LANDSCAPE.colors)
    apart = np.abs(colors[:, None] - colors).max(-1)[~np.eye(12, dtype=bool)]
    assert apart.min() > 4 * label_maps.COLOR_TOLERANCE


def test_two_and_four_bit_ids_are_not_stretched():
    raw = b"".join(b"\0" + bytes([0b00011011] * 4) for _ in range(16))  # 16 px of ids 0 1 2 3
    head = struct.pack(">IIBBBBB", 16, 16, 2, 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    chunks = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    picture = label_maps.read_png(b"\x89PNG\r\n\x1a\n" + chunks)
    assert np.unique(read_ids(picture, LABELS)).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("shape", [(16, 16), (16, 400), (200, 300), (1024, 512)])
def test_sizes_change_to_the_nearest_id(shape):
    ids = np.random.RandomState(2).randint(0, 12, shape)
    larger = resize_nearest(ids, (shape[1] * 3, shape[0] * 3))
    assert (larger == np.kron(ids, np.ones((3, 3), int))).all()
    assert (resize_nearest(larger, shape[::-1]) == ids).all()


@pytest.mark.slow
def test_the_largest_map_is_accepted():
    small = np.random.RandomState(3).randint(0, 12, (128, 128)).astype(np.uint8)
    picture = Image.fromarray(np.kron(small, np.ones((32, 32), np.uint8)))
    assert picture.size == (4096, 4096)
    ids = read_ids(label_maps.read_png(png(picture)), LABELS)
    assert (resize_nearest(ids, (128, 128)) == small).all()


# --- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [12, 255, -1])
def test_an_id_that_the_model_lacks_is_named(ids, wrong):
    bad = ids.astype(np.int64)
    bad[3, 3] = wrong
    with pytest.raises(ValueError, match=rf"the id {wrong}\b.*11 \(path\)"):
        read_ids(bad, LABELS)


def test_coloured_noise_is_refused():
    noise = np.random.RandomState(0).randint(0, 256, (200, 200, 3)).astype(np.uint8)
    for name in (None, "ade20k", "coco-stuff", "cityscapes"):
        with pytest.raises(ValueError, match="chosen colours"):
            read_ids(noise, LABELS, name)


@pytest.mark.parametrize(
    "form",
    [
        np.zeros((32, 32)),
        np.zeros((32, 32, 4), np.uint8),
        np.zeros(32, int),
        "map",
        "x" * 50_000_000,
        None,
    ],
    ids=["floats", "four channels", "a line", "a name", "50 MB of text", "nothing"],
)
def test_what_is_no_map_is_refused_with_what_one_is(form):
    with pytest.raises(ValueError, match="whole numbers"):
        read_ids(form, LABELS)


@pytest.mark.parametrize("size", [(4097, 4101), (60000, 60000), (400_000, 43)])
def test_too_many_megapixels_are_refused_before_decoding(size):
    with pytest.raises(ValueError, match=r"at most 16\.8"):
        label_maps.read_png(claiming(*size))


def test_too_small_a_map_is_refused():
    with pytest.raises(ValueError, match="16 px or more"):
        label_maps.read_png(png(Image.new("L", (15, 100))))


def test_no_png_and_broken_pngs_are_refused(ids, tmp_path):
    path = tmp_path / "map.jpg"
    Image.fromarray(colored(ids)).save(path)
    with pytest.raises(ValueError, match=r"map\.jpg is no PNG"):
        label_maps.open_label_map(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="empty"):
        label_maps.open_label_map(path)
    path.write_bytes(b"ids: 1 2 3")
    with pytest.raises(ValueError, match="no PNG"):
        label_maps.open_label_map(path)
    whole = png(Image.fromarray(ids))
    for broken in (whole[: len(whole) // 2], whole[:40], claiming(32, 32)):
        with pytest.raises(ValueError, match="damaged"):
            label_maps.read_png(broken)


def test_a_file_over_fifty_megabytes_is_not_read(tmp_path):
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.truncate(51_000_000)
    with pytest.raises(ValueError, match="at most 50"):
        label_maps.open_label_map(path)


def test_an_unknown_palette_is_refused_with_a_list_of_palettes(ids):
    with pytest.raises(ValueError, match="cityscapes"):
        read_ids(ids, LABELS, "nobody")


def test_a_map_of_things_only_is_refused():
    known = palette("cityscapes")
    places = np.full((32, 32), known.labels.index("bus"))
    with pytest.raises(ValueError, match="Nothing in this map"):
        read_ids(colored(places, "cityscapes"), LABELS, "cityscapes")


# --- names and texts ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "third", "last"),
    [
        (35, "rectification border", "not labelled"),
        (151, "sky", "not labelled"),
        (183, "car", "not labelled"),
        (184, "car", "outline"),
        (7, "label 2", "label 6"),
    ],
)
def test_models_without_names_get_those_of_their_data_set(count, third, last):
    names = label_maps.default_labels(count)
    assert (len(names), names[2], names[-1]) == (count, third, last)
    assert len(label_maps.colors_of(names)) == count


def test_a_map_is_unchanged_through_base64(ids):
    assert (label_maps.from_base64_png(label_maps.to_base64_png(ids)) == ids).all()
    for broken in ("", "%%%", "AAAA", 7, None):
        with pytest.raises(ValueError, match=r"broken|no PNG"):
            label_maps.from_base64_png(broken)
