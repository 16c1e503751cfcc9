"""The engine is chosen by the environment; without it nothing of Ray is imported."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from gan_models.cluster.engine import cluster_pipelines, uses_ray
from gan_models.cluster.settings import ClusterSettings

ROOT = Path(__file__).parents[2]


def test_without_the_variable_pipelines_are_in_this_process(monkeypatch):
    monkeypatch.delenv("GANVAS_ENGINE", raising=False)
    assert not uses_ray()


def test_an_unknown_engine_is_refused_with_a_sentence(monkeypatch):
    monkeypatch.setenv("GANVAS_ENGINE", "dask")
    with pytest.raises(ValueError, match=r"GANVAS_ENGINE must be ray, or unset .* not 'dask'"):
        uses_ray()


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install -r requirements-ray\.txt"):
        cluster_pipelines()


def test_settings_are_read_from_the_environment(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    monkeypatch.setenv("GANVAS_RAY_REPLICAS", "7")
    monkeypatch.setenv("GANVAS_RAY_GPUS", "0.5")
    monkeypatch.setenv("GANVAS_RAY_SHARED_MB", "20")
    found = ClusterSettings.read()
    assert found.shared_mb == 20
    assert (found.address, found.max_replicas, found.num_gpus) == ("10.0.0.1:6379", 7, 0.5)


@pytest.mark.parametrize("value", ["0", "many", "nan", "-1"])
def test_a_wrong_number_is_refused_with_its_name(monkeypatch, value):
    monkeypatch.setenv("GANVAS_RAY_REPLICAS", value)
    with pytest.raises(ValueError, match="GANVAS_RAY_REPLICAS must be a number from 1 to 1000"):
        ClusterSettings.read()


def test_the_page_imports_nothing_of_ray():
    code = "import app, sys; print(sorted(m for m in sys.modules if m.split('.')[0] == 'ray'))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_page_with_a_wrong_engine_ends_with_a_sentence(monkeypatch):
    monkeypatch.setenv("GANVAS_ENGINE", "dask")
    done = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.strip().splitlines()[-1].startswith("GANVAS_ENGINE must be ray")
