"""`python -m gan_models paint` as a user sees it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from gan_models import load_pipeline, networks, weights
from gan_models.cli.main import main
from gan_models.media.images import read_provenance
from gan_models.media.label_maps import palette
from tests.cli.test_main import refused

SPADE = {"num_labels": 12, "width": 2, "hidden": 8, "crop_size": 64, "z_dim": 8, "spectral": False}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The path of a narrow, untrained painter with its encoder beside it."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model")
    facts = {"task": "semantic", "title": "T", "licence": "MIT", "source": "S"}
    labels = palette("landscape").labels
    encoder = networks.build("spade-encoder", {"width": 4, "z_dim": 8, "img_size": 32})
    for name, network in (("own", networks.build("spade", SPADE)), ("own-encoder", encoder)):
        weights.save_generator(folder / f"{name}.safetensors", network, labels=labels, **facts)
    return str(folder / "own.safetensors")


@pytest.fixture
def label_map(tmp_path):
    """A grey map of 100x80 ids."""
    ids = np.random.RandomState(0).randint(0, 12, (80, 100)).astype(np.uint8)
    Image.fromarray(ids).save(tmp_path / "map.png")
    return tmp_path / "map.png"


def test_a_map_becomes_a_picture_as_in_python(model, label_map, tmp_path):
    out = tmp_path / "new" / "picture.png"
    assert main(["paint", model, str(label_map), "--style", "3", "--out", str(out)]) == 0
    made = load_pipeline(model, device="cpu").paint(Image.open(label_map), 3)
    with Image.open(out) as picture:
        assert picture.size == (64, 64)
        assert np.abs(np.asarray(picture).astype(int) - np.asarray(made)).max() <= 1
    assert read_provenance(out)["style_seed"] == 3


def test_a_style_may_come_from_a_picture(model, label_map, tmp_path):
    Image.new("RGB", (90, 60), "orange").save(tmp_path / "evening.jpg")
    out = tmp_path / "picture.png"
    style = str(tmp_path / "evening.jpg")
    assert main(["paint", model, str(label_map), "--style", style, "--out", str(out)]) == 0
    assert len(read_provenance(out)["style"]) == 8


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["faces-64", "MAP", "--out", "OUT"], "which paint cannot use"),
        (["MODEL", "MAP", "--out", "FOLDER"], "name a file"),
        (["MODEL", "MAP", "--out", "OUT", "--style", "4294967296"], "too large"),
        (["MODEL", "MAP", "--out", "OUT", "--style", "nowhere.jpg"], "neither a seed"),
        (["MODEL", "MAP", "--out", "OUT", "--style=-1"], "neither a seed"),
        (["MODEL", "nowhere.png", "--out", "OUT"], "no file nowhere.png"),
        (["MODEL", "JPEG", "--out", "OUT"], "no PNG"),
        (["MODEL", "NOISE", "--out", "OUT"], "chosen colours"),
        (["MODEL", "HIGH", "--out", "OUT"], "the id 12"),
    ],
)
def test_what_cannot_be_painted_is_one_line(capsys, model, label_map, tmp_path, arguments, words):
    noise = np.random.RandomState(0).randint(0, 256, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    Image.fromarray(noise).save(tmp_path / "photo.jpg")
    Image.fromarray(np.full((64, 64), 12, np.uint8)).save(tmp_path / "high.png")
    stand_ins = {
        "MODEL": model,
        "MAP": label_map,
        "OUT": tmp_path / "out.png",
        "FOLDER": tmp_path / "folder",
        "JPEG": tmp_path / "photo.jpg",
        "NOISE": tmp_path / "noise.png",
        "HIGH": tmp_path / "high.png",
    }
    line = refused(capsys, "paint", *(str(stand_ins.get(part, part)) for part in arguments))
    assert words in line
    assert not (tmp_path / "out.png").exists()


@pytest.mark.parametrize("spelling", ["map.png", "MAP.PNG", "link.png"])
def test_neither_the_map_nor_the_style_is_overwritten(capsys, model, label_map, tmp_path, spelling):
    Image.new("RGB", (90, 60), "orange").save(tmp_path / "style.png")
    (tmp_path / "link.png").symlink_to(label_map)
    if spelling == "MAP.PNG":
        label_map = label_map.rename(tmp_path / "MAP.PNG")
    before = label_map.read_bytes()
    line = refused(capsys, "paint", model, str(label_map), "--out", str(tmp_path / spelling))
    assert "would be overwritten" in line
    style = str(tmp_path / "style.png")
    line = refused(capsys, "paint", model, str(label_map), "--style", style, "--out", style)
    assert "would be overwritten" in line
    assert label_map.read_bytes() == before


def test_a_map_of_another_set_is_read_with_its_palette(model, tmp_path, capsys):
    known = palette("ade20k")
    ids = np.full((64, 64), known.ids[known.labels.index("sky")], np.uint8)
    Image.fromarray(ids).save(tmp_path / "ade.png")
    out = tmp_path / "OUT.PNG"
    arguments = ["paint", model, str(tmp_path / "ade.png"), "--palette", "ade20k"]
    assert main([*arguments, "--out", str(out)]) == 0
    wanted = load_pipeline(model, device="cpu").paint(np.zeros((64, 64), int))
    with Image.open(out) as picture:
        assert (np.asarray(picture) == np.asarray(wanted)).all()


def test_what_a_map_could_also_mean_is_said(model, tmp_path, capsys):
    colors = np.asarray(palette("landscape").colors, np.uint8)
    picture = Image.fromarray(np.random.RandomState(0).randint(0, 3, (64, 64)).astype(np.uint8))
    picture.putpalette(colors[[6, 0, 10]].tobytes())
    picture.save(tmp_path / "map.png")
    assert main(["paint", model, str(tmp_path / "map.png"), "--out", str(tmp_path / "o.png")]) == 0
    assert "by the colours of its palette" in capsys.readouterr().out
