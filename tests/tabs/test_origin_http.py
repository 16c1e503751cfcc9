"""Every file that the public endpoints give says that it is generated."""

from __future__ import annotations

import numpy as np
from gradio_client import handle_file
from PIL import Image

from gan_models import read_provenance
from tests.media.readers import origin

MADE = {"tool": "Ganvas", "source": "trainedAlgorithmicMedia"}


def test_samples_of_both_kinds(client):
    files = client.predict("3, 11", "faces-64", 0.8, api_name="/sample")
    files += client.predict("green", "5", "eyes-128", 1, api_name="/class_sample")
    assert [origin(file) for file in files] == [MADE] * 3


def test_a_walk(client):
    file = client.predict("3, 8", "faces-64", 5, api_name="/interpolate")
    assert origin(file) == MADE
    assert read_provenance(file)["seeds"] == [3, 8]


def test_a_painting(client, tmp_path):
    path = tmp_path / "map.png"
    Image.fromarray(np.full((32, 32), 6, np.uint8)).save(path)
    file = client.predict(handle_file(str(path)), "paint", 4, api_name="/paint")
    assert origin(file) == MADE


def test_an_altered_photo_and_an_enlarged_sample(client, photo):
    file = client.predict(handle_file(str(photo)), "vintage", api_name="/translate")
    assert origin(file)["source"] == "compositeWithTrainedAlgorithmicMedia"
    given = handle_file(str(photo)), "real-esrgan-fast-x4", 2
    assert origin(client.predict(*given, api_name="/enlarge"))["source"] == (
        "algorithmicallyEnhanced"
    )
    (sample,) = client.predict("3", "faces-64", 1, api_name="/sample")
    given = handle_file(sample), "real-esrgan-fast-x4", 2
    assert origin(client.predict(*given, api_name="/enlarge")) == MADE
