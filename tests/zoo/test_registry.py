"""The table of models: complete, consistent, and of the published sizes."""

import dataclasses
import re

import pytest
import torch

from gan_models import networks
from gan_models.zoo import (
    ALL_WEIGHTS,
    MODELS,
    Hub,
    Wheel,
    get_spec,
    inverse_of,
    public_facts,
    source_title,
)


def ids(spec):
    return spec.id


@pytest.mark.parametrize("spec", ALL_WEIGHTS, ids=ids)
def test_every_model_has_its_parameter_count(spec):
    with torch.device("meta"):
        network = networks.build(spec.family, spec.config)
    assert sum(parameter.numel() for parameter in network.parameters()) == spec.num_params


@pytest.mark.parametrize("spec", ALL_WEIGHTS, ids=ids)
def test_every_entry_is_complete(spec):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", spec.id)
    assert spec.title
    assert spec.licence
    assert spec.attribution
    assert spec.trained_on
    assert spec.size_bytes > 0
    assert source_title(spec)
    assert spec.sha256 is None or re.fullmatch(r"[0-9a-f]{64}", spec.sha256)
    if isinstance(spec.source, Wheel):
        assert "==" in spec.source.requirement
        assert spec.sha256
    if isinstance(spec.source, Hub):
        assert re.fullmatch(r"[0-9a-f]{7,40}", spec.source.revision)


def test_ids_are_unique():
    assert len({spec.id for spec in ALL_WEIGHTS}) == len(ALL_WEIGHTS)


def test_entries_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        MODELS[0].title = "other"


@pytest.mark.parametrize("name", ["nobody", "../../etc/passwd", "", "x" * 5000])
def test_an_unknown_model_is_refused_with_a_list_of_models(name):
    with pytest.raises(ValueError, match="faces-64") as refused:
        get_spec(name)
    assert "x" * 100 not in str(refused.value)


def test_public_facts_are_those_of_the_contract():
    assert set(public_facts(MODELS[0])) == {
        *("id", "title", "task", "family", "resolution", "licence", "source", "size_bytes")
    }


def test_the_inverse_is_a_model_of_the_same_task():
    assert inverse_of(get_spec("cyclegan-monet2photo")) is None
    assert inverse_of(get_spec("cyclegan-horse2zebra")).id == "cyclegan-zebra2horse"
    assert inverse_of(get_spec("cyclegan-facades-photo2label")) is None  # that one paints
