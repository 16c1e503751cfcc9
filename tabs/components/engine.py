"""Where the pipelines of a page run: in its process, on ZeroGPU, or on a Ray cluster."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import gradio as gr

from gan_models import CLUSTER_TRAINING, ClusterError, Jobs, cluster_pipelines, uses_ray
from tabs.components import zero_gpu
from tabs.components.events import AT_ONCE
from tabs.components.gradio_compat import on_page_load
from tabs.components.loading import Load

REFRESH_SECONDS = 10


@runtime_checkable
class Placed(Protocol):
    """Pipelines that know where they run, as `ClusterPipelines`."""

    def replicas(self) -> Mapping[str, Sequence[str]]:
        """Model -> the address of the node of each running replica."""
        ...

    def num_nodes(self) -> int:
        """The number of nodes."""
        ...


def shared_pipelines() -> Load:
    """The pipelines of a page, shared by all visitors, on the engine of `GANVAS_ENGINE`.

    Raises:
        ValueError: the variable has an unknown value, Ray is not installed, or its cluster cannot
            be reached.
    """
    return cluster_pipelines() if uses_ray() else zero_gpu.shared_pipelines()


def shared_jobs() -> Jobs:
    """The fine-tuning jobs of a page, trained on the nodes of the cluster at `RAY_ADDRESS`.

    Without that variable a cluster has this machine alone, and their own workers train them.

    Raises:
        ValueError: `GANVAS_ENGINE` has an unknown value.
    """
    has_nodes = uses_ray() and os.environ.get("RAY_ADDRESS", "").strip()
    return Jobs(engine=CLUSTER_TRAINING) if has_nodes else Jobs()


def layout_note(load: Load) -> None:
    """Lay out a line that says where each model runs, if `load` knows; it is kept current."""
    if not isinstance(load, Placed):
        return

    def describe() -> str:
        return describe_placement(load)

    note = gr.Markdown(elem_id="engine-note")
    timer = gr.Timer(REFRESH_SECONDS)
    on_page_load(describe, None, note, **AT_ONCE)
    timer.tick(describe, None, note, **AT_ONCE)


def describe_placement(placed: Placed) -> str:
    """Markdown: the nodes of the cluster, and the replicas of each model that has any."""
    try:
        replicas, num_nodes = placed.replicas(), placed.num_nodes()
    except ClusterError as error:
        return str(error)
    lines = [f"Models run on a Ray cluster, nodes: {num_nodes}."]
    running = {model: nodes for model, nodes in sorted(replicas.items()) if nodes}
    if not running:
        lines.append("No model has a replica now; the first request starts one.")
    for model, nodes in running.items():
        lines.append(f"{model}: replicas: {len(nodes)}, on {', '.join(sorted(set(nodes)))}.")
    return "\n\n".join(lines)
