"""Every family gives the pictures of the reference code of its weights."""

from __future__ import annotations

import pytest
import torch

from tests.networks import golden


@pytest.mark.parametrize(("name", "index"), golden.all_cases(), ids=lambda value: str(value))
def test_the_network_gives_the_reference_pictures(name, index):
    facts = golden.describe(name)
    allowed = facts["tolerance"]
    for output, found in golden.differences(name, index, golden.load(name)).items():
        kind = "max_abs_image" if output.startswith("image") else "max_abs_intermediates"
        assert found <= allowed[kind], (
            f"{name} case {index} ({facts['cases'][index]['describe'][:60]}): {output} is off by "
            f"{found:.2e}, allowed are {allowed[kind]:.0e}"
        )


@pytest.mark.parametrize("name", golden.FORMATS)
def test_a_network_that_is_loaded_in_inference_mode_is_the_same(name):
    allowed = golden.describe(name)["tolerance"]
    with torch.inference_mode():
        generator = golden.load(name)
        for _ in range(2):  # the second time what was kept is used
            found = golden.differences(name, 0, generator)
            assert max(v for k, v in found.items() if "image" in k) <= allowed["max_abs_image"]


@pytest.mark.parametrize("name", ["stylegan2_uncond", "stylegan3t"])
def test_nvidias_pickle_equals_its_state_dict(name):
    plain, pickled = golden.load(name), golden.load(name, ".nvlabs.pkl")
    assert plain.config == pickled.config
    for key, tensor in plain.state_dict().items():
        assert torch.equal(tensor, pickled.state_dict()[key]), key
    allowed = golden.describe(name)["tolerance"]["max_abs_image"]
    assert golden.differences(name, 0, pickled)["image"] <= allowed


@pytest.mark.parametrize("name", golden.FORMATS)
def test_the_config_builds_the_network_again(name):
    from gan_models import networks

    generator = golden.load(name)
    again = networks.build(generator.family, generator.config).eval()
    again.load_state_dict(generator.state_dict())
    assert again.config == generator.config
    first = golden.differences(name, 0, again)
    key = "image" if "image" in first else "image_sub4"
    assert first[key] <= golden.describe(name)["tolerance"]["max_abs_image"]


def test_the_average_w_is_live():
    generator = golden.load("stylegan2_uncond")
    z = torch.randn(1, generator.z_dim, generator=torch.Generator().manual_seed(0))
    before = generator(z, truncation_psi=0.0)
    generator.mapping.w_avg.copy_(torch.ones(generator.w_dim))
    after = generator(z, truncation_psi=0.0)
    assert not torch.allclose(before, after)
    expected = generator.synthesis(torch.ones(1, generator.num_ws, generator.w_dim))
    torch.testing.assert_close(after, expected)


def test_the_input_transform_of_stylegan3_is_live():
    generator = golden.load("stylegan3t")
    z = torch.randn(1, generator.z_dim, generator=torch.Generator().manual_seed(0))
    before = generator(z)
    generator.synthesis.input.transform[0, 2] = 0.3
    assert not torch.allclose(before, generator(z))
    generator.synthesis.input.transform.copy_(torch.eye(3))
    torch.testing.assert_close(before, generator(z))
