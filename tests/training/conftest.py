"""The fixtures of `fixtures`, for all tests of training."""

from tests.training.fixtures import (  # noqa: F401
    features,
    pictures,
    settings,
    small_measures,
    tiny_latent,
)
