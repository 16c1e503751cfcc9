"""Training: the landscape world, the recipes, the one loop, and the measures."""

from gan_models.training.game import TrainingError
from gan_models.training.loop import Outcome, Progress
from gan_models.training.train import train

__all__ = ["Outcome", "Progress", "TrainingError", "train"]
