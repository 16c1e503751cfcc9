"""Training: the recipes, the trainers, and the training loop."""

from gan_models.training.errors import TrainingError
from gan_models.training.loop import Outcome, Progress
from gan_models.training.train import train

__all__ = ["Outcome", "Progress", "TrainingError", "train"]
