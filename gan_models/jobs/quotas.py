"""Limits of one visitor and of all visitors together, settable in the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields

from gan_models.jobs.records import JobError

GIGABYTE = 1_000_000_000
PREFIX = "GANVAS_QUOTA_"


@dataclass(frozen=True)
class Quotas:
    """The limits; each can be set in the environment, such as GANVAS_QUOTA_JOBS."""

    pictures: int = 2000  # of a job
    jobs: int = 10  # of a visitor, finished ones included
    waiting: int = 3  # of a visitor, queued or running
    gigabytes: float = 4.0  # of a visitor
    hours: float = 12.0  # of training of a visitor, in any 24 hours
    job_hours: float = 3.0  # of training of a job
    all_jobs: int = 200
    all_waiting: int = 40
    all_gigabytes: float = 40.0
    free_gigabytes: float = 0.5  # to be left on the disk when a job starts
    unfinished_days: float = 7.0  # until an unfinished job that nobody accesses is deleted
    finished_days: float = 30.0
    slice_minutes: float = 20.0  # that a job runs while others wait
    at_once: int = 1  # jobs running at the same time on this machine
    niceness: int = 10  # of workers, 1 to 19; higher: lower priority

    @classmethod
    def from_environment(cls) -> Quotas:
        """The limits with the values set in GANVAS_QUOTA_... variables.

        Raises:
            JobError: a value is no number above 0.
        """
        found = {}
        for field in fields(cls):
            name = PREFIX + field.name.upper()
            if text := os.environ.get(name):
                found[field.name] = _number(name, text, int if field.type == "int" else float)
        return cls(**found)

    def sentences(self) -> tuple[str, ...]:
        """The limits as sentences, for the page."""
        return (
            f"Up to {self.pictures:,} pictures a job, and {self.job_hours:g} hours of training.",
            f"Up to {self.jobs} jobs and {self.gigabytes:g} GB a visitor, {self.waiting} of them "
            f"waiting or running, and {self.hours:g} hours of training in 24 hours.",
            f"All visitors together: {self.all_jobs} jobs, {self.all_waiting} of them waiting, "
            f"and {self.all_gigabytes:g} GB.",
            f"Jobs that nobody opens any more are deleted after {self.unfinished_days:g} days, "
            f"finished ones after {self.finished_days:g}.",
        )


def _number(name: str, text: str, kind: type) -> float:
    try:
        value = kind(text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise JobError(f"{name} is {text[:20]!r}; set it to a number above 0, or to nothing.")
    return value
