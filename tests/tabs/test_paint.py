"""Calls of the canvas: pictures, files and films, from valid and broken requests."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
import zipfile

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image, ImageSequence

from gan_models.media.images import read_provenance
from gan_models.media.label_maps import palette
from gan_models.zoo import registry
from tabs import paint
from tabs.paint import film, start
from tabs.paint.live import Turns, make_functions
from tabs.paint.models import legend
from tabs.paint.state import read_runs, write_runs
from tests.media.readers import origin
from tests.paint_fakes import fake_painter, painter_spec


@pytest.fixture(autouse=True)
def table(monkeypatch):
    """The table of models has the tiny painter alone."""
    monkeypatch.setattr(registry, "MODELS", (painter_spec(),))


@pytest.fixture
def painter():
    return fake_painter()


@pytest.fixture
def ask(painter):
    """`preview` and `download` by name."""
    functions = {f.__name__: f for f in make_functions(lambda model: painter)}
    return lambda name, request: functions[name](request)


@pytest.fixture
def ids():
    ids = np.zeros((64, 64), np.uint8)
    ids[20:], ids[30:50, 10:30] = 6, 10
    return ids


def request_of(ids: np.ndarray, **changes) -> dict:
    return {"model": "paint", "map": write_runs(ids), "style": {"seed": 3}, **changes}


def picture_of(answer: dict) -> np.ndarray:
    data = base64.b64decode(answer["picture"].partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)))


def test_runs_encode_any_map():
    random = np.random.RandomState(0)
    for size in ((16, 16), (300, 400)):
        for ids in (random.randint(0, 12, size), np.zeros(size, int)):
            assert (read_runs(write_runs(ids), size[::-1]) == ids).all()


def test_the_model_gets_the_map_that_was_sent(ask, painter, ids):
    answer = ask("preview", request_of(ids))
    assert picture_of(answer).shape == (64, 64, 3)
    assert (painter.generator.label_maps[-1] == ids).all()
    assert answer["seconds"] >= 0
    again = ask("preview", request_of(ids))
    assert again["picture"] == answer["picture"]


def test_styles_are_seeds_vectors_and_mixtures(ask, ids):
    seed = picture_of(ask("preview", request_of(ids)))
    ends = [{"seed": 3}, {"z": [1, 0, 0, 0], "name": "mine"}]
    start_of_mix = request_of(ids, style={"mix": ends, "t": 0})
    assert (picture_of(ask("preview", start_of_mix)) == seed).all()
    for style in ({"mix": ends, "t": 0.5}, ends[1]):
        assert (picture_of(ask("preview", request_of(ids, style=style))) != seed).any()


def test_a_draft_is_painted_while_the_brush_moves(ask, painter, ids):
    painter.generator.preview = lambda planes, z: -painter.generator(planes, z)
    whole = picture_of(ask("preview", request_of(ids)))
    assert (picture_of(ask("preview", request_of(ids, draft=True))) != whole).any()
    for other in (False, None, 1, "true"):
        assert (picture_of(ask("preview", request_of(ids, draft=other))) == whole).all()


def test_a_part_changes_alone(ask, ids):
    whole = picture_of(ask("preview", request_of(ids)))
    patches = [{"mask": write_runs(ids == 10), "style": {"seed": 8}}]
    parted = picture_of(ask("preview", request_of(ids, patches=patches)))
    assert (whole == parted)[ids != 10].all()
    assert (whole != parted)[ids == 10].any()


@pytest.mark.parametrize(
    "request_",
    [
        *("x" * 50_000_000, None, 7, [], {}),
        {"model": "../../etc/passwd"},
        {"model": "paint", "map": "x" * 50_000_000},
        {"model": "paint", "map": "%%%"},
        {"model": "paint", "map": base64.b64encode(b"abc").decode()},
        request_of(np.zeros((65, 64), int)),
        request_of(np.full((64, 64), 12)),
        *(request_of(np.zeros((64, 64), int), style=style) for style in (None, [], {}, "noon")),
        *(
            request_of(np.zeros((64, 64), int), style=style)
            for style in (
                *({"seed": -1}, {"seed": "1"}, {"seed": True}, {"z": [0, 0]}, {"z": ["a"] * 4}),
                *({"mix": [{"seed": 1}], "t": 0}, {"mix": [{"seed": 1}] * 2, "t": 2}),
                {"mix": [{"mix": []}] * 2, "t": 0.5},
            )
        ),
        *(request_of(np.zeros((64, 64), int), patches=p) for p in ("x", [1], [{}], [{"mask": ""}])),
        request_of(
            np.zeros((64, 64), int),
            patches=[{"mask": write_runs(np.ones((64, 64), int)), "style": {"seed": 1}}] * 9,
        ),
    ],
)
def test_a_bad_request_gets_one_sentence(ask, request_):
    answer = ask("preview", request_)
    assert set(answer) == {"problem"}
    assert len(answer["problem"]) < 300


def test_files_to_download(ask, ids, tmp_path):
    patches = [{"mask": write_runs(ids == 10), "style": {"seed": 8}}]
    request = request_of(ids, patches=patches)
    (picture,) = ask("download", request | {"kind": "picture"})["files"]
    path = tmp_path / picture["name"]
    path.write_bytes(base64.b64decode(picture["data"]))
    painting = fake_painter().restore(read_provenance(path))
    assert (painting.label_map == ids).all()
    assert (painting.patches[0].mask == (ids == 10)).all()

    label_map, labels = ask("download", request | {"kind": "map"})["files"]
    indexed = Image.open(io.BytesIO(base64.b64decode(label_map["data"])))
    assert indexed.mode == "P"
    assert (np.asarray(indexed) == ids).all()
    warnings = json.loads(base64.b64decode(labels["data"]))["labels"]
    assert [label["name"] for label in warnings] == list(palette("landscape").labels)

    (layers,) = ask("download", request | {"kind": "layers"})["files"]
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(layers["data"]))) as archive:
        assert archive.read("mimetype") == b"image/openraster"
    assert "nothing called" in ask("download", request | {"kind": ["film"]})["problem"]


def test_all_that_shows_the_painting_says_that_it_is_generated(ask, painter, ids, tmp_path):
    preview = ask("preview", request_of(ids, draft=True))["picture"]
    (picture,) = ask("download", request_of(ids, kind="picture"))["files"]
    for name, text in (("a.png", preview.partition(",")[2]), ("b.png", picture["data"])):
        (tmp_path / name).write_bytes(base64.b64decode(text))
        assert origin(tmp_path / name)["source"] == "trainedAlgorithmicMedia"
    label_map, _ = ask("download", request_of(ids, kind="map"))["files"]
    assert b"digitalsourcetype" not in base64.b64decode(label_map["data"])
    (layers,) = ask("download", request_of(ids, kind="layers"))["files"]
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(layers["data"]))) as archive:
        stated = [b"digitalsourcetype" in archive.read(f"data/layer{k}.png") for k in (0, 1)]
    assert stated == [True, False]


@pytest.mark.parametrize("beside", [True, False])
def test_a_film_brings_the_finished_painting_back(painter, ids, beside):
    states = [write_runs(np.zeros((64, 64), int)), write_runs(ids)]
    text = json.dumps(request_of(ids, states=states))
    steps = film._write(lambda *_, **__: painter, text, beside, False, gr.Progress())
    path, _ = _returned(steps)
    assert origin(path)["source"] == "trainedAlgorithmicMedia"
    provenance = start._provenance_of(path)
    assert provenance is not None
    assert (painter.restore(provenance).label_map == ids).all()


def test_one_at_a_time_and_few_waiting():
    turns = Turns(max_waiting=2)
    with turns.take() as first:
        assert first
        taken = threading.Event()
        other = threading.Thread(target=lambda: _take(turns, taken))
        other.start()
        while turns._waiting.total() < 2:
            pass
        assert not taken.is_set()
        with turns.take() as third:
            assert not third
    other.join(5)
    assert taken.is_set()


def _take(turns: Turns, taken: threading.Event) -> None:
    with turns.take() as mine:
        if mine:
            taken.set()


def test_the_legend_is_the_models(painter):
    warnings = legend(painter)
    assert warnings["labels"] == list(painter.labels)
    assert (warnings["width"], warnings["height"]) == (64, 64)
    assert set(warnings["presets"]) == set(painter.preset_styles)


def test_a_file_is_read_as_what_it_is(painter, ids, tmp_path):
    grey = tmp_path / "grey.png"
    Image.fromarray(ids).save(grey)
    ours = tmp_path / "ours.png"
    painter.indexed_map(ids).convert("RGB").save(ours)
    for path in (grey, ours):
        assert (start._read_map(painter, path, "automatic")[0] == ids).all()
    streets = tmp_path / "streets.png"
    known = palette("cityscapes")
    places = np.full((64, 64), known.labels.index("sky"))
    places[32:] = known.labels.index("terrain")
    Image.fromarray(np.asarray(known.colors, np.uint8)[places]).save(streets)
    for reading in ("automatic", "cityscapes"):
        read, _ = start._read_map(painter, streets, reading)
        assert np.unique(read).tolist() == [0, 6]
    with pytest.raises(ValueError, match="chosen colours"):
        start._read_map(painter, streets, "own")


@pytest.fixture
def warnings(monkeypatch):
    """The messages of toasts while a file is opened."""
    said = []
    monkeypatch.setattr(gr, "Warning", lambda text, **_: said.append(text))
    return said


def indexed(ids: np.ndarray, colors: np.ndarray) -> Image.Image:
    picture = Image.fromarray(ids.astype(np.uint8), "P")
    picture.putpalette(colors.astype(np.uint8).ravel().tolist())
    return picture


def test_an_ambiguous_map_is_reported(painter, ids, tmp_path, warnings):
    colors = np.asarray(painter.colors)
    shuffled = indexed(ids, colors[::-1])  # indices that are ids, colours that are those of others
    foreign = indexed(ids, np.asarray(palette("cityscapes").colors)[:12])
    for name, picture, says in (
        ("shuffled", shuffled, "by the colours of its palette"),
        ("foreign", foreign, "colours are those of"),
    ):
        warnings.clear()
        picture.save(tmp_path / f"{name}.png")
        arrival = start._arrival(painter, tmp_path / f"{name}.png", "automatic", None)
        assert read_runs(arrival["map"], painter.size).shape == (64, 64)
        assert len(warnings) == 1, name
        assert says in warnings[0]


def test_an_unambiguous_map_is_not_reported(painter, ids, tmp_path, warnings):
    painter.indexed_map(ids).save(tmp_path / "ours.png")
    painter.indexed_map(ids).convert("RGB").save(tmp_path / "colours.png")
    Image.fromarray(ids).save(tmp_path / "grey.png")
    for name in ("ours", "colours", "grey"):
        arrival = start._arrival(painter, tmp_path / f"{name}.png", "automatic", None)
        assert (read_runs(arrival["map"], painter.size) == ids).all()
    assert not warnings


def test_a_film_shows_every_state_and_then_the_last(painter, ids):
    states = [write_runs(np.zeros((64, 64), int)), write_runs(ids)]
    text = json.dumps(request_of(ids, states=states))
    steps = film._write(lambda *_, **__: painter, text, True, False, gr.Progress())
    path, count = _returned(steps)
    assert count == 2
    with Image.open(path) as movie:
        frames = [np.asarray(f.convert("RGB")) for f in ImageSequence.Iterator(movie)]
    assert frames[0].shape == (64, 128, 3)
    assert (frames[0] != frames[-1]).any()


def _returned(steps):
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            return stop.value


@pytest.mark.parametrize("text", [None, "", "[]", "{}", '{"states": []}', '{"states": [1]}'])
def test_a_film_of_nothing_is_refused(painter, text):
    with pytest.raises(ValueError, match=r"[.]$"):
        _returned(film._write(lambda *_, **__: painter, text, True, False, gr.Progress()))


def test_without_a_model_the_tab_says_so(monkeypatch):
    monkeypatch.setattr(registry, "MODELS", ())
    with gr.Blocks() as app:
        paint.build(lambda model: None)
    texts = [block.value for block in app.blocks.values() if isinstance(block, gr.Markdown)]
    assert any("paint.safetensors" in text for text in texts)


# --- /paint, for programs -----------------------------------------------------------------------


@pytest.fixture
def client(painter):
    """A client of a page that has the Paint tab alone."""
    with gr.Blocks() as app:
        paint.build(lambda model, **_: painter)
    _, url, _ = app.queue().launch(server_port=None, prevent_thread_lock=True, quiet=True)
    yield Client(url, verbose=False)
    app.close()


@pytest.mark.slow
def test_a_program_sends_a_map_and_gets_a_picture(client, painter, ids, tmp_path):
    path = tmp_path / "map.png"
    Image.fromarray(ids).save(path)
    made = client.predict(label_map=handle_file(path), api_name="/paint")
    assert (painter.generator.label_maps[-1] == ids).all()
    assert read_provenance(made)["style_seed"] == 0
    other = client.predict(handle_file(path), "paint", 7, api_name="/paint")
    assert read_provenance(other)["style_seed"] == 7


@pytest.mark.slow
def test_a_program_gets_a_message_on_what_is_wrong(client, ids, tmp_path):
    good, noise = tmp_path / "map.png", tmp_path / "noise.png"
    Image.fromarray(ids).save(good)
    random = np.random.RandomState(0).randint(0, 256, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(random).save(noise)
    for values, words in (
        ((handle_file(noise), "paint", 0), "chosen colours"),
        ((handle_file(good), "../../etc/passwd", 0), "no such model"),
        ((handle_file(good), "paint", -1), "Seeds"),
        ((handle_file(good), "paint", 0.5), "whole number"),
        (("x" * 50_000_000, "paint", 0), "must be an uploaded file"),
        ((None, "paint", 0), "no label map"),
    ):
        with pytest.raises(AppError, match=words):
            client.predict(*values, api_name="/paint")


def test_one_address_does_not_take_all_places():
    turns = Turns(max_waiting=3, max_of_address=2)
    done, inside = threading.Event(), []

    def hold(address: str) -> None:
        with turns.take(address) as admitted:
            inside.append((address, admitted))
            done.wait(10)

    threads = [threading.Thread(target=hold, args=(address,)) for address in "aab"]
    for thread in threads:
        thread.start()
    limit = time.monotonic() + 10
    while turns._waiting.total() < 3 and time.monotonic() < limit:
        time.sleep(0.01)
    with turns.take("a") as admitted:
        assert not admitted
    done.set()
    for thread in threads:
        thread.join(10)
    assert sorted(inside) == [("a", True), ("a", True), ("b", True)]
    assert not turns._waiting
