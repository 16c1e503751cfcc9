"""Full-length runs: collapse and copying are told in each that is made to, in no healthy one."""

from __future__ import annotations

import pytest

from benchmarks.finetune import make_paintings
from gan_models.training import FinetuneSettings, finetune, take_in
from gan_models.training import features as features_module
from gan_models.training.health import read_history

SEEDS = (0, 1, 2)
ILL = {"collapsing", "diverged", "overfitting"}
MEASURE_PX = features_module.MEASURE_PX
pytestmark = [pytest.mark.long, pytest.mark.timeout(4 * 3600)]


@pytest.fixture(autouse=True)
def true_measures(small_measures, monkeypatch):
    """Here the numbers mean something."""
    monkeypatch.setattr(features_module, "MEASURE_PX", MEASURE_PX)


@pytest.fixture
def states_of(tmp_path):
    """Fine-tunes on the first of sixty paintings; gives the states the run has been in."""
    source, folder = tmp_path / "source", tmp_path / "pictures"
    source.mkdir()
    make_paintings(source)

    def run(num, **changes):
        for path in sorted(source.glob("*.png"))[num:]:
            path.unlink()
        take_in([source], folder, resolution=64)
        out = tmp_path / "out"
        states = lambda: [entry["state"] for entry in read_history(out)]
        finetune(
            "landscapes",
            folder,
            out,
            FinetuneSettings.from_dict(changes),
            callback=lambda _: not ILL & set(states()),  # what was told need not go on
        )
        return states()

    return run


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_at_thirty_times_the_rate_is_told_to_collapse_or_diverge(states_of, seed):
    usual = FinetuneSettings()
    states = states_of(
        60,
        seed=seed,
        generator_rate=30 * usual.generator_rate,
        discriminator_rate=30 * usual.discriminator_rate,
    )
    assert {"collapsing", "diverged"} & set(states)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_long_run_on_ten_pictures_is_told_to_copy_them(states_of, seed):
    states = states_of(10, seed=seed, preset="long")
    assert states[-1] == "overfitting"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_healthy_run_is_told_nothing_of_the_kind(states_of, seed):
    assert set(states_of(60, seed=seed)) <= {"starting", "learning"}
