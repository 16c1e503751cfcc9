"""The records of jobs: the database row, and the status its owner receives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from gan_models.finetuning.ingest import Verdict

State = Literal["queued", "running", "paused", "stopping", "stopped", "finished", "failed"]
RowState = Literal["draft", "queued", "running", "paused", "stopped", "finished", "failed"]
RequestedState = Literal["", "paused", "stopped", "deleted"]
UNFINISHED = ("queued", "running")  # states in which a worker has work to do
RESUMABLE = ("paused", "stopped", "failed")


class JobError(ValueError):
    """A request cannot be carried out; the message says what to do."""


class NotFound(JobError):  # noqa: N818 - a public name
    """There is no such job, or it belongs to another visitor; the message is the same."""

    def __init__(self) -> None:
        super().__init__(
            "There is no such job here: open the page in the browser that started it, "
            "or start a new one."
        )


@dataclass(frozen=True)
class Job:
    """The database row of a job."""

    id: str
    owner: str  # the SHA-256 of the visitor's key, in hexadecimal
    title: str
    base: str
    preset: str = "quick"
    settings: str = "{}"  # JSON: the fields of the engine's settings
    state: RowState = "draft"
    requested_state: RequestedState = ""  # of a running job; its worker applies it
    slot: int | None = None  # of the worker that runs it
    created: float = 0.0  # seconds since 1970, like all times here
    queued: float = 0.0
    touched: float = 0.0  # when its owner last accessed it
    num_pictures: int = 0
    num_bytes: int = 0  # on the disk
    step: int = 0
    kimg: float = 0.0
    total_kimg: float = 0.0
    images_per_second: float = 0.0
    eta_seconds: float = 0.0
    message: str = ""
    num_crashes: int = 0  # of its worker, since `max_step` last rose
    max_step: int = 0  # the highest step reached


@dataclass(frozen=True)
class JobHealth:
    """The health of a training; `state` is a `finetuning.health.State`."""

    state: str = "starting"
    sentence: str = ""


@dataclass(frozen=True)
class JobStatus:
    """The status of a job for its owner; times in seconds since 1970."""

    id: str
    title: str
    base: str
    preset: str
    settings: Mapping[str, Any]
    state: State
    place: int  # in the queue, from 1; 0: not queued
    step: int
    kimg: float
    total_kimg: float
    eta_seconds: float | None  # None: unknown yet
    images_per_second: float
    health: JobHealth
    message: str
    num_pictures: int
    num_bytes: int
    created: float
    expires: float  # when it is deleted unless its owner accesses it
    sheets: tuple[Path, ...] = ()  # by step; the file's stem is the step
    raw_sheets: tuple[Path, ...] = ()  # the same, without the moving average
    snapshots: tuple[int, ...] = ()  # the steps whose generator can be opened
    curves: Path | None = None  # a picture
    nearest: Path | None = None  # samples beside their nearest training pictures
    latest_metrics: Mapping[str, float] = field(default_factory=dict)
    has_generator: bool = False  # whether `Jobs.generator` gives a file yet


@dataclass(frozen=True)
class Deleted:
    """What was deleted."""

    jobs: int
    pictures: int
    num_bytes: int


@dataclass(frozen=True)
class Draft:
    """Ingested pictures whose job is not started yet; deleted after an hour."""

    id: str
    verdicts: tuple[Verdict, ...]  # one for each picture
    num_taken: int  # pictures accepted
