"""A job on a Ray cluster outlives the node that trains it; a cluster that is gone is said so."""

from __future__ import annotations

import importlib
import os

import pytest

from gan_models.cluster.mirror import newest
from gan_models.cluster.store import store_of, store_url
from gan_models.jobs import Jobs
from gan_models.training.run_folder import Journal
from tests.cluster.conftest import node_options, paths
from tests.jobs.conftest import wait_for

cluster_utils = importlib.import_module("ray.cluster_utils")

ENGINE = "tests.cluster.engines:point"


@pytest.fixture(scope="module")
def nodes():
    """A cluster whose head trains nothing, with one other node."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANVAS_DEVICE", "cpu")
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [os.getcwd(), *paths()])))
        cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=node_options(0))
        cluster.add_node(**node_options(1))
        yield cluster
        if cluster.head_node is not None:  # the test of a cluster that is gone ends it itself
            cluster.shutdown()


@pytest.fixture
def jobs(live, nodes, monkeypatch):
    """Jobs whose real workers hand their training to the cluster."""
    monkeypatch.setenv("GANVAS_ENGINE", "ray")
    monkeypatch.setenv("RAY_ADDRESS", nodes.address)
    return Jobs(engine=ENGINE)


def rows_of(jobs, job):
    return Journal(jobs._database.job_folder(job) / "run").losses.rows()


def has_trained(jobs, key, job):
    """The steps of a job that has a state in the store; 0: it has none."""
    status = jobs.status(key, job)
    assert status.state in ("queued", "running"), status.message
    return status.step if newest(store_of(store_url(), job)) else 0


def wait_for_more_steps(jobs, key, job):
    before = jobs.status(key, job).step
    wait_for(lambda: has_trained(jobs, key, job) > before)


def ended(jobs, key, job):
    status = jobs.status(key, job)
    return status if status.state not in ("queued", "running", "stopping") else None


def survive(jobs, nodes, start_job, num_steps, num_losses):
    """Train a job while its node is killed again and again; check all that it leaves."""
    key = jobs.new_key()
    job = start_job(jobs, key, steps=num_steps)
    for _ in range(num_losses):
        (lost,) = nodes.worker_nodes
        wait_for_more_steps(jobs, key, job)
        nodes.add_node(**node_options(1))
        nodes.remove_node(lost, allow_graceful=False)  # SIGKILL
    status = wait_for(lambda: ended(jobs, key, job), 300)
    assert (status.state, status.step, status.message) == ("finished", num_steps, "")
    assert [int(row["step"]) for row in rows_of(jobs, job)] == [*range(1, num_steps + 1)]
    assert status.sheets
    assert status.curves
    assert status.has_generator
    assert store_of(store_url(), job).names("") == [], "all of it is on the page's machine"


def test_a_job_goes_on_after_its_node_was_killed(jobs, nodes, start_job):
    survive(jobs, nodes, start_job, num_steps=1500, num_losses=1)


@pytest.mark.long
def test_a_long_job_goes_on_after_each_of_four_nodes_was_killed(jobs, nodes, start_job):
    survive(jobs, nodes, start_job, num_steps=12000, num_losses=4)


def test_a_job_is_paused_and_resumed_and_deleted(jobs, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key, steps=100_000)
    wait_for(lambda: has_trained(jobs, key, job))
    jobs.pause(key, job)
    paused = wait_for(lambda: ended(jobs, key, job))
    assert paused.state == "paused"
    assert [int(row["step"]) for row in rows_of(jobs, job)] == [*range(1, paused.step + 1)]
    jobs.resume(key, job)
    wait_for(lambda: jobs.status(key, job).step > paused.step)
    jobs.delete(key, job)
    assert store_of(store_url(), job).names("") == []
    assert not jobs._database.job_folder(job).exists()


def test_a_cluster_that_is_gone_gives_a_sentence(jobs, nodes, start_job):
    key = jobs.new_key()
    job = start_job(jobs, key, steps=100_000)
    wait_for(lambda: has_trained(jobs, key, job))
    for node in list(nodes.list_all_nodes()):
        node.kill_all_processes(check_alive=False, allow_graceful=False, wait=True)
    nodes.worker_nodes, nodes.head_node = set(), None
    status = wait_for(lambda: ended(jobs, key, job), 60)
    assert status.state == "failed"
    assert "does not answer" in status.message
    assert newest(store_of(store_url(), job)), "it can be resumed"
