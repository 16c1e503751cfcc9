"""What is known of a job: the row that is kept, and what its owner is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

State = Literal["queued", "running", "paused", "stopping", "stopped", "finished", "failed"]
UNFINISHED = ("queued", "running")  # what a worker still has to do with
RESUMABLE = ("paused", "stopped", "failed")


class JobError(ValueError):
    """A job cannot do what was asked; the message says what to do."""


class NotFound(JobError):  # noqa: N818 - reads as the sentence it is
    """There is no such job, or it is another visitor's: the same to whoever asks."""

    def __init__(self) -> None:
        super().__init__(
            "There is no such job here: open the page in the browser that started it, "
            "or start a new one."
        )


@dataclass(frozen=True)
class Job:
    """The row of a job."""

    id: str
    owner: str  # the SHA-256 of the visitor's key, in hexadecimal
    title: str
    base: str
    preset: str = "quick"
    settings: str = "{}"  # JSON: the fields of the engine's settings
    state: str = "draft"  # a `State` but "stopping", or "draft"
    requested_state: str = ""  # what a running job is to become: "paused", "stopped" or "deleted"
    slot: int | None = None  # of the worker that has it
    created: float = 0.0  # seconds since 1970, as all times here
    queued: float = 0.0
    touched: float = 0.0  # when its owner last asked for it
    num_pictures: int = 0
    num_bytes: int = 0  # on the disk
    step: int = 0
    kimg: float = 0.0
    total_kimg: float = 0.0
    images_per_second: float = 0.0
    eta_seconds: float = 0.0
    message: str = ""
    num_crashes: int = 0  # of its worker, since the step last rose
    max_step: int = 0  # the highest step reached


@dataclass(frozen=True)
class JobHealth:
    """How the training does: "starting", "learning", "overfitting", "collapsing", "diverged"."""

    state: str = "starting"
    sentence: str = ""


@dataclass(frozen=True)
class JobStatus:
    """All that the owner of a job sees of it; times in seconds since 1970."""

    id: str
    title: str
    base: str
    preset: str
    settings: Mapping[str, Any]
    state: State
    place: int  # in the queue, from 1; 0 where it does not wait
    step: int
    kimg: float
    total_kimg: float
    eta_seconds: float | None  # None: not known yet
    images_per_second: float
    health: JobHealth
    message: str
    num_pictures: int
    num_bytes: int
    created: float
    expires: float  # when it goes if nobody asks for it
    sheets: tuple[Path, ...] = ()  # by step; the file's stem is the step
    raw_sheets: tuple[Path, ...] = ()  # the same, without the moving average
    snapshots: tuple[int, ...] = ()  # the steps whose generator can be opened
    curves: Path | None = None  # a picture
    nearest: Path | None = None  # samples beside their nearest training pictures
    latest_metrics: Mapping[str, float] = field(default_factory=dict)
    has_generator: bool = False  # whether there is anything to open yet


@dataclass(frozen=True)
class Deleted:
    """What was deleted."""

    jobs: int
    pictures: int
    num_bytes: int


@dataclass(frozen=True)
class Draft:
    """Pictures taken in, waiting for their job to start; they go after an hour."""

    id: str
    verdicts: tuple[Any, ...]  # `training.intake.Verdict`, one for each picture
    num_taken: int
