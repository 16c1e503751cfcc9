"""Preset styles match their names."""

from __future__ import annotations

import numpy as np
import pytest

import gan_models
from gan_models.landscape import random_scene, render
from gan_models.landscape.light import sun_height
from gan_models.metrics import color_statistics

LIGHTS = {"noon": (None, "clear"), "dusk": (-3.0, "fair"), "overcast": (None, "overcast")}
SEEDS = range(1_000_700, 1_000_710)  # held out from every training
HOURS = np.linspace(12, 24, 400)


def in_light(scene, name):
    """The scene at noon or, for dusk, when the sun is that many degrees high."""
    degrees, weather = LIGHTS[name]
    if degrees is None:
        return scene.with_(hour=12.5, weather=weather)
    heights = np.array([sun_height(hour, scene.season) for hour in HOURS])
    return scene.with_(hour=float(HOURS[np.abs(heights - degrees).argmin()]), weather=weather)


@pytest.mark.slow
def test_what_a_preset_paints_is_nearest_to_a_render_in_its_light():
    pipe = gan_models.load_pipeline("paint")
    assert set(pipe.preset_styles) == set(LIGHTS)
    hits = dict.fromkeys(LIGHTS, 0)
    for seed in SEEDS:
        renders = [render(in_light(random_scene(seed), name), 128) for name in LIGHTS]
        truth = color_statistics(np.stack([made.image for made in renders]))
        for k, name in enumerate(LIGHTS):
            painted = pipe.paint(renders[0].label_map, pipe.preset_styles[name]).resize((128, 128))
            ours = color_statistics(np.asarray(painted.convert("RGB"))[None])
            hits[name] += int(np.linalg.norm(truth - ours, axis=1).argmin() == k)
    assert min(hits.values()) >= 8, hits
