"""The networks we train ourselves: narrow ones learn, every parameter of them."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models import networks
from gan_models.networks.spade import SpadeGenerator, StyleEncoder

NARROW = {"img_resolution": 32, "channel_base": 512, "channel_max": 16}
STYLEGAN2 = NARROW | {"z_dim": 16, "w_dim": 16, "c_dim": 3}
SPADE = {"num_labels": 4, "width": 2, "crop_size": 64, "z_dim": 8, "hidden": 8}


def assert_all_learn(network: nn.Module, but: tuple[str, ...] = ()) -> None:
    still = [
        name
        for name, p in network.named_parameters()
        if (p.grad is None or not p.grad.abs().sum()) and not name.endswith(but or ("-",))
    ]
    assert not still, f"{type(network).__name__} does not train {still[:3]}"


def pictures(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(1)).tanh()


def test_stylegan2_and_its_discriminator_learn():
    torch.manual_seed(0)
    generator = networks.build("stylegan2", STYLEGAN2)
    discriminator = networks.build("stylegan2-discriminator", NARROW | {"c_dim": 3})
    c = torch.eye(3)[[0, 1, 2, 0]]
    images = generator(torch.randn(4, 16), c, noise_mode="random")
    discriminator(images, c).square().sum().backward()
    assert_all_learn(generator)
    assert_all_learn(discriminator)


def test_the_gradient_penalty_reaches_the_discriminator():
    torch.manual_seed(0)
    discriminator = networks.build("stylegan2-discriminator", NARROW)
    images = pictures(4, 3, 32, 32).requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(images).sum(), images, create_graph=True)
    gradient.square().sum().backward()
    assert_all_learn(discriminator, but=("bias",))


def test_path_length_reaches_the_generator():
    torch.manual_seed(0)
    generator = networks.build("stylegan2", STYLEGAN2 | {"c_dim": 0})
    ws = generator.mapping(torch.randn(2, 16))
    images = generator.synthesis(ws, noise_mode="none")
    (gradient,) = torch.autograd.grad(
        (images * torch.randn_like(images)).sum(), ws, create_graph=True
    )
    gradient.square().sum(2).mean(1).sqrt().sum().backward()
    assert generator.synthesis.blocks[-1].conv1.conv.weight.grad.abs().sum() > 0


def test_tracking_moves_the_average_w():
    generator = networks.build("stylegan2", STYLEGAN2)
    generator.mapping.track(torch.ones(5, 16), decay=0.75)
    assert generator.mapping.w_avg.eq(0.25).all()


@pytest.mark.parametrize(("norm", "mask"), [("instance", False), ("batch", False), ("batch", True)])
def test_cyclegan_learns(norm, mask):
    torch.manual_seed(0)
    config = {"width": 4, "num_blocks": 2, "norm": norm, "mask": mask}
    generator = networks.build("resnet", config)
    discriminator = networks.build("patchgan", {"width": 4, "norm": norm})
    images = pictures(2, 3, 32, 32)
    logits = discriminator(generator(images))
    (logits.square().mean() + discriminator(images).mean()).backward()
    # biases before an instance norm have no effect
    assert_all_learn(generator, but=("conv.bias",))
    assert_all_learn(discriminator, but=("bias",))


@pytest.mark.parametrize("spectral", [True, False])
def test_spade_learns(spectral):
    torch.manual_seed(0)
    generator = networks.build("spade", SPADE | {"spectral": spectral})
    encoder = networks.build("spade-encoder", {"width": 4, "z_dim": 8, "img_size": 64})
    discriminator = networks.build("spade-discriminator", {"num_labels": 4, "width": 4})
    labels = torch.randint(0, 4, (2, 64, 64))
    semantic_map = F.one_hot(labels, 4).permute(0, 3, 1, 2).float()
    mu, logvar = encoder(pictures(2, 3, 64, 64))
    z = mu + (0.5 * logvar).exp() * torch.randn_like(mu)
    scales = discriminator(torch.cat([semantic_map, generator(semantic_map, z)], dim=1))
    sum(features.square().mean() for scale in scales for features in scale).backward()
    for network in (generator, encoder, discriminator):
        assert_all_learn(network)


def test_folding_the_spectral_norm_changes_no_picture():
    torch.manual_seed(0)
    generator = SpadeGenerator(**SPADE).eval()
    encoder = StyleEncoder(4, 8, 64).eval()
    semantic_map = F.one_hot(torch.randint(0, 4, (1, 64, 64)), 4).permute(0, 3, 1, 2).float()
    images, z = pictures(1, 3, 64, 64), torch.randn(1, 8)
    with torch.no_grad():
        before, mu = generator(semantic_map, z), encoder(images)[0]
        torch.testing.assert_close(generator.fold_spectral_norm()(semantic_map, z), before)
        torch.testing.assert_close(encoder.fold_spectral_norm()(images)[0], mu)
    again = networks.build("spade", generator.config)
    again.load_state_dict(generator.state_dict())


def test_dcgan_learns_with_classes():
    torch.manual_seed(0)
    sizes = {"img_channels": 1, "num_classes": 10}
    generator = networks.build("dcgan", sizes | {"z_dim": 8, "widths": [16, 8, 4]})
    discriminator = networks.build("dcgan-discriminator", sizes | {"widths": [4, 8, 16]})
    c = torch.eye(10)[:4]
    discriminator(generator(torch.randn(4, 8), c), c).square().sum().backward()
    assert_all_learn(generator)
    assert_all_learn(discriminator)
