"""Reconstruction of real pictures beside a GAN: VAE/GAN."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from gan_models import networks
from gan_models.training.loop import run
from gan_models.training.reconstruction import ReconstructionSettings


@pytest.fixture
def makers(tiny_latent):
    return tiny_latent(reconstruction=ReconstructionSettings(), classes=("warm", "cold"))


def test_what_the_generator_gives_back_comes_nearer_to_the_real_picture(makers):
    torch.manual_seed(0)
    trainer, data = makers[0](), makers[1]()
    batch = data.batch(0, 0, 8)
    missed = [trainer.step(dict(batch), 1)["pixels"] for _ in range(16)]
    assert sum(missed[-4:]) < 0.9 * sum(missed[:4])


def test_the_latent_of_a_real_picture_is_drawn_around_what_the_encoder_says(makers):
    torch.manual_seed(0)
    trainer = makers[0]()
    images = torch.rand(6, 3, 32, 32) * 2 - 1
    first, encoded = trainer.reconstruction.encode(images)
    second, _ = trainer.reconstruction.encode(images)
    mu, logvar = trainer.networks["encoder"](encoded.scales, images)
    assert not torch.equal(first, second)
    gaps = torch.stack([first, second]) - mu
    assert (gaps.abs() < 6 * (0.5 * logvar).exp()).all()


def test_a_resumed_run_has_its_encoder_again(makers, settings, tmp_path):
    through, parts = tmp_path / "through", tmp_path / "parts"
    run(settings, *makers, through)
    run(replace(settings, kimg=0.016), *makers, parts)
    run(settings, *makers, parts, resume=True, kimg=settings.kimg)
    assert (through / "losses.csv").read_text() == (parts / "losses.csv").read_text()


def test_a_feature_encoder_is_rebuilt_from_its_config():
    encoder = networks.build("feature-encoder", {"z_dim": 5, "width": 4, "hidden": 8})
    again = networks.build("feature-encoder", encoder.config)
    again.load_state_dict(encoder.state_dict())
    scales = [torch.rand(2, channels, side, side) for channels, side in ((112, 4), (320, 2))]
    images = torch.rand(2, 3, 32, 32)
    for ours, theirs in zip(encoder(scales, images), again(scales, images), strict=True):
        assert ours.shape == (2, 5)
        assert torch.equal(ours, theirs)
