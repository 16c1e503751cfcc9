"""A Ray cluster of two nodes on this machine, each with processes of its own."""

from __future__ import annotations

import importlib
import os

import pytest


@pytest.fixture(scope="module")
def two_nodes(own_home):
    """The cluster, its pipelines, and its second node, on which all replicas are."""
    cluster_utils = importlib.import_module("ray.cluster_utils")
    from gan_models.cluster.pipelines import ClusterPipelines
    from gan_models.cluster.settings import ClusterSettings

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANVAS_DEVICE", "cpu")
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [os.getcwd(), *paths()])))
        cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=node_options(0))
        worker = cluster.add_node(**node_options(2))
        settings = ClusterSettings(
            address=cluster.address, max_replicas=2, num_cpus=0.25, patience_seconds=90
        )
        load = ClusterPipelines(settings)
        try:
            yield cluster, load, worker
        finally:
            load.close()
            if cluster.head_node is not None:  # the test of a cluster that is gone ends it itself
                cluster.shutdown()


def node_options(num_cpus: int) -> dict:
    return {"num_cpus": num_cpus, "num_gpus": 0, "object_store_memory": 100_000_000}


def paths() -> list[str]:
    return os.environ.get("PYTHONPATH", "").split(os.pathsep)
