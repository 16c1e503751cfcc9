"""Ganvas: pretrained GANs as functions. `load_pipeline(id)` gives an object that makes pictures."""

from gan_models import convert
from gan_models.device import device_title
from gan_models.images import grid, read_recipe, save_png
from gan_models.jobs import JobError, Jobs, JobStatus, NotFound, Quotas
from gan_models.openraster import Layer, save_openraster
from gan_models.photos import count_frames, depth_note, read_clip, read_photo
from gan_models.pipelines import *  # noqa: F403 - the names that its __all__ lists
from gan_models.seeds import check_truncation_psi, format_seeds, parse_seeds
from gan_models.shelf import *  # noqa: F403 - the names that its __all__ lists
from gan_models.video import VideoWriter
from gan_models.weights import MissingWeightsError, WeightsError, availability, can_fetch
from gan_models.zoo import ModelSpec, inverse_of
