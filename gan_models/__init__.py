"""Ganvas: pretrained GANs as functions. `load_pipeline(id)` gives an object that makes pictures."""

from gan_models import convert
from gan_models.device import device_title
from gan_models.images import read_recipe, save_png
from gan_models.openraster import Layer, save_openraster
from gan_models.photos import count_frames, read_clip, read_photo
from gan_models.pipelines import PipelineCache, describe_models, load_pipeline
from gan_models.pipelines.classes import ClassPoint, class_names
from gan_models.pipelines.semantic import Painting, Patch
from gan_models.pipelines.translation import error_map
from gan_models.seeds import check_truncation_psi, format_seeds, parse_seeds
from gan_models.video import VideoWriter
from gan_models.weights import WeightsError, availability
from gan_models.zoo import ModelSpec, get_spec, inverse_of, list_models
