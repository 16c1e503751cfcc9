"""A base with an upscaler has the interface of the base, with larger pictures."""

from __future__ import annotations

import pytest
import torch

from gan_models import networks
from gan_models.networks.cascade import cascade

BASE = {
    "z_dim": 8,
    "w_dim": 8,
    "img_resolution": 16,
    "channel_base": 64,
    "channel_max": 16,
    "num_mapping_layers": 2,
}
UPSCALER = {"num_labels": 3, "widths": [8, 8, 4], "num_blocks": [1, 1], "label_width": 4}
PAINTER = {"num_labels": 3, "width": 4, "hidden": 4, "crop_size": 128, "z_dim": 4}


@pytest.fixture
def upscaler():
    torch.manual_seed(0)
    network = networks.build("upscaler", UPSCALER).eval()
    with torch.no_grad():  # as after training: noise and labels matter
        network.noise_strength0.fill_(0.5)
        network.noise_strength1.fill_(0.5)
        network.to_rgb.weight.mul_(10)
    return network


@pytest.mark.parametrize(("height", "width"), [(16, 16), (20, 36), (64, 64), (80, 72), (130, 64)])
def test_an_upscaler_makes_any_size_four_times_as_large(upscaler, height, width):
    with torch.no_grad():
        images = upscaler(torch.rand(2, 3, height, width) * 2 - 1)
    assert images.shape == (2, 3, 4 * height, 4 * width)
    assert images.isfinite().all()


def test_an_untrained_upscaler_is_near_the_plain_enlargement():
    torch.manual_seed(0)
    network = networks.build("upscaler", UPSCALER).eval()
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    plain = torch.nn.functional.interpolate(
        images, scale_factor=4, mode="bicubic", align_corners=False
    )
    with torch.no_grad():
        assert (network(images) - plain).abs().mean() < 0.05


def test_the_same_picture_is_enlarged_alike_in_any_batch_and_each_time(upscaler):
    images = torch.rand(3, 3, 16, 16) * 2 - 1
    with torch.no_grad():
        together = upscaler(images)
        assert torch.allclose(together[2:], upscaler(images[2:]), atol=1e-5)
        assert torch.equal(together, upscaler(images))


def test_training_draws_new_noise(upscaler):
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    upscaler.train()
    with torch.no_grad():
        assert (upscaler(images) - upscaler(images)).abs().max() > 1e-3


def test_an_upscaler_uses_the_label_map(upscaler):
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    maps = torch.nn.functional.one_hot(torch.randint(3, (2, 1, 64, 64)), 3)
    maps = maps.permute(0, 1, 4, 2, 3).float()  # [2, 1, 3, 64, 64]
    with torch.no_grad():
        some, other, none = (upscaler(images, m) for m in (*maps, None))
        blank = upscaler(images, torch.zeros_like(maps[0]))
    assert (some - other).abs().max() > 1e-4
    assert torch.equal(none, blank)


@pytest.mark.parametrize("size", [(16, 16), (64, 60), (128, 64)])
def test_a_label_map_of_another_size_is_refused(upscaler, size):
    with pytest.raises(ValueError, match=r"must be \[64, 64\]"):
        upscaler(torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, *size))


def test_an_upscaler_is_rebuilt_from_its_config(upscaler):
    again = networks.build("upscaler", upscaler.config)
    again.load_state_dict(upscaler.state_dict())
    assert again.config == upscaler.config


@pytest.mark.parametrize("num_classes", [0, 5])
def test_a_cascade_is_called_like_its_base(upscaler, num_classes):
    base = networks.build("stylegan2", BASE | {"c_dim": num_classes}).eval()
    whole = cascade(base, upscaler).eval()
    z = torch.randn(2, 8)
    c = torch.eye(5)[:2] if num_classes else None
    with torch.no_grad():
        images = whole(z, c, truncation_psi=0.7)
        assert images.shape == (2, 3, 64, 64)
        assert torch.equal(images, upscaler(base(z, c, truncation_psi=0.7)))
        ws = whole.mapping(z, c)
        assert torch.equal(
            whole.synthesis(ws, noise_mode="none"), upscaler(base.synthesis(ws, "none"))
        )
    assert whole.img_resolution == 64
    assert (whole.z_dim, whole.num_ws, whole.num_classes) == (8, base.num_ws, num_classes)


def test_a_painters_cascade_is_larger_than_its_base_and_has_a_quick_preview(upscaler):
    base = networks.build("spade", PAINTER).eval()
    whole = cascade(base, upscaler).eval()
    side = whole.img_resolution
    assert side == whole.crop_size == 256
    maps = torch.nn.functional.one_hot(torch.randint(3, (1, side, side)), 3)
    planes, z = maps.permute(0, 3, 1, 2).float(), torch.randn(1, 4)
    with torch.no_grad():
        images, preview = whole(planes, z), whole.preview(planes, z)
    assert images.shape == preview.shape == (1, 3, side, side)
    assert (images - preview).abs().max() > 1e-3
