"""The table of models: task, source of the weights, licence and so on. No tensors."""

from gan_models.zoo.registry import (
    ALL_WEIGHTS,
    FEATURES,
    MEASURING_FEATURES,
    MODELS,
    get_spec,
    get_upscaler,
    inverse_of,
    list_models,
    markdown_table,
)
from gan_models.zoo.spec import (
    Checkpoint,
    Hub,
    LocalFile,
    ModelSpec,
    Source,
    Url,
    Wheel,
    public_facts,
    same_weights,
    source_title,
    spec_from_metadata,
)

__all__ = [
    "ALL_WEIGHTS",
    "FEATURES",
    "MEASURING_FEATURES",
    "MODELS",
    "Checkpoint",
    "Hub",
    "LocalFile",
    "ModelSpec",
    "Source",
    "Url",
    "Wheel",
    "get_spec",
    "get_upscaler",
    "inverse_of",
    "list_models",
    "markdown_table",
    "public_facts",
    "same_weights",
    "source_title",
    "spec_from_metadata",
]
