"""Fine-tuning: a base model trained on a user's pictures, by the one training loop."""

from gan_models.finetuning.base_models import list_bases, load_base
from gan_models.finetuning.ingest import (
    MAX_PICTURES,
    MIN_PICTURES,
    Limits,
    Verdict,
    preview,
    take_in,
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
    "layer_swap",
    "list_bases",
    "load_base",
    "preview",
    "saved_settings",
    "take_in",
]
