"""Fixtures of tiny trainings: 32 px, few weights, no downloads."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gan_models.media.tensors import channels_first
from gan_models.metrics import features as features_module
from gan_models.networks.efficientnet_lite import EfficientNetLite0
from gan_models.training.data import PictureData
from gan_models.training.loop import Settings
from gan_models.training.trainers.latent import LatentSettings, LatentTrainer

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def small_measures(monkeypatch):
    """Measure at 32 px; the values do not matter."""
    monkeypatch.setattr(features_module, "MEASURE_PX", 32)


@pytest.fixture(scope="session")
def features():
    """The feature network with random weights."""
    torch.manual_seed(0)
    return EfficientNetLite0().freeze()


@pytest.fixture(scope="session")
def pictures():
    """40 pictures [N, 32, 32, 3] of two kinds."""
    random = np.random.RandomState(0)
    tint = random.randint(0, 200, (40, 1, 1, 3)) + random.randint(0, 55, (40, 32, 32, 3))
    return tint.astype(np.uint8)


@pytest.fixture
def tiny_latent(features, pictures):
    """A function that returns the makers of a latent trainer and of its data."""

    def make(**changes):
        classes = changes.get("classes", ())
        settings = LatentSettings(
            generator={
                "z_dim": 8,
                "w_dim": 8,
                "c_dim": len(classes),
                "img_resolution": 32,
                "channel_base": 128,
                "channel_max": 8,
                "num_mapping_layers": 2,
            },
            discriminator={
                "mixed_channels": [4, 4, 4, 4],
                "width": 4,
                "num_classes": len(classes),
                "color_px": 8,
            },
            discriminator_px=32,
            num_metric_images=6,
            metadata={"title": "Tiny", "licence": "MIT", "source": "a test"},
            **changes,
        )
        index = np.arange(40) % len(classes) if classes else None
        return (
            lambda: LatentTrainer(settings, features, CPU, channels_first(pictures)),
            lambda: PictureData(pictures, index),
        )

    return make


@pytest.fixture
def settings():
    """Loop settings of a run too short for timed snapshots."""
    return Settings("tiny", batch=4, kimg=0.032)
