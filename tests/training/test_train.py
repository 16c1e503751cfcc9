"""Training by recipe: data, trainer and files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from gan_models import networks, weights
from gan_models.landscape import render, world
from gan_models.landscape.world import World
from gan_models.metrics import quality
from gan_models.training import recipes
from gan_models.training import train as public_train
from gan_models.training.recipes import RECIPES, make_recipe
from gan_models.training.run_folder import RunFolder

train_module = sys.modules["gan_models.training.train"]
CPU = torch.device("cpu")


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_names_networks_that_can_be_built_and_shipped(name, device):
    recipe = make_recipe(name, torch.device(device))
    assert recipe.name == recipe.loop.recipe == name
    families = {
        "generator": {
            "LatentSettings": "stylegan2",
            "CycleSettings": "resnet",
            "UpscalerSettings": "upscaler",
        }.get(type(recipe.trainer).__name__, "spade"),
        "discriminator": {
            "LatentSettings": "projected-discriminator",
            "UpscalerSettings": "projected-discriminator",
            "CycleSettings": "patchgan",
        }.get(type(recipe.trainer).__name__, "spade-discriminator"),
        "encoder": "spade-encoder",
    }
    with torch.device("meta"):
        for part, family in families.items():
            if hasattr(recipe.trainer, part):
                network = networks.build(family, getattr(recipe.trainer, part))
                num_bytes = 2 * sum(parameter.numel() for parameter in network.parameters())
                assert part == "discriminator" or num_bytes < 25e6  # a file in checkpoints/
        if hasattr(recipe.trainer, "network"):
            networks.build(recipe.trainer.family, recipe.trainer.network)


def test_an_unknown_recipe_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="landscapes-classes"):
        make_recipe("seascapes", CPU)


@pytest.fixture
def tiny_world(monkeypatch, tmp_path, features):
    """A world of a few scenes in a temporary home, with minimal recipes."""
    monkeypatch.setenv("GANVAS_HOME", str(tmp_path / "home"))
    for name, value in {
        "NUM_SCENES": 40,
        "NUM_DETAILED": 4,
        "NUM_HELD_OUT": 4,
        "NUM_BLOBS": 3,
        "NUM_PAIRS": 2,
    }.items():
        monkeypatch.setattr(world, name, value)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    monkeypatch.setattr(train_module, "load_features", lambda device: features)
    monkeypatch.setattr(train_module, "World", lambda side, px, report: World(32, 32, report))
    monkeypatch.setattr(recipes, "RECIPES", {name: tiny(name) for name in RECIPES})


def tiny(name):
    """A recipe of the same kind, as small as possible."""

    def make(_, gpu):
        recipe = RECIPES[name](name, False)
        trainer = recipe.trainer
        if name.startswith("landscapes"):
            generator = trainer.generator | {"img_resolution": 32, "channels": [32, 16, 8, 4]}
            trainer = replace(
                trainer,
                generator=generator,
                discriminator_px=32,
                matching_px=32,
                num_metric_images=4,
            )
        elif "2" in name:
            trainer = replace(trainer, generator={"width": 2, "num_blocks": 1}, crop_px=32)
        elif name == "upscaler":
            widths = {"widths": [4, 4, 4], "num_blocks": [1, 0]}
            trainer = replace(trainer, generator=trainer.generator | widths, crop_px=32)
        elif name == "paint":
            trainer = replace(
                trainer,
                generator=trainer.generator | {"width": 1, "crop_size": 32},
                encoder=trainer.encoder | {"width": 2, "img_size": 32},
                num_metric_images=4,
            )
        return replace(
            recipe, resolution=32, trainer=trainer, loop=replace(recipe.loop, batch=2, kimg=0.004)
        )

    return make


@pytest.mark.parametrize(
    "name", ["landscapes-classes", "winter2summer", "paint", "segmenter", "upscaler"]
)
def test_a_recipe_renders_its_data_trains_and_leaves_a_generator(name, tiny_world, tmp_path):
    messages = []
    outcome = public_train(
        name, tmp_path / "out", callback=lambda progress: messages.append(progress.message)
    )
    assert outcome.finished
    _, info = weights.load_checkpoint(tmp_path / "out" / "generator.safetensors")
    assert info["training"]["recipe"] == name
    assert info["licence"] == recipes.LICENCE
    assert any("Rendered" in message for message in messages)


def test_seasons_share_no_scene_in_training_but_all_when_held_out(tiny_world):
    scenes = World(32, 32)
    everything = scenes.training()
    for season in ("summer", "winter"):
        shown = [world.is_seasonal(scene, season) for scene in everything.scenes]
        assert 0 < len(scenes.season(season).pixels) == sum(shown) < len(everything.scenes)
    summer, winter = scenes.season_pairs(("summer", "winter"))
    assert len(summer) == len(winter) == 2
    assert not np.array_equal(summer, winter)


def test_scenes_to_measure_by_the_thousand_are_never_trained_on(tiny_world):
    scenes = World(32, 32)
    assert len(scenes.unseen(4).pixels) == 4
    many, known = scenes.unseen(6), scenes.training()
    assert len(many.pixels) == 6
    assert not {scene.seed for scene in many.scenes} & {scene.seed for scene in known.scenes}


def test_a_relit_scene_is_the_same_place_in_the_light_of_another(tiny_world):
    scenes = World(32, 32)
    places, relit = scenes.held_out(), scenes.relit(3)
    first, last = places.scenes[0], places.scenes[2]
    assert relit.shape == (3, 32, 32, 3)
    dressed = replace(first, season=last.season, hour=last.hour, weather=last.weather)
    assert np.array_equal(relit[0], render(dressed, 32).image)
    assert not np.array_equal(relit[0], places.pixels[0])


def test_scenes_come_smaller_than_rendered_with_labels_that_fit(tiny_world):
    small = World(16, 32).training()
    assert small.pixels.shape == (40, 16, 16, 3)
    assert small.label_maps.shape == (40, 16, 16)


def test_measures_of_a_model_stand_beside_their_references(features, tiny_world):
    torch.manual_seed(0)
    reals = torch.randint(0, 255, (16, 3, 32, 32), dtype=torch.uint8)
    reference = quality.Reference.of(features, reals)
    goal = quality.Goal(0.02, recall=0.3)
    figures = quality.measure_pictures("toy", reference, reals[8:], goal)
    kid, recall = figures[0], next(figure for figure in figures if figure.metric == "recall")
    assert kid.metric == "KID-effl2-256, 8 against 16"
    assert (kid.reference, recall.reference) == (0.02, 0.3)
    halves = quality.measure_pictures(
        "toy", replace(reference, reals=reference.reals[:8]), reals[8:], goal
    )
    assert halves[0].value == pytest.approx(reference.floor)


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.training.test_loop import Nothing, Walk
from gan_models.training.loop import Settings, run
import time
class Slow(Walk):
    def step(self, batch, num_chunks):
        time.sleep(0.01)
        return super().step(batch, num_chunks)
settings = Settings("tiny", batch=4, kimg=100.0, first_snapshot_seconds=0.2, snapshot_seconds=0.2)
run(settings, Slow, Nothing, Path({out!r}), resume=True)
"""


def start(out):
    root = str(world.__file__).rpartition("gan_models")[0]
    script = SCRIPT.format(root=root, out=str(out))
    return subprocess.Popen([sys.executable, "-c", script])


def wait_for_rows(out, count):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (out / "losses.csv").exists() and (out / "losses.csv").read_text().count("\n") > count:
            return
        time.sleep(0.05)
    raise TimeoutError("the child does not train")


def test_a_real_kill_loses_little_and_a_terminated_run_loses_nothing(tmp_path):
    child = start(tmp_path)
    wait_for_rows(tmp_path, 60)
    child.send_signal(signal.SIGKILL)
    child.wait()
    state = weights.read_tensors(tmp_path / "state.pt")
    assert state["step"] > 20
    child = start(tmp_path)  # the dead process's lock does not hold it up
    wait_for_rows(tmp_path, 90)
    child.terminate()
    assert child.wait() == 0
    rows = (tmp_path / "losses.csv").read_text().splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == [str(i) for i in range(1, len(rows) + 1)]
    assert weights.read_tensors(tmp_path / "state.pt")["step"] == len(rows)
    with RunFolder(tmp_path):  # the lock is free
        pass
