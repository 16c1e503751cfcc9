"""Over HTTP a page on a Ray cluster gives the pictures of the page in one process."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from tabs.components.engine import describe_placement

pytest.importorskip("ray", reason="Ray is not installed")


@pytest.fixture(scope="module")
def cluster_url(own_home):
    """The address of a page that has started a cluster on this machine by its settings."""
    from app import create_app, launch
    from tabs.components import engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANVAS_ENGINE", "ray")
        patch.delenv("RAY_ADDRESS", raising=False)
        patch.setenv("GANVAS_DEVICE", "cpu")
        patch.setenv("PYTHONPATH", os.getcwd())
        load = engine.shared_pipelines()
        app = create_app(load)
        _, url, _ = launch(app, server_port=None, prevent_thread_lock=True, quiet=True)
        try:
            yield url.rstrip("/"), load
        finally:
            app.close()
            load.close()


def pictures(url, folder, name, *data):
    """The pictures that an endpoint answers with."""
    client = Client(url, verbose=False, download_files=folder)
    try:
        files = client.predict(*data, api_name=name)
    finally:
        client.close()
    found = [Path(file).read_bytes() for file in (files if isinstance(files, list) else [files])]
    return [Image.open(io.BytesIO(data)) for data in found]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("/sample", ["0-9, 42", "faces-64", 0.9]),
        ("/class_sample", ["green", "7, 8", "eyes-128", 1]),
        ("/translate", ["picture", "summer2winter"]),
        ("/paint", ["map", "paint", 12]),
        ("/enlarge", ["picture", "real-esrgan-fast-x4", 2]),
    ],
)
def test_every_endpoint_answers_as_without_a_cluster(page_url, cluster_url, tmp_path, name, data):
    noise = np.random.RandomState(3).randint(0, 256, (40, 56, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "picture.png")
    ids = np.arange(64, dtype=np.uint8).reshape(8, 8) % 12
    Image.fromarray(ids).resize((64, 64), 0).save(tmp_path / "map.png")
    files = {"picture", "map"}
    given = [handle_file(str(tmp_path / f"{v}.png")) if v in files else v for v in data]
    made = pictures(cluster_url[0], tmp_path / "cluster", name, *given)
    wanted = pictures(page_url, tmp_path / "plain", name, *given)
    for a, b in zip(made, wanted, strict=True):
        assert a.info == b.info
        assert np.abs(np.asarray(a).astype(int) - np.asarray(b)).max() <= 1


def test_a_walk_is_a_film(cluster_url, tmp_path):
    client = Client(cluster_url[0], verbose=False, download_files=tmp_path)
    path = client.predict("3, 8, 3", "faces-64", 6, api_name="/interpolate")
    client.close()
    assert Path(path).stat().st_size > 1000


def test_a_bad_value_is_refused_with_its_sentence(cluster_url):
    client = Client(cluster_url[0], verbose=False)
    with pytest.raises(Exception, match="choose from"):
        client.predict("purple", "1", "eyes-128", 1, api_name="/class_sample")
    client.close()


def test_the_page_says_where_models_run(cluster_url):
    _, load = cluster_url
    load("faces-64").sample([1])
    text = describe_placement(load)
    assert "Models run on a Ray cluster, nodes: 1." in text
    assert "faces-64: replicas: 1, on " in text
