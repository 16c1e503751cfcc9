"""Style mixing and directions in w."""

import dataclasses

import numpy as np
import pytest
import torch

from gan_models import networks
from gan_models.pipelines import LatentPipeline
from gan_models.pipelines.directions import (
    NUM_DIRECTIONS,
    factorised_directions,
    principal_directions,
)
from gan_models.zoo import MODELS
from tests.fakes import fake_load


@pytest.fixture(scope="module")
def pipe():
    torch.manual_seed(0)
    config = {"z_dim": 16, "w_dim": 24, "img_resolution": 64, "channel_base": 512}
    generator = networks.build("stylegan2", config | {"num_mapping_layers": 2}).eval()
    spec = dataclasses.replace(MODELS[0], id="tiny", family="stylegan2")
    return LatentPipeline(generator, spec, "0" * 64)


def pixels(image) -> np.ndarray:
    return np.asarray(image).astype(int)


def test_no_amounts_leave_the_picture_as_it_is(pipe):
    plain = pipe.sample([3], 0.7)[0]
    assert np.abs(pixels(pipe.styles.edit(3, {}, truncation_psi=0.7)) - pixels(plain)).max() <= 1


def test_an_amount_moves_the_picture_and_zero_brings_it_back(pipe):
    plain = pixels(pipe.styles.edit(3, {}))
    assert np.abs(pixels(pipe.styles.edit(3, {"PCA 1": 3.0})) - plain).mean() > 0.5
    assert (pixels(pipe.styles.edit(3, {"PCA 1": 0.0})) == plain).all()


def test_noise_can_be_left_out(pipe):
    for block in pipe.generator.synthesis.blocks:
        for layer in (block.conv0, block.conv1):
            if layer is not None:
                layer.noise_strength.data.fill_(0.5)
    difference = pixels(pipe.styles.edit(3, {})) - pixels(pipe.styles.edit(3, {}, noise=False))
    assert np.abs(difference).max() > 0


def test_mixing_all_layers_gives_the_column_and_a_seed_with_itself_the_seed(pipe):
    mixed = list(pipe.styles.mix([1, 2], [3, 4, 5], layers="all"))
    columns = pipe.sample([3, 4, 5])
    assert len(mixed) == 6
    for k, image in enumerate(mixed):
        assert np.abs(pixels(image) - pixels(columns[k % 3])).max() <= 1
    same = next(iter(pipe.styles.mix([7], [7], layers="middle")))
    assert np.abs(pixels(same) - pixels(pipe.sample([7])[0])).max() <= 1


def test_coarse_and_fine_layers_together_are_all_layers(pipe):
    covered = [
        list(range(10))[pipe.styles.layer_slice(name)] for name in ("coarse", "middle", "fine")
    ]
    assert [layer for part in covered for layer in part] == list(range(10))


def test_principal_directions_find_the_axes_of_the_cloud():
    cloud = torch.randn(2000, 8, generator=torch.Generator().manual_seed(0))
    cloud *= torch.tensor([5.0, 3, 2, 1, 0.5, 0.4, 0.3, 0.2])
    found = principal_directions(cloud)
    assert len(found) == NUM_DIRECTIONS
    assert found[0].step.abs().argmax() == 0
    assert found[0].step.norm() == pytest.approx(5, rel=0.1)
    assert found[1].step.abs().argmax() == 1


def test_factorised_directions_find_what_the_styles_react_to():
    affine = torch.diag(torch.tensor([1.0, 9, 1, 4, 1, 1, 1, 1]))
    cloud = torch.randn(2000, 8, generator=torch.Generator().manual_seed(0)) * 2
    found = factorised_directions(affine, cloud)
    assert found[0].step.abs().argmax() == 1
    assert found[1].step.abs().argmax() == 3
    assert found[0].step.norm() == pytest.approx(2, rel=0.1)


def test_walks_and_morphs_go_through_w_too(pipe):
    assert pipe.spaces == ("z", "w")
    ends = pipe.morphs(3, 8, [0, 1], space="w")
    plain = pipe.sample([3, 8])
    for end, sample in zip(ends, plain, strict=True):
        assert np.abs(pixels(end) - pixels(sample)).max() <= 1
    assert len(pipe.interpolate([3, 8, 3], 6, space="w", truncation_psi=0.7)) == 6


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda styles: styles.edit(1, {"PCA 99": 1}), "no direction"),
        (lambda styles: styles.edit(1, {"PCA 1": float("nan")}), "-5 to 5"),
        (lambda styles: styles.edit(1, {}, layers="top"), "layers"),
        (lambda styles: styles.mix([1], [-1]), "Seeds"),
    ],
)
def test_what_is_not_there_is_refused(pipe, call, says):
    with pytest.raises(ValueError, match=says):
        call(pipe.styles)


def test_a_generator_without_w_says_so():
    with pytest.raises(ValueError, match="no w space"):
        _ = fake_load("faces-64").styles
