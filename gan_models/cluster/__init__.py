"""Pipelines on a Ray cluster: chosen by `GANVAS_ENGINE=ray`; Ray is imported only then."""

from gan_models.cluster.engine import cluster_pipelines, uses_ray
from gan_models.cluster.settings import ClusterError

__all__ = ["ClusterError", "cluster_pipelines", "uses_ray"]
