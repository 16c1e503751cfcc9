"""The trained landscape painter: styles change the light, not the layout."""

from __future__ import annotations

import numpy as np
import pytest

from gan_models import load_pipeline
from gan_models.media.label_maps import palette

pytestmark = pytest.mark.slow
LABELS = palette("landscape").labels


@pytest.fixture(scope="module")
def pipe():
    return load_pipeline("paint", device="cpu")


def layered(*layers: tuple[str, float]) -> np.ndarray:
    """A map of layers, each from a height (0 top, 1 bottom) down, along a slight wave."""
    ids = np.zeros((128, 128), int)
    wave = 5 * np.sin(np.linspace(0, 7, 128))
    for label, top in layers:
        ids[np.arange(128)[:, None] > 128 * top + wave] = LABELS.index(label)
    return ids


MAPS = (
    layered(("mountain", 0.35), ("forest", 0.5), ("water", 0.6), ("grass", 0.85)),
    layered(("hill", 0.4), ("grass", 0.55), ("flowers", 0.8)),
    layered(("mountain", 0.3), ("snow", 0.5)),
    layered(("water", 0.45), ("sand", 0.75)),
)


def test_the_model_paints_the_labels_of_the_landscape_world(pipe):
    assert pipe.labels == LABELS


@pytest.mark.parametrize("label_map", MAPS)
def test_another_style_keeps_the_layout(pipe, label_map):
    pictures = [pipe.paint(label_map, seed) for seed in range(6)]
    layouts = [pipe.segment(picture) for picture in pictures]
    agreement = [(layouts[0] == other).mean() for other in layouts[1:]]
    assert np.mean(agreement) >= 0.85
    light = [np.asarray(picture).mean((0, 1)) for picture in pictures]
    assert np.ptp(light, axis=0).max() > 8, "all styles look alike"


def test_moods_differ_as_their_names_say(pipe):
    moods = pipe.preset_styles
    brightness = {name: np.asarray(pipe.paint(MAPS[0], z)).mean() for name, z in moods.items()}
    assert brightness["dusk"] < brightness["noon"]
