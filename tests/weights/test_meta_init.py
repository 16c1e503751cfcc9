"""`MetaInit` builds networks without memory for their parameters, on one thread only."""

import importlib
import inspect
import re
import threading
from pathlib import Path

import pytest
import torch
from torch import nn

from gan_models import networks
from gan_models.weights.errors import CorruptWeightsError
from gan_models.weights.meta_init import MetaInit
from gan_models.weights.metadata import decode, encode


def test_parameters_have_no_memory_and_buffers_their_values():
    with MetaInit(100, 10_000):
        layer = nn.Sequential(nn.Linear(30, 40), nn.BatchNorm1d(40))
    assert {p.device.type for p in layer.parameters()} == {"meta"}
    assert layer[1].running_var.tolist() == [1.0] * 40


def test_networks_of_other_threads_and_later_ones_are_real():
    built = []
    with MetaInit(100, 10_000):
        thread = threading.Thread(target=lambda: built.append(nn.Linear(3, 3)))
        thread.start()
        thread.join()
    built.append(nn.Linear(3, 3))
    assert [layer.weight.device.type for layer in built] == ["cpu", "cpu"]


def test_a_constructor_that_fails_leaves_nothing_behind():
    with pytest.raises(ValueError, match="config"), MetaInit(1, 1):
        networks.build("dcgan", {"widths": ["config"]})
    assert nn.Linear(3, 3).weight.device.type == "cpu"


@pytest.mark.parametrize(
    "greedy",
    [
        lambda: torch.zeros(1 << 15, 1 << 15),
        lambda: torch.full((1 << 15, 1 << 15), 1.0),
        lambda: torch.empty(size=(1 << 40,)),
        lambda: [torch.zeros(1) for _ in range(1_000_000)],
        lambda: [nn.Linear(1, 1) for _ in range(1_000_000)],
    ],
)
def test_what_is_far_larger_than_the_file_is_stopped(greedy):
    with pytest.raises(ValueError, match="far larger"), MetaInit(10, 1000):
        greedy()


@pytest.mark.parametrize(
    "draw", [nn.init.normal_, nn.init.kaiming_uniform_, nn.init.zeros_, nn.init.trunc_normal_]
)
def test_initialising_what_has_no_memory_does_nothing(draw):
    with MetaInit(100, 10_000):
        weight = nn.Linear(30, 40).weight
        assert draw(weight) is weight
    assert weight.is_meta


def depths(family):
    """The parameters of a family's constructor that say how many layers or blocks there are."""
    module, name = networks.FAMILIES[family].split(":")
    constructor = getattr(importlib.import_module(f"gan_models.networks.{module}"), name)
    parameters = inspect.signature(constructor).parameters.values()
    numbers = [p.name for p in parameters if p.annotation in (int, "int")]
    return [name for name in numbers if re.search(r"layers|blocks|downs|depth|stages", name)]


@pytest.mark.parametrize(
    ("family", "name"), [(family, name) for family in networks.FAMILIES for name in depths(family)]
)
def test_endless_layers_are_refused_before_anything_is_computed(family, name):
    refuse_config(family, {name: 1 << 16})


@pytest.mark.parametrize("number", [-1, float("nan"), float("inf"), -1e9, 1 << 17])
def test_numbers_that_no_network_has_are_refused(number):
    refuse_config("dcgan", {"widths": [8, number]})


def refuse_config(family, config):
    metadata = encode(family, config, {"task": "latent"})
    with pytest.raises(CorruptWeightsError, match=r"'config' holds numbers.*convert or save"):
        decode(Path("hostile.safetensors"), metadata)
