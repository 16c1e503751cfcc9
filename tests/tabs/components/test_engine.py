"""The line under the tabs says where models run; a page without a cluster has none."""

from __future__ import annotations

import gradio as gr
import pytest

from gan_models import CLUSTER_TRAINING, ClusterError
from gan_models.jobs.queue import ENGINE
from tabs.components.engine import Placed, describe_placement, layout_note, shared_jobs
from tabs.languages.catalogue import translator


class FakeCluster:
    def __init__(self, replicas: dict[str, list[str]], gone: bool = False) -> None:
        self._replicas, self._gone = replicas, gone

    def __call__(self, model: str) -> None:
        raise NotImplementedError

    def replicas(self) -> dict[str, list[str]]:
        if self._gone:
            raise ClusterError("The Ray cluster does not answer; try again in a minute.")
        return self._replicas

    def num_nodes(self) -> int:
        return 3


def elements(load) -> set[str]:
    with gr.Blocks() as page:
        layout_note(load)
    return {block.elem_id for block in page.blocks.values()}


def test_models_with_replicas_are_listed_with_their_nodes():
    text = describe_placement(
        FakeCluster({"b": ["10.0.0.2", "10.0.0.1"], "a": ["10.0.0.2"], "c": []})
    )
    assert text.split("\n\n") == [
        "Models run on a Ray cluster, nodes: 3.",
        "a: replicas: 1, on 10.0.0.2.",
        "b: replicas: 2, on 10.0.0.1, 10.0.0.2.",
    ]


def test_a_cluster_without_replicas_says_so_and_one_that_is_gone_too():
    assert "the first request starts one" in describe_placement(FakeCluster({"a": []}))
    assert "does not answer" in describe_placement(FakeCluster({}, gone=True))


def test_every_line_has_a_translation():
    into = translator("zh-CN")
    assert into is not None
    for line in describe_placement(FakeCluster({"faces-64": ["10.0.0.2"]})).split("\n\n"):
        assert into.text(line) != line


def test_the_line_is_there_on_a_cluster_alone():
    assert "engine-note" in elements(FakeCluster({}))
    assert isinstance(FakeCluster({}), Placed)
    assert "engine-note" not in elements(lambda model: None)


@pytest.mark.parametrize(
    ("engine", "address", "expected"),
    [
        ("", "", ENGINE),
        ("", "10.0.0.1:6379", ENGINE),
        ("ray", "", ENGINE),  # one machine: the worker trains itself
        ("ray", "10.0.0.1:6379", CLUSTER_TRAINING),
    ],
)
def test_jobs_are_trained_on_the_nodes_of_a_cluster(
    tmp_path, monkeypatch, engine, address, expected
):
    monkeypatch.setenv("GANVAS_HOME", str(tmp_path))
    monkeypatch.setenv("GANVAS_ENGINE", engine)
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert shared_jobs()._housekeeper._engine == expected
