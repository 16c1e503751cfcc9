"""Fine-tuning in the background: jobs survive the page; each is visible only to its owner."""

from gan_models.jobs.queue import Jobs
from gan_models.jobs.quotas import Quotas
from gan_models.jobs.records import Deleted, Draft, JobError, JobHealth, JobStatus, NotFound

__all__ = [
    "Deleted",
    "Draft",
    "JobError",
    "JobHealth",
    "JobStatus",
    "Jobs",
    "NotFound",
    "Quotas",
]
