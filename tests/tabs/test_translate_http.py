"""/translate and /class_sample for programs, and the names of uploads."""

import re
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from gan_models import load_pipeline
from gan_models.media.images import read_provenance
from tests.media.test_photos import BAD_FILES


def test_translate_takes_a_plain_file_and_gives_a_png(client, photo):
    file = client.predict(image=handle_file(str(photo)), model="vintage", api_name="/translate")
    expected = load_pipeline("vintage", device="cpu").translate(Image.open(photo))
    with Image.open(file) as made:
        assert made.format == "PNG"
        difference = np.asarray(made).astype(int) - np.asarray(expected)
        assert np.abs(difference).max() <= 1
    assert read_provenance(file)["model"] == "vintage"


def test_class_sample_gives_one_png_a_seed(client):
    files = client.predict("green", "0-1, 42", "eyes-128", 1, api_name="/class_sample")
    assert [read_provenance(file)["seed"] for file in files] == [0, 1, 42]
    assert {read_provenance(file)["class_name"] for file in files} == {"green"}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_files_get_a_sentence_over_http(client, tmp_path, kind):
    name, content, says = BAD_FILES[kind]
    path = tmp_path / name
    path.write_bytes(content())
    with pytest.raises(AppError, match=says):
        client.predict(image=handle_file(str(path)), model="vintage", api_name="/translate")


def test_unknown_classes_and_models_get_a_sentence_over_http(client, photo):
    with pytest.raises(AppError, match="no class 'purple'; choose from: amber"):
        client.predict("purple", "0", "eyes-128", 1, api_name="/class_sample")
    with pytest.raises(AppError, match="no such model"):
        client.predict(image=handle_file(str(photo)), model="/etc/x", api_name="/translate")


def test_uploads_have_names_that_cannot_be_guessed_and_are_not_listed(page_url, photo):
    files = {"files": ("private.jpg", photo.read_bytes())}
    uploaded = httpx.post(f"{page_url}/gradio_api/upload", files=files).json()[0]
    assert re.search(r"[0-9a-f]{64}/private.jpg$", uploaded)
    for address in ("/config", "/gradio_api/info", "/"):
        assert "private.jpg" not in httpx.get(page_url + address).text
    folder = str(Path(uploaded).parent)
    for path in (folder, str(Path(folder).parent)):
        assert httpx.get(f"{page_url}/gradio_api/file={path}").status_code in (403, 404)
