"""On a Ray cluster pipelines answer as in this process, also while a node is lost."""

from __future__ import annotations

import functools
import importlib
import threading
import time

import numpy as np
import pytest
from PIL import Image

from gan_models import ClassPoint, ClusterError, load_pipeline
from gan_models.paths import CHECKPOINTS
from tests.cluster.conftest import node_options

connection = importlib.import_module("gan_models.cluster.connection")

SMALL = Image.fromarray(np.random.RandomState(3).randint(0, 256, (40, 56, 3)).astype(np.uint8))


@functools.cache
def local(model):
    return load_pipeline(model, device="cpu")


def same(made, wanted):
    """Within a grey level: pictures that are drawn in another batch may differ by that."""
    assert made.size == wanted.size
    assert np.abs(np.asarray(made).astype(int) - np.asarray(wanted)).max() <= 1
    assert made.info == wanted.info, "the provenance comes along"


def finish(steps):
    """What steps give, one after the other, and what they return."""
    given = []
    while True:
        try:
            given.append(next(steps))
        except StopIteration as end:
            return given, end.value


def map_of(pipeline):
    ids = np.random.RandomState(1).randint(0, 12, (8, 8)).astype(np.int32)
    return pipeline.read_map(ids.repeat(8, 0).repeat(8, 1))


PICTURES = {
    "sample": ("faces-64", lambda p: p.sample(range(20), 0.9)),
    "a file": (str(CHECKPOINTS / "digits-gan.safetensors"), lambda p: p.sample([1, 2])),
    "interpolate": ("faces-64", lambda p: p.interpolate([3, 8], 4)),
    "steps": ("landscapes", lambda p: list(p.iter_frames([3, 8, 3], 3, "w"))),
    "part": ("landscapes", lambda p: [p.styles.edit(5, {"PCA 1": 2.5}, "middle", 0.7)]),
    "steps of a part": ("landscapes", lambda p: list(p.styles.mix([1], [3], "coarse"))),
    "class": ("eyes-128", lambda p: p.sample([3, 4], "green")),
    "a class a seed": ("eyes-128", lambda p: p.sample([3, 4], ["green", 0])),
    "class morphs": ("eyes-128", lambda p: p.morphs(ClassPoint(1, 0), ClassPoint(2, 3), [0.4])),
    "translate": ("summer2winter", lambda p: [p.translate(SMALL, 0.5, True)]),
    "paint": ("paint", lambda p: [p.paint(map_of(p), 3)]),
    "enlarge": ("real-esrgan-fast-x4", lambda p: [p.enlarge(SMALL, 3)]),
}


@pytest.mark.parametrize("case", PICTURES)
def test_pictures_are_those_of_this_process(two_nodes, case):
    from gan_models.cluster.pipelines import ClusterPipeline

    _, load, _ = two_nodes
    model, make = PICTURES[case]
    pipeline = load(model)
    assert isinstance(pipeline, ClusterPipeline)
    for made, wanted in zip(make(pipeline), make(local(model)), strict=True):
        same(made, wanted)


def test_attributes_are_those_of_this_process(two_nodes):
    _, load, _ = two_nodes
    paint, latent, eyes = load("paint"), load("landscapes"), load("eyes-128")
    for name in ("spec", "labels", "colors", "size", "has_style", "has_encoder", "preset_styles"):
        assert getattr(paint, name) == getattr(local("paint"), name)
    assert list(latent.styles.directions) == list(local("landscapes").styles.directions)
    assert latent.spaces == local("landscapes").spaces
    assert eyes.classes == local("eyes-128").classes
    assert not hasattr(eyes, "labels")


def test_errors_have_the_sentences_that_they_have_here(two_nodes):
    _, load, _ = two_nodes
    for pipeline in (load("eyes-128"), local("eyes-128")):
        with pytest.raises(ValueError, match="choose from"):
            pipeline.sample([1], "purple")
    with pytest.raises(ValueError, match="2 to 10000 seeds"):
        load("faces-64").iter_frames([3], 10)  # at once, not at the first step


