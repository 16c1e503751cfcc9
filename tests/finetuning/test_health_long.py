"""Full-length runs: health of runs that collapse, that copy, and of healthy ones."""

from __future__ import annotations

import shutil

import pytest
import torch

from benchmarks.finetune import make_paintings
from gan_models import networks, weights
from gan_models.finetuning import FinetuneSettings, finetune, ingest_pictures
from gan_models.finetuning.health import read_history
from gan_models.metrics import features as features_module
from gan_models.training.train import checkpoint_files

SEEDS = (0, 1, 2)
ILL = {"collapsing", "diverged", "overfitting"}
MEASURE_PX = features_module.MEASURE_PX
pytestmark = [pytest.mark.long, pytest.mark.timeout(4 * 3600)]


@pytest.fixture(autouse=True)
def true_measures(small_measures, monkeypatch):
    """Measure at full size."""
    monkeypatch.setattr(features_module, "MEASURE_PX", MEASURE_PX)


@pytest.fixture
def states_of(tmp_path):
    """A function that fine-tunes on the first of sixty paintings and returns the past states."""
    source, folder = tmp_path / "source", tmp_path / "pictures"
    source.mkdir()
    make_paintings(source)

    def run(num, base="landscapes", told=ILL, **changes):
        for path in sorted(source.glob("*.png"))[num:]:
            path.unlink()
        ingest_pictures([source], folder, resolution=64)
        out = tmp_path / "out"
        states = lambda: [entry["state"] for entry in read_history(out)]
        finetune(
            base,
            folder,
            out,
            FinetuneSettings.from_dict(changes),
            callback=lambda _: not told & set(states()),  # what was told need not go on
        )
        return states()

    return run


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_at_thirty_times_the_rate_collapses_or_diverges(states_of, seed):
    usual = FinetuneSettings()
    states = states_of(
        60,
        seed=seed,
        generator_rate=30 * usual.generator_rate,
        discriminator_rate=30 * usual.discriminator_rate,
    )
    assert {"collapsing", "diverged"} & set(states)


@pytest.fixture
def pixel_base(tmp_path):
    """The base with an untrained discriminator of pixels."""

    def make(seed):
        folder = tmp_path / "base"
        folder.mkdir()
        path = shutil.copy(checkpoint_files("landscapes")["generator"], folder)
        torch.manual_seed(seed)
        config = {"img_resolution": 64, "channel_base": 1024, "channel_max": 128}
        judge = networks.build("stylegan2-discriminator", config)
        facts = {
            "task": "latent",
            "title": "AugmentedDiscriminator",
            "licence": "CC0-1.0",
            "source": "a test",
        }
        weights.save_generator(folder / "landscapes-discriminator.safetensors", judge, **facts)
        return path

    return make


@pytest.mark.parametrize("seed", SEEDS)
def test_a_long_run_that_copies_its_ten_pictures_is_overfitting(states_of, pixel_base, seed):
    """Without the settings that prevent copying."""
    states = states_of(
        10,
        base=str(pixel_base(seed)),
        told={"overfitting"},  # an untrained judge may spoil the first samples
        seed=seed,
        preset="long",
        seconds=2400,  # it comes sooner, and is measured more often
        discriminator="base",
        matching=0,
        augmentation="none",
        mirror=False,
        r1_gamma=0.1,
    )
    assert states[-1] == "overfitting"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_run_has_no_bad_state(states_of, seed):
    assert set(states_of(60, seed=seed)) <= {"starting", "learning"}
