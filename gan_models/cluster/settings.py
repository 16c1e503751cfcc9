"""The settings of a cluster, from the environment."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

MAX_REPLICAS = 1000


class ClusterError(ValueError):
    """The cluster cannot answer; the message says what to do."""


@dataclass(frozen=True)
class ClusterSettings:
    """How pipelines run on a cluster.

    Attributes:
        address: of the head node, such as "10.0.0.1:6379"; "": a cluster on this machine, started
            with the page and stopped with it.
        max_replicas: of a model.
        num_cpus: CPUs that a replica reserves; a fraction lets several share one.
        num_gpus: the same of GPUs; None: a quarter where the cluster has GPUs, else none.
        shared_mb: megabytes of weights up to which models share replicas.
        idle_seconds: after which a model that nobody uses has no replicas.
        patience_seconds: how long a request is retried while replicas are lost or started.
        training_cpus: CPUs that a fine-tuning reserves.
        training_gpus: the same of GPUs; None: one where the cluster has GPUs, else none.
    """

    address: str = ""
    max_replicas: int = 4
    num_cpus: float = 0.25
    num_gpus: float | None = None
    shared_mb: float = 64.0
    idle_seconds: float = 600.0
    patience_seconds: float = 120.0
    training_cpus: float = 1.0
    training_gpus: float | None = None

    @classmethod
    def read(cls) -> ClusterSettings:
        """The settings of the environment.

        Raises:
            ValueError: a value is no number in its range.
        """
        return cls(
            address=os.environ.get("RAY_ADDRESS", "").strip(),
            max_replicas=int(_number("GANVAS_RAY_REPLICAS", cls.max_replicas, 1, MAX_REPLICAS)),
            num_cpus=_number("GANVAS_RAY_CPUS", cls.num_cpus, 0, 1024),
            num_gpus=_gpus("GANVAS_RAY_GPUS"),
            shared_mb=_number("GANVAS_RAY_SHARED_MB", cls.shared_mb, 0, 1e6),
            idle_seconds=_number("GANVAS_RAY_IDLE_SECONDS", cls.idle_seconds, 1, 1e6),
            patience_seconds=_number("GANVAS_RAY_PATIENCE_SECONDS", cls.patience_seconds, 1, 3600),
            training_cpus=_number("GANVAS_RAY_TRAINING_CPUS", cls.training_cpus, 0, 1024),
            training_gpus=_gpus("GANVAS_RAY_TRAINING_GPUS"),
        )


def _gpus(name: str) -> float | None:
    """A number of GPUs; None: the variable is not set."""
    return _number(name, 0, 0, 64) if os.environ.get(name) else None


def _number(name: str, default: float, least: float, most: float) -> float:
    text = os.environ.get(name, "").strip()
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if not least <= value <= most:  # also refuses NaN
        raise ValueError(f"{name} must be a number from {least:g} to {most:g}, not {text!r}.")
    return value
