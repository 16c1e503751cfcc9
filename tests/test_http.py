"""The page for programs: /list_models, /sample and /interpolate, and what they refuse."""

import json
import re
import shutil
from pathlib import Path

import httpx
import numpy as np
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from gan_models import load_pipeline
from gan_models.media.images import read_provenance


@pytest.fixture
def client(page_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("downloads")
    client = Client(page_url, verbose=False, download_files=folder)
    yield client
    client.close()
    shutil.rmtree(folder)


def call(page_url: str, name: str, data: list) -> tuple[str, str]:
    """Call an endpoint as a raw program does: the last event's name and data."""
    body = json.dumps({"data": data})  # json.dumps writes NaN, as hostile programs do
    headers = {"Content-Type": "application/json"}
    answer = httpx.post(f"{page_url}/gradio_api/call/{name}", content=body, headers=headers)
    if answer.status_code != 200:
        return "error", answer.text
    url = f"{page_url}/gradio_api/call/{name}/{answer.json()['event_id']}"
    text = httpx.get(url, timeout=60).text
    event, _, rest = text.strip().rpartition("event: ")[2].partition("\n")
    return event, rest.removeprefix("data: ")


def test_models_are_listed_with_the_facts_of_the_contract(client):
    rows = client.predict(api_name="/list_models")
    faces = next(row for row in rows if row["id"] == "faces-64")
    assert faces["task"] == "latent"
    assert faces["available"] is True
    assert {"title", "family", "licence", "source", "size_bytes", "reason"} <= set(faces)


def test_sample_gives_png_files_with_provenances(client):
    files = client.predict(seeds="0-2, 42", api_name="/sample")
    assert len(files) == 4
    assert read_provenance(files[-1])["seed"] == 42
    python = load_pipeline("faces-64", device="cpu").sample([0, 1, 2, 42])
    for file, image in zip(files, python, strict=True):
        with Image.open(file) as picture:
            assert picture.format == "PNG"
            difference = np.asarray(picture).astype(int) - np.asarray(image)
            assert np.abs(difference).max() <= 1


def test_interpolate_gives_an_mp4(client):
    file = client.predict(seeds="3, 8, 3", num_frames=8, api_name="/interpolate")
    assert Path(file).suffix == ".mp4"
    assert Path(file).stat().st_size > 500


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("sample", ["cat", "faces-64", 1], "not a seed"),
        ("sample", ["0-999999999", "faces-64", 1], "At most 64"),
        ("sample", ["0", "faces-64", float("nan")], "ψ"),
        ("sample", ["0", "faces-64", 5], "ψ"),
        ("sample", ["0", "nobody", 1], "choose from"),
        ("sample", ["0", "/etc/passwd", 1], "choose from"),
        ("sample", ["0", "../checkpoints/x.safetensors", 1], "choose from"),
        ("sample", [None, "faces-64", 1], "seed"),
        ("sample", ["0", "faces-64", None], "ψ"),
        ("interpolate", ["3", "faces-64", 10], "2 or more"),
        ("interpolate", ["3, 8", "faces-64", 10**9], "frames"),
        ("interpolate", ["3, 8", "faces-64", 2.5], "whole number"),
        ("interpolate", ["3, 8", "faces-64", float("nan")], "whole number"),
    ],
)
def test_values_out_of_range_are_refused_with_a_message_and_the_next_call_works(
    page_url, name, data, says
):
    event, answer = call(page_url, name, data)
    assert event == "error"
    assert says in str(json.loads(answer))
    event, answer = call(page_url, "sample", ["1", "faces-64", 1])
    assert event == "complete"
    assert json.loads(answer)[0][0]["orig_name"].endswith(".png")


def test_only_the_public_endpoints_are_listed(page_url):
    info = httpx.get(f"{page_url}/gradio_api/info").json()
    assert {"/list_models", "/sample", "/interpolate"} <= set(info["named_endpoints"])
    for name, endpoint in info["named_endpoints"].items():
        assert "lambda" not in name
        assert all(parameter["parameter_name"] for parameter in endpoint["parameters"])


def test_wrong_numbers_of_parameters_do_no_harm(client, page_url):
    event, _ = call(page_url, "sample", [])
    assert event in ("error", "complete")
    with pytest.raises((AppError, ValueError)):
        client.predict(seeds="0", model="nobody", api_name="/sample")
    assert len(client.predict(seeds="3", api_name="/sample")) == 1


def test_unusable_weights_are_reported_and_the_page_still_works():
    from app import create_app, launch
    from gan_models.weights import CorruptWeightsError
    from tests.fakes import fake_load

    sentence = "faces-64 is damaged: run `python -m gan_models fetch faces-64`."
    state = {"damaged": True}

    def load(model, progress=None, cancelled=None):
        if state["damaged"]:
            raise CorruptWeightsError(sentence)
        return fake_load(model)

    app = create_app(load)
    _, url, _ = launch(app, server_port=None, prevent_thread_lock=True, quiet=True)
    try:
        event, answer = call(url.rstrip("/"), "sample", ["1", "faces-64", 1])
        assert event == "error"
        assert sentence in json.loads(answer)["error"]
        state["damaged"] = False
        assert call(url.rstrip("/"), "sample", ["1", "faces-64", 1])[0] == "complete"
    finally:
        app.close()


def test_no_test_changes_the_clock_of_the_process_that_serves_the_page():
    # the server's queue waits by the clock: after a jump all its events would wait
    moved = re.compile(r'setattr\([^)]*\btime\b[",. ]+(monotonic|perf_counter|time)"')
    files = Path(__file__).parent.rglob("*.py")
    assert not [path.name for path in files if moved.search(path.read_text("utf-8"))]
