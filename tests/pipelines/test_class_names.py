"""Classes of one name are numbered, so that each can be chosen: by name and by index."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_models import (
    ClassPoint,
    add_user_model,
    convert,
    find_class,
    get_spec,
    load_pipeline,
    networks,
    weights,
)
from gan_models.checks import numbered
from gan_models.cli.main import main
from gan_models.media.images import PROVENANCE_KEY, read_provenance

SOURCE = Path(__file__).parents[1] / "golden" / "stylegan2_cond.weights.safetensors"
TWINS = ["crane", "b0", "b1", "crane"]
NUMBERED = ("crane", "b0", "b1", "crane 2")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("GANVAS_HOME", str(tmp_path))


def twins(names=TWINS):
    spec = add_user_model(SOURCE, "stylegan2-nvlabs", "twins", names)
    return load_pipeline(spec.id, device="cpu")


def of_index(pipe, index: int, seed: int = 5) -> np.ndarray:
    """The picture of a class by its index in the network."""
    c = torch.nn.functional.one_hot(torch.tensor([index]), len(pipe.classes)).float()
    return np.asarray(next(iter(pipe._render(pipe._z([seed]), c, 1.0))))


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        (TWINS, NUMBERED),
        (["a", "a", "a"], ("a", "a 2", "a 3")),
        (["a", "a 2", "a"], ("a", "a 2", "a 3")),
        (["a", "a", "a 2"], ("a", "a 3", "a 2")),
        (["a 2", "a 2", "a"], ("a 2", "a 2 2", "a")),
        (["a", "b"], ("a", "b")),
        (["A", "a"], ("A", "a")),
        ([], ()),
    ],
)
def test_doubles_are_numbered_and_every_name_is_once(names, wanted):
    assert numbered(names) == wanted
    assert len(set(wanted)) == len(names)


def test_many_doubles_are_numbered_at_once():
    assert len(set(numbered(["a"] * 100_000))) == 100_000


def test_every_class_of_a_model_with_doubles_can_be_reached():
    pipe = twins()
    assert pipe.classes == NUMBERED
    assert get_spec(pipe.spec.id).classes == NUMBERED
    made = [np.asarray(pipe.sample([5], name)[0]) for name in NUMBERED]
    for index, picture in enumerate(made):
        assert (picture == of_index(pipe, index)).all()
    assert not (made[0] == made[3]).all()


@pytest.mark.parametrize("index", [3, "3", " 3 ", np.int64(3), torch.tensor(3)])
def test_a_class_is_found_by_its_index(index):
    pipe = twins()
    made = pipe.sample([5], index)[0]
    assert (np.asarray(made) == of_index(pipe, 3)).all()
    assert find_class(pipe.spec, index) == "crane 2"
    assert json.loads(made.info[PROVENANCE_KEY])["class_name"] == "crane 2"


def test_every_method_takes_an_index_and_tells_the_name():
    pipe = twins()
    one, two = pipe.sample([1, 2], [0, "crane 2"])
    mixed = pipe.sample_mix([5], {3: 1.0})[0]
    assert (np.asarray(mixed) == of_index(pipe, 3)).all()
    end = pipe.morphs(ClassPoint(1, 0), ClassPoint(5, 3), [1.0])[0]
    assert (np.asarray(end) == of_index(pipe, 3)).all()
    assert pipe.nearest_classes(3) == pipe.nearest_classes("crane 2")
    assert (np.asarray(one) == of_index(pipe, 0, 1)).all()
    assert (np.asarray(two) == of_index(pipe, 3, 2)).all()


@pytest.mark.parametrize("wrong", [4, -1, "4", "-1", "crane 3", 1.0, True, None, "", "٣x"])
def test_what_is_no_class_is_refused_with_the_names(wrong):
    pipe = twins()
    with pytest.raises(ValueError, match="choose from: crane, b0, b1, crane 2"):
        find_class(pipe.spec, wrong)


def test_names_that_are_numbers_are_names():
    pipe = twins(["3", "2", "1", "0"])
    assert find_class(pipe.spec, "3") == "3"
    assert (np.asarray(pipe.sample([5], "3")[0]) == of_index(pipe, 0)).all()
    assert find_class(pipe.spec, 3) == "0"
    with pytest.raises(ValueError, match="no class"):
        find_class(twins(["7", "8", "9", "10"]).spec, "0")


def test_a_file_from_elsewhere_with_doubles_is_numbered_when_it_is_opened(tmp_path):
    config = {"z_dim": 4, "widths": [8, 8], "num_classes": 2}
    path = tmp_path / "a.safetensors"
    facts = {"task": "class", "title": "T", "licence": "MIT", "source": "S"}
    weights.save_generator(path, networks.build("dcgan", config), classes=["b", "b"], **facts)
    assert load_pipeline(str(path), device="cpu").classes == ("b", "b 2")
    assert add_user_model(path, "ganvas", "x").classes == ("b", "b 2")


def test_a_converted_file_says_the_numbered_names(tmp_path):
    out = tmp_path / "a.safetensors"
    convert.to_safetensors(SOURCE, "stylegan2-nvlabs", out, classes=TWINS)
    assert tuple(weights.load_checkpoint(out)[1]["classes"]) == NUMBERED


@pytest.mark.parametrize("name", ["crane 2", "3"])
def test_the_command_line_reaches_the_second_of_one_name(tmp_path, name):
    pipe = twins()
    arguments = ["sample", pipe.spec.id, "--seeds", "5", "--class", name]
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 0
    (path,) = (tmp_path / "out").iterdir()
    assert read_provenance(path)["class_name"] == "crane 2"
    assert (np.asarray(Image.open(path)) == of_index(pipe, 3)).all()
