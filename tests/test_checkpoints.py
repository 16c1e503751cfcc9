"""Our own weights: there, whole, small enough, and as the table says."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from gan_models import networks, weights
from gan_models.landscape import CLASSES, LABELS
from gan_models.learning import recipes as learning
from gan_models.learning.player import open_film
from gan_models.paths import sha256_of
from gan_models.training.recipes import RECIPES, make_recipe
from gan_models.training.train import checkpoint_files
from gan_models.training.trainers.cycle import CycleSettings
from gan_models.training.trainers.supervised import SupervisedSettings
from gan_models.zoo.digits import DIGIT_MODELS, DIGITS
from gan_models.zoo.own import OWN_MODELS

FOLDER = Path(__file__).parent.parent / "checkpoints"
FILMS = sorted(FOLDER.glob("*-film.safetensors"))
FILES = sorted(path for path in FOLDER.glob("*.safetensors") if path not in FILMS)


@pytest.mark.parametrize("spec", [*OWN_MODELS, *DIGIT_MODELS], ids=lambda spec: spec.id)
def test_a_model_of_ours_is_what_the_table_says(spec):
    path = FOLDER / spec.source.filename
    assert sha256_of(path) == spec.sha256
    assert path.stat().st_size == spec.size_bytes
    network, info = weights.load_checkpoint(path)
    assert (info["family"], info["task"]) == (spec.family, spec.task)
    assert info["licence"] == spec.licence
    assert network.config == spec.config
    assert tuple(info.get("classes") or ()) == spec.classes
    assert tuple(info.get("labels") or ()) == spec.labels
    assert spec.classes in ((), CLASSES, DIGITS)
    assert spec.labels in ((), LABELS)


def test_the_files_keep_to_their_limits():
    sizes = [path.stat().st_size for path in (*FILES, *FILMS)]
    assert sizes
    assert max(sizes) <= 25e6
    assert sum(sizes) <= 120e6
    assert sum(path.stat().st_size for path in FILMS) <= 40e6


@pytest.mark.parametrize("path", FILMS, ids=lambda path: path.stem)
def test_a_film_has_its_finished_model_and_eight_snapshots(path):
    name = path.stem.removesuffix("-film")
    assert name in {spec.id for spec in DIGIT_MODELS}
    film = open_film(name)
    steps = film.steps
    assert len(steps) >= 8
    assert steps[0] == 1
    assert set(film.film.measures) == set(steps)
    assert {"generator", "discriminator"} <= set(film.film.curves)
    assert len(film.draw(steps[-1], range(64))) == 64


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_tells_how_it_was_trained(path):
    training = weights.load_checkpoint(path)[1]["training"]
    assert training["recipe"] in {*RECIPES, *learning.RECIPES, learning.CLASSIFIER}
    assert training["kimg"] > 0
    data = "MNIST" if training["recipe"].startswith("digit") else "landscape"
    assert data in training["data"]


def expected_configs(recipe):
    """What a recipe asks of each network it exports, by the run's own file names."""
    trainer = recipe.trainer
    if isinstance(trainer, SupervisedSettings):
        return {"generator": trainer.network}
    wanted = {"generator": trainer.generator, "discriminator": trainer.discriminator}
    if isinstance(trainer, CycleSettings):
        return wanted | {
            "backward": trainer.generator,
            "backward-discriminator": trainer.discriminator,
        }
    extra = {
        name: getattr(trainer, name, None)
        for name in ("encoder", "aux_classifier", "segmentation_discriminator")
    }
    return wanted | {name: config for name, config in extra.items() if config}


@pytest.mark.parametrize("name", RECIPES)
def test_training_can_go_on_from_what_lies_here(name):
    files = checkpoint_files(name)
    for file, wanted in expected_configs(make_recipe(name, torch.device("cpu"))).items():
        network, info = weights.load_checkpoint(files[file])
        assert networks.build(info["family"], wanted).config == network.config, file


def test_training_can_go_on_from_the_base_of_fine_tunings():
    assert FOLDER / "landscapes-discriminator.safetensors" in FILES
