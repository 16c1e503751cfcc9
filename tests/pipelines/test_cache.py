"""The cache of loaded models."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from gan_models import add_user_model, remove_user_model
from gan_models.pipelines import PipelineCache


class Loaded:
    def __init__(self, size_bytes: int) -> None:
        self.generator = torch.nn.Linear(size_bytes // 4, 1, bias=False)


def cache_of(budget_bytes: int):
    loads = []

    def load(model, progress=None, cancelled=None):
        loads.append(model)
        return Loaded(1000)

    return PipelineCache(budget_bytes, load), loads


def test_a_model_is_loaded_once_while_it_is_cached():
    cache, loads = cache_of(10_000)
    assert cache("a") is cache("a")
    assert loads == ["a"]


def test_the_least_recently_used_model_is_removed_first():
    cache, _ = cache_of(2_500)
    for model in ("a", "b", "a", "c"):
        cache(model)
    assert "a" in cache
    assert "c" in cache
    assert "b" not in cache


def test_a_model_larger_than_the_budget_is_cached_while_it_is_the_last():
    cache, loads = cache_of(10)
    cache("a")
    cache("a")
    cache("b")
    assert loads == ["a", "b"]
    assert "a" not in cache


def test_two_visitors_at_once_load_a_model_once():
    loads = []

    def load(model, progress=None, cancelled=None):
        loads.append(model)
        time.sleep(0.1)
        return Loaded(10)

    cache = PipelineCache(1000, load)
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(cache, ["a"] * 8))
    assert len(found) == len(loads) == 1


def test_another_model_of_the_id_of_one_that_was_removed_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setenv("GANVAS_HOME", str(tmp_path))
    golden = Path(__file__).parents[1] / "golden"
    cache, made = PipelineCache(), []
    for name, format in (("dcgan", "dcgan-pytorch"), ("stylegan2_uncond", "stylegan2-nvlabs")):
        spec = add_user_model(golden / f"{name}.weights.safetensors", format, "Mine")
        assert spec.id == "own-mine"
        made.append(cache(spec.id))
        assert cache(spec.id) is made[-1]
        remove_user_model(spec.id)
    assert [pipeline.spec.family for pipeline in made] == ["dcgan", "stylegan2"]


def size_of(cache: PipelineCache) -> int:
    """Entries in all tables of a cache."""
    return sum(len(table) for table in vars(cache).values() if isinstance(table, dict))


def test_nothing_is_remembered_of_models_that_are_no_longer_cached():
    cache, _ = cache_of(2_500)
    for number in range(50):
        cache(f"mine-{number}")
    assert size_of(cache) == 2


def test_nothing_is_remembered_of_a_model_that_could_not_be_loaded():
    def load(model, progress=None, cancelled=None):
        raise ValueError("damaged")

    cache = PipelineCache(1000, load)
    for number in range(50):
        with pytest.raises(ValueError, match="damaged"):
            cache(f"mine-{number}")
    assert size_of(cache) == 0


def test_many_models_asked_for_at_once_leave_only_the_cached_ones():
    cache, loads = cache_of(10_000)
    models = [f"mine-{number}" for number in range(5)] * 40
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(cache, models))
    assert sorted(loads) == sorted(set(models))
    assert size_of(cache) == 5
