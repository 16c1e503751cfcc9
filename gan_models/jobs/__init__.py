"""Fine-tuning in the background: jobs that outlive the page, each seen by its owner alone."""

from gan_models.jobs.queue import Jobs
from gan_models.jobs.quotas import Quotas
from gan_models.jobs.records import Deleted, Draft, Health, JobError, JobStatus, NotFound

__all__ = [
    "Deleted",
    "Draft",
    "Health",
    "JobError",
    "JobStatus",
    "Jobs",
    "NotFound",
    "Quotas",
]
