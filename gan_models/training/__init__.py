"""Training: the landscape world, the recipes, the one loop, fine-tuning, and the measures."""

from gan_models.training.bases import list_bases, load_base
from gan_models.training.finetune import PRESETS, FinetuneSettings, finetune, saved_settings
from gan_models.training.game import TrainingError
from gan_models.training.intake import (
    MAX_PICTURES,
    MIN_PICTURES,
    Limits,
    Verdict,
    preview,
    take_in,
)
from gan_models.training.layer_swap import layer_swap
from gan_models.training.loop import Outcome, Progress
from gan_models.training.train import train

__all__ = [
    "MAX_PICTURES",
    "MIN_PICTURES",
    "PRESETS",
    "FinetuneSettings",
    "Limits",
    "Outcome",
    "Progress",
    "TrainingError",
    "Verdict",
    "finetune",
    "layer_swap",
    "list_bases",
    "load_base",
    "preview",
    "saved_settings",
    "take_in",
    "train",
]
