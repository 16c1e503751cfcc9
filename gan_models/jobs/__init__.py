"""Fine-tuning in the background: jobs that outlive the page, each seen by its owner alone."""

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
