"""User models for programs: the endpoints take them as they take other models."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from gan_models import add_user_model, load_pipeline
from gan_models.media.images import read_provenance
from tests.convert.test_channels import file_of
from tests.test_http import call

GOLDEN = Path(__file__).parents[1] / "golden"
CLASSES = GOLDEN / "stylegan2_cond.weights.safetensors"


@pytest.fixture
def client(page_url, tmp_path, monkeypatch):
    monkeypatch.setenv("GANVAS_HOME", str(tmp_path))  # the page is served by this process
    client = Client(page_url, verbose=False, download_files=tmp_path)
    yield client
    client.close()


@pytest.mark.parametrize("name", ["crane 2", "3"])
def test_the_second_class_of_one_name_is_reached(client, name):
    spec = add_user_model(CLASSES, "stylegan2-nvlabs", "twins", ["crane", "b0", "b1", "crane"])
    files = client.predict(name, "5", spec.id, 1, api_name="/class_sample")
    assert read_provenance(files[0])["class_name"] == "crane 2"
    wanted = load_pipeline(spec.id, device="cpu").sample([5], "crane 2")[0]
    with Image.open(files[0]) as made:
        assert (np.asarray(made) == np.asarray(wanted)).all()
    with pytest.raises(AppError, match="choose from: crane, b0, b1, crane 2"):
        client.predict("crane 3", "5", spec.id, 1, api_name="/class_sample")


@pytest.mark.parametrize("channels", [(1, 1), (1, 3)])
def test_a_grey_translator_translates(client, tmp_path, channels):
    spec = add_user_model(file_of(tmp_path, "resnet", channels), "cyclegan-junyanz", "Grey")
    for mode in ("L", "RGB"):
        path = tmp_path / f"{mode}.png"
        Image.effect_noise((60, 44), 60).convert(mode).save(path)
        file = client.predict(handle_file(str(path)), spec.id, api_name="/translate")
        with Image.open(file) as made:
            assert made.size == (60, 44)
            red, green, _ = made.convert("RGB").split()
            assert (red.tobytes() == green.tobytes()) == (channels[1] == 1)


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("sample", [7, "faces-64", 1], None),
        ("sample", ["7", "faces-64", "0.7"], None),
        ("sample", ["7", "faces-64", "0,7"], "ψ"),
        ("sample", [-1, "faces-64", 1], "seed"),
        ("interpolate", ["3, 8", "faces-64", 12.5], "whole number"),
        ("class_sample", ["purple", "0", "eyes-128", 1], "no class 'purple'"),
        ("class_sample", [None, "0", "eyes-128", 1], "no class"),
        ("class_sample", [2, "0", "eyes-128", 1], None),
        ("class_sample", ["green", "0", "nobody", 1], "choose from"),
    ],
)
def test_unusual_values_are_taken_or_refused_with_a_message(page_url, name, data, says):
    event, answer = call(page_url, name, data)
    if says is None:
        assert event == "complete"
    else:
        assert event == "error"
        assert says in str(json.loads(answer))
