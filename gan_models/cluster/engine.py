"""The choice of the engine that pipelines run on; Ray is imported only where it is chosen."""

from __future__ import annotations

import importlib.util
import os
from typing import TYPE_CHECKING

from gan_models.cluster.settings import ClusterSettings

if TYPE_CHECKING:
    from gan_models.cluster.pipelines import ClusterPipelines

VARIABLE = "GANVAS_ENGINE"
TRAINING = "gan_models.cluster.finetuning:finetune"  # the engine of fine-tuning on a cluster


def uses_ray() -> bool:
    """Whether `GANVAS_ENGINE` asks for Ray.

    Raises:
        ValueError: the variable has an unknown value.
    """
    engine = os.environ.get(VARIABLE, "").strip()
    if engine not in ("", "ray"):
        raise ValueError(
            f"{VARIABLE} must be ray, or unset for one machine without it, not {engine!r}."
        )
    return engine == "ray"


def cluster_pipelines() -> ClusterPipelines:
    """Pipelines on the cluster of the environment; connects to it.

    Raises:
        ValueError: Ray is not installed, or a setting is wrong.
        ClusterError: the cluster does not answer.
    """
    settings = ClusterSettings.read()
    if importlib.util.find_spec("ray") is None:
        raise ValueError(
            f"{VARIABLE}=ray needs the package Ray; run pip install -r requirements-ray.txt, or "
            f"unset {VARIABLE}."
        )
    from gan_models.cluster.pipelines import ClusterPipelines

    return ClusterPipelines(settings)