def test_progress_comes_while_a_picture_is_made(two_nodes):
    _, load, _ = two_nodes
    given, made = finish(load("real-esrgan-fast-x4").iter_enlarge(SMALL))
    assert given
    assert all(0 <= step.fraction <= 1 for step in given)
    same(made, local("real-esrgan-fast-x4").enlarge(SMALL))


def test_simultaneous_requests_of_which_one_is_bad_each_get_their_answer(two_nodes):
    _, load, _ = two_nodes
    pipeline, answers = load("faces-64"), {}

    def ask(psi, seed):
        try:
            answers[psi, seed] = pipeline.sample([seed], psi)[0]
        except ValueError as error:
            answers[psi, seed] = error

    asked = [(1.0, 1), (1.0, 2), (0.5, 3), (9.0, 4), (1.0, 5)]
    threads = [threading.Thread(target=ask, args=each) for each in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert isinstance(answers.pop((9.0, 4)), ValueError)
    for (psi, seed), made in answers.items():
        same(made, local("faces-64").sample([seed], psi)[0])


def test_it_is_known_where_models_run(two_nodes):
    _, load, _ = two_nodes
    load("faces-64").sample([1])
    assert load.num_nodes() == 2
    assert len(load.replicas()["faces-64"]) >= 1


def test_small_models_share_replicas(two_nodes):
    _, load, _ = two_nodes
    assert load("eyes-128").sample([1], "green")
    assert load("faces-64").sample([1])
    details = connection._serve_details()["applications"]
    assert "ganvas-eyes-128" not in details
    assert "ganvas-faces-64" not in details
    assert load.replicas()["faces-64"] == load.replicas()["eyes-128"]
    assert 1 <= len(load.replicas()["faces-64"]) <= load.cluster.settings.max_replicas


def test_fifty_requests_outlive_the_node_that_answers_them(two_nodes):
    cluster, load, worker = two_nodes
    pipeline, made, errors = load("faces-64"), {}, []
    other = cluster.add_node(**node_options(2))

    def ask(seeds):
        for seed in seeds:
            try:
                made[seed] = pipeline.sample([seed])[0]
            except Exception as error:  # noqa: BLE001 - none is expected
                errors.append(error)

    threads = [threading.Thread(target=ask, args=(range(k, 50, 5),)) for k in range(5)]
    for thread in threads:
        thread.start()
    while len(made) < 10:
        time.sleep(0.02)
    cluster.remove_node(worker, allow_graceful=False)  # SIGKILL
    for thread in threads:
        thread.join()
    assert errors == []
    for seed in range(50):
        same(made[seed], local("faces-64").sample([seed])[0])
    assert other in cluster.list_all_nodes()


def test_steps_go_on_after_their_node_was_lost(two_nodes):
    cluster, load, _ = two_nodes
    frames = load("faces-64").iter_frames([3, 8], 40)
    made = [next(frames) for _ in range(3)]
    (lost,) = cluster.worker_nodes
    cluster.add_node(**node_options(2))
    cluster.remove_node(lost, allow_graceful=False)
    made += list(frames)
    for a, b in zip(made, local("faces-64").interpolate([3, 8], 40), strict=True):
        same(a, b)


def test_a_cluster_that_is_gone_gives_a_sentence_soon(two_nodes):
    cluster, load, _ = two_nodes
    pipeline = load("faces-64")
    for node in list(cluster.list_all_nodes()):
        node.kill_all_processes(check_alive=False, allow_graceful=False, wait=True)
    cluster.worker_nodes, cluster.head_node = set(), None
    start = time.monotonic()
    with pytest.raises(ClusterError, match="does not answer"):
        pipeline.sample([1])
    with pytest.raises(ClusterError, match="does not answer"):
        load("eyes-128").sample([1], "green")
    with pytest.raises(ClusterError, match="does not answer"):
        load.replicas()
    assert time.monotonic() - start < 30
