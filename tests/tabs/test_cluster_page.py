"""Over HTTP a page on a Ray cluster gives the pictures of the page in one process."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import threading
from pathlib import Path

import av
import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image

from gan_models.cluster.placement import SHARED
from tabs.components.engine import describe_placement
from tests.cluster.conftest import node_options


@pytest.fixture(scope="module")
def cluster_url(own_home):
    """The address of a page that has started a cluster on this machine by its settings."""
    with page_on("") as served:
        yield served


@pytest.fixture
def nodes_url(own_home):
    """The address of a page on a cluster of a head and two nodes, and that cluster."""
    cluster_utils = importlib.import_module("ray.cluster_utils")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.getcwd())
        patch.setenv("GANVAS_DEVICE", "cpu")
        cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=node_options(0))
        try:
            with page_on(cluster.address) as (url, _):
                for _ in range(2):  # the page is connected to the head, which is not killed
                    cluster.add_node(**node_options(2))
                yield url, cluster
        finally:
            cluster.shutdown()


@contextlib.contextmanager
def page_on(address):
    """A page on the cluster of an address, "" for one that it starts, and its pipelines."""
    from app import create_app, launch
    from tabs.components import engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANVAS_ENGINE", "ray")
        patch.setenv("RAY_ADDRESS", address)
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


def node_of(cluster, name):
    """A node of a cluster with a replica of an application."""
    from gan_models.cluster.connection import _serve_details

    (deployment,) = _serve_details()["applications"][name]["deployments"].values()
    ids = {replica["node_id"] for replica in deployment["replicas"]}
    return next(node for node in cluster.worker_nodes if node.node_id in ids)


def pictures(url, folder, name, *data):
    """The pictures, or the frames of the films, that an endpoint answers with."""
    client = Client(url, verbose=False, download_files=folder)
    try:
        files = client.predict(*data, api_name=name)
    finally:
        client.close()
    return [
        picture
        for file in (files if isinstance(files, list) else [files])
        for picture in read(file)
    ]


def read(file):
    """The picture of a file, or the frames of a film."""
    data = io.BytesIO(Path(file).read_bytes())
    if Path(file).suffix != ".mp4":
        return [Image.open(data)]
    with av.open(data) as film:
        return [frame.to_image() for frame in film.decode(video=0)]


CALLS = [
    ("/sample", ["0-9, 42", "faces-64", 0.9]),
    ("/class_sample", ["green", "7, 8", "eyes-128", 1]),
    ("/translate", ["picture", "summer2winter"]),
    ("/paint", ["map", "paint", 12]),
    ("/enlarge", ["picture", "real-esrgan-fast-x4", 2]),
]
MORE_CALLS = [
    ("/sample", ["1, 3", "landscapes", 0.7]),
    ("/sample", ["4", "digits-dcgan", 1]),
    ("/interpolate", ["3, 8, 3", "faces-64", 12]),
    ("/class_sample", ["coast-summer", "5", "landscapes-classes", 1]),
    ("/class_sample", ["7", "1, 2", "digits-cgan", 1]),
    ("/translate", ["picture", "vintage"]),
    ("/enlarge", ["picture", "real-esrgan-x4", 4]),
    ("/digits_film_draw", ["0-15", "digits-dcgan", 1]),
]


@pytest.mark.parametrize(("name", "data"), CALLS)
def test_every_endpoint_answers_as_without_a_cluster(page_url, cluster_url, tmp_path, name, data):
    compare(cluster_url[0], page_url, tmp_path, name, data)


def compare(cluster_url, page_url, tmp_path, name, data):
    """Check that two pages answer with the same pictures, within a grey level."""
    noise = np.random.RandomState(3).randint(0, 256, (40, 56, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "picture.png")
    ids = np.arange(64, dtype=np.uint8).reshape(8, 8) % 12
    Image.fromarray(ids).resize((64, 64), 0).save(tmp_path / "map.png")
    files = {"picture", "map"}
    given = [handle_file(str(tmp_path / f"{v}.png")) if v in files else v for v in data]
    made = pictures(cluster_url, tmp_path / "cluster", name, *given)
    wanted = pictures(page_url, tmp_path / "plain", name, *given)
    for a, b in zip(made, wanted, strict=True):
        assert a.info == b.info
        difference = np.abs(np.asarray(a).astype(int) - np.asarray(b))
        if name == "/interpolate":  # one grey level in a thousand pixels changes the compression
            assert difference.mean() < 4
        else:
            assert difference.max() <= 1


@pytest.mark.long
@pytest.mark.timeout(900)
def test_on_two_nodes_all_answers_are_those_of_one_process(page_url, nodes_url, tmp_path):
    """Also while one of the nodes is killed in the middle of 50 requests; none is lost."""
    url, cluster = nodes_url
    for number, (name, data) in enumerate([*CALLS, *MORE_CALLS]):
        (folder := tmp_path / str(number)).mkdir()
        compare(url, page_url, folder, name, data)
    wanted = pictures(page_url, tmp_path, "/sample", "0-49", "faces-64", 1)
    made, done = {}, threading.Event()

    def ask(seeds):
        for seed in seeds:
            (made[seed],) = pictures(
                url, tmp_path / str(seed % 5), "/sample", f"{seed}", "faces-64", 1
            )
            if len(made) >= 10:
                done.set()

    threads = [threading.Thread(target=ask, args=(range(k, 50, 5),)) for k in range(5)]
    for thread in threads:
        thread.start()
    assert done.wait(120)
    cluster.remove_node(node_of(cluster, SHARED), allow_graceful=False)  # SIGKILL
    for thread in threads:
        thread.join(300)
    assert sorted(made) == list(range(50))
    for seed, picture in enumerate(wanted):
        assert np.abs(np.asarray(made[seed]).astype(int) - np.asarray(picture)).max() <= 1


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
