"""The pipelines: methods on pictures around a network, and `load_pipeline`."""

from gan_models.pipelines.cache import PipelineCache
from gan_models.pipelines.classes import ClassPipeline, ClassPoint, class_names, find_class
from gan_models.pipelines.enlarge_plan import CropPreview, EnlargePlan, EnlargeProgress
from gan_models.pipelines.latent import LatentPipeline
from gan_models.pipelines.loading import describe_models, load_pipeline
from gan_models.pipelines.restoration import EnlargeCancelled, RestorationPipeline
from gan_models.pipelines.semantic import Painting, Patch, SemanticPipeline
from gan_models.pipelines.translation import TranslationPipeline, check_strength, error_map

__all__ = [
    "ClassPipeline",
    "ClassPoint",
    "CropPreview",
    "EnlargeCancelled",
    "EnlargePlan",
    "EnlargeProgress",
    "LatentPipeline",
    "Painting",
    "Patch",
    "PipelineCache",
    "RestorationPipeline",
    "SemanticPipeline",
    "TranslationPipeline",
    "check_strength",
    "class_names",
    "describe_models",
    "error_map",
    "find_class",
    "load_pipeline",
]
