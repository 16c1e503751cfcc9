"""Fine-tuning: train a base model on a user's pictures with the training loop."""

from gan_models.finetuning.base_models import list_bases, load_base
from gan_models.finetuning.ingest import (
    MAX_PICTURES,
    MIN_PICTURES,
    Limits,
    Verdict,
    ingest_pictures,
    preview,
)
from gan_models.finetuning.layer_swap import layer_swap
from gan_models.finetuning.run import finetune, saved_settings
from gan_models.finetuning.settings import PRESETS, FinetuneSettings

__all__ = [
    "MAX_PICTURES",
    "MIN_PICTURES",
    "PRESETS",
    "FinetuneSettings",
    "Limits",
    "Verdict",
    "finetune",
    "ingest_pictures",
    "layer_swap",
    "list_bases",
    "load_base",
    "preview",
    "saved_settings",
]
