"""Working in place, one by one and by look-up does not change the pictures."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from gan_models import networks
from gan_models.networks import winograd
from gan_models.networks.inference import doubling_kernel
from gan_models.networks.label_map import LabelMap, window_sums
from tests.networks import golden


@pytest.mark.parametrize("name", ["stylegan2_cond", "biggan_deep", "cyclegan_resnet9", "dcgan"])
def test_a_picture_is_the_same_alone_and_in_a_batch(name):
    generator = golden.load(name)
    source = torch.Generator().manual_seed(3)
    if name == "cyclegan_resnet9":
        inputs = (torch.rand(5, 3, 32, 32, generator=source) * 2 - 1,)
    else:
        inputs = (torch.randn(5, generator.z_dim, generator=source),)
        if generator.num_classes:
            inputs += (torch.eye(generator.num_classes)[[0, 1, 2, 3, 0]],)
    together = generator(*inputs)
    for i in range(5):
        alone = generator(*(each[i : i + 1] for each in inputs))
        torch.testing.assert_close(together[i : i + 1], alone, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ["stylegan2_uncond", "spade", "cyclegan_resnet9"])
def test_the_path_with_gradients_gives_the_same_pictures(name):
    frozen, learning = golden.load(name), golden.load(name).requires_grad_(True)
    allowed = golden.describe(name)["tolerance"]["max_abs_image"]
    with torch.no_grad():
        assert golden.differences(name, 0, frozen)["image"] <= allowed
    inputs = {
        "stylegan2_uncond": (torch.ones(2, frozen.num_ws, 64) if name[:5] == "style" else None,),
        "spade": (F.one_hot(torch.arange(16).view(1, 4, 4) % 13, 13).permute(0, 3, 1, 2).float(),),
        "cyclegan_resnet9": (torch.linspace(-1, 1, 3072).view(1, 3, 32, 32),),
    }[name]
    run = lambda network: (network.synthesis if name[:5] == "style" else network)(*inputs)
    torch.testing.assert_close(run(frozen), run(learning).detach(), atol=1e-4, rtol=1e-4)
    assert run(learning).requires_grad


def test_doubling_and_convolving_in_one():
    source = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, 6, 5, generator=source)
    weight = torch.randn(4, 3, 3, 3, generator=source)
    expected = F.conv2d(F.interpolate(x, scale_factor=2, mode="nearest"), weight, padding=1)
    found = F.conv_transpose2d(x, doubling_kernel(weight), stride=2, padding=1)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (37, 33), (4, 300)])
@pytest.mark.parametrize("padding_mode", ["zeros", "reflect"])
def test_convolving_by_tiles_is_convolving(padding_mode, height, width):
    torch.manual_seed(0)
    conv = torch.nn.Conv2d(128, 130, 3, padding=1, padding_mode=padding_mode)
    x = torch.randn(2, 128, height, width)
    assert not winograd.is_faster(conv, x)  # while it learns
    with torch.inference_mode():
        assert winograd.is_faster(conv, x)
        torch.testing.assert_close(winograd.convolve(conv, x), conv(x), atol=1e-4, rtol=1e-4)
        with torch.autocast("cpu", torch.bfloat16):
            assert not winograd.is_faster(conv, x)


def test_looking_up_is_convolving():
    source = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 5, (9, 7), generator=source)
    weight, bias = torch.randn(6, 5, 3, 3, generator=source), torch.randn(6, generator=source)
    planes = F.one_hot(labels, 5).permute(2, 0, 1)[None].float()
    windows = LabelMap(labels, 5).padded(9, 7, 1).unfold(0, 3, 1).unfold(1, 3, 1)
    found = window_sums(windows.reshape(-1, 3, 3), weight, bias)
    expected = F.conv2d(planes, weight, bias, padding=1)[0].flatten(1).t()
    torch.testing.assert_close(found, expected)


def test_kinds_of_surroundings_are_distinguished():
    labels = torch.zeros(12, 12, dtype=torch.long)
    labels[:, 6:] = 1
    kinds = LabelMap(labels, 3).surroundings(12, 12, 1)
    around = F.pad(labels, (1, 1, 1, 1), value=3).unfold(0, 3, 1).unfold(1, 3, 1).reshape(-1, 3, 3)
    assert torch.equal(kinds.labels[kinds.index], around)
    assert len(kinds.labels) == len(around.unique(dim=0))


def test_only_one_hot_maps_are_looked_up():
    planes = F.one_hot(torch.randint(0, 4, (1, 8, 8)), 4).permute(0, 3, 1, 2).float()
    assert LabelMap.of(planes) is not None
    for wrong in (planes * 0.5, planes + 1, torch.cat([planes, planes], dim=1), planes * 0):
        assert LabelMap.of(wrong) is None


def test_half_precision_gives_nearly_the_same_picture():
    generator = golden.load("stylegan2_uncond")
    z = torch.randn(2, generator.z_dim, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        exact = generator(z)
        with torch.autocast("cpu", torch.bfloat16):
            rounded = generator(z)
    error = (exact - rounded.float()).square().mean() / exact.square().mean()
    assert error.item() < 1e-3


def test_a_biggan_in_bfloat16_follows_its_weights():
    generator = golden.load("biggan_deep")
    z = torch.randn(2, generator.z_dim, generator=torch.Generator().manual_seed(0))
    c = torch.eye(generator.num_classes)[:2]
    psnr = lambda one, other: -10 * ((one - other.float()) / 2).square().mean().log10()
    with torch.no_grad():
        for _ in range(2):
            exact = generator(z, c)
            with torch.autocast("cpu", torch.bfloat16):
                assert psnr(exact, generator(z, c)) > 40
                assert psnr(exact, generator(z, c)) > 40
            generator.to_rgb.bias += 0.5
    assert generator.to_rgb.weight.dtype == torch.float32


def test_eval_mode_changes_the_layout_but_not_the_values():
    network = networks.build("stylegan2", {"img_resolution": 16, "channel_base": 256, "w_dim": 8})
    before = {key: tensor.clone() for key, tensor in network.state_dict().items()}
    network.eval()
    for key, tensor in network.state_dict().items():
        assert torch.equal(tensor, before[key])
