"""The fixtures of the training tests that fine-tuning needs, too."""

from tests.training.fixtures import features, small_measures  # noqa: F401
