"""From a name or a file to a pipeline."""

from pathlib import Path

import pytest
import torch

from gan_models import convert, load_pipeline
from gan_models.weights import WeightsError, save_generator

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
