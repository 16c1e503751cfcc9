"""Pictures in, pictures out: the pipelines, and how a model's name becomes one."""

from gan_models.pipelines.cache import PipelineCache
from gan_models.pipelines.classes import ClassPipeline, ClassPoint, class_names
from gan_models.pipelines.latent import LatentPipeline
from gan_models.pipelines.load import describe_models, load_pipeline
from gan_models.pipelines.semantic import Painting, Patch, SemanticPipeline
from gan_models.pipelines.translation import TranslationPipeline, error_map

__all__ = [
    "ClassPipeline",
    "ClassPoint",
    "LatentPipeline",
    "Painting",
    "Patch",
    "PipelineCache",
    "SemanticPipeline",
    "TranslationPipeline",
    "class_names",
    "describe_models",
    "error_map",
    "load_pipeline",
]
