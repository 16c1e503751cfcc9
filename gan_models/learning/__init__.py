"""How GANs learn: the classic objectives, and trainings on handwritten digits."""

from gan_models.learning.recipes import CLASSIFIER, RECIPES, train_digits

__all__ = ["CLASSIFIER", "RECIPES", "train_digits"]
