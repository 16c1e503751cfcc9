"""Pipelines and fine-tuning on a Ray cluster, by `GANVAS_ENGINE=ray`; Ray is imported only then."""

from gan_models.cluster.engine import TRAINING, cluster_pipelines, uses_ray
from gan_models.cluster.settings import ClusterError

__all__ = ["TRAINING", "ClusterError", "cluster_pipelines", "uses_ray"]
