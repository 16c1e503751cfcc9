"""Loading of pipelines by name or file."""

import functools
from pathlib import Path

import pytest
import torch

from gan_models import convert, load_pipeline
from gan_models.weights import WeightsError, save_generator
from tests.networks import golden

GOLDEN = Path(__file__).parent.parent / "golden"


def test_a_stylegan_without_a_mean_of_w_gets_one(tmp_path):
    out = tmp_path / "cats.safetensors"
    generator = convert.load_generator(
        GOLDEN / "stylegan2_rosinality.weights.safetensors", "stylegan2-rosinality"
    )
    generator.mapping.w_avg.zero_()
    save_generator(out, generator, task="latent", title="Cats", licence="MIT", source="test")
    pipe = load_pipeline(str(out), device="cpu")
    w = pipe.generator.mapping.map(torch.randn(2000, pipe.generator.z_dim))
    middle = pipe.generator.mapping.w_avg
    assert middle.any()
    assert (w - middle).norm(dim=1).mean() <= (w - 0).norm(dim=1).mean()


@pytest.mark.parametrize(
    ("name", "says"), [("nobody", "Choose from"), ("no.safetensors", "no file")]
)
def test_what_is_not_there_is_refused(name, says):
    with pytest.raises((ValueError, WeightsError), match=says):
        load_pipeline(name)


def test_a_device_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="no device"):
        load_pipeline("faces-64", device="quantum")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["stylegan2_cond", "biggan_deep", "spade", "dcgan"])
def test_what_is_compiled_makes_the_same_pictures(name, tmp_path, monkeypatch):
    out = tmp_path / "own.safetensors"
    loaded = golden.load(name)
    facts = {"task": convert.task_of(loaded), "title": name, "licence": "MIT", "source": "test"}
    save_generator(out, loaded, half=False, **facts)
    # tracing is what a network can break; to generate code from it would need a compiler
    traced = functools.partialmethod(torch.nn.Module.compile, backend="eager", fullgraph=True)
    monkeypatch.setattr(torch.nn.Module, "compile", traced)
    monkeypatch.setenv("GANVAS_COMPILE", "1")
    generator = load_pipeline(str(out), device="cpu").generator
    assert getattr(generator, "synthesis", generator)._compiled_call_impl is not None
    with torch.inference_mode():
        for output, error in golden.differences(name, 0, generator).items():
            if output.startswith("image"):
                assert error <= golden.describe(name)["tolerance"]["max_abs_image"]
