"""Feature matching, without a discriminator."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from gan_models.training import feature_matching
from gan_models.training.feature_matching import Matching
from gan_models.training.loop import run


def noise(level: float, num: int = 8, seed: int = 0) -> torch.Tensor:
    """Pictures of one brightness each, around `level`."""
    random = torch.Generator().manual_seed(seed)
    light = level + 0.3 * torch.randn(num, 1, 1, 1, generator=random)
    return (light + 0.1 * torch.randn(num, 3, 32, 32, generator=random)).clamp(-1, 1)


@pytest.fixture
def match(features):
    reals = ((noise(0.0, 64) + 1) * 127.5).round().to(torch.uint8)
    return Matching(features, 32, reals)


def test_pictures_like_the_real_ones_cost_less_than_others(match):
    alike = match.loss(noise(0.0, seed=1), noise(0.0, seed=2))
    match.seen, match.classes = {}, {}
    apart = match.loss(noise(0.8, seed=1), noise(0.0, seed=2))
    assert alike < apart


def test_the_gradient_leads_towards_the_real_ones(match):
    fakes = noise(0.5, seed=1).requires_grad_(True)
    match.loss(fakes, noise(-0.5, seed=2)).backward()
    assert fakes.grad.mean() > 0  # a step against it makes them darker


def test_pictures_all_alike_are_pushed_apart(match):
    """Between two groups of reals, the middle is not a minimum."""
    same = noise(0.0, 1, seed=1).expand(8, -1, -1, -1)
    fakes = (same + 0.01 * torch.randn(8, 3, 32, 32)).requires_grad_(True)
    match.loss(fakes, torch.cat([noise(-0.8, 4, 2), noise(0.8, 4, 3)])).backward()
    moved = fakes.detach() - fakes.grad / fakes.grad.abs().mean()
    light = lambda images: images.mean(dim=(1, 2, 3)).std()
    assert light(moved) > light(fakes.detach())


def test_classes_are_matched_each_by_itself(match):
    dark, light = noise(-0.7, 4, seed=1), noise(0.7, 4, seed=2)
    index = torch.tensor([0] * 4 + [1] * 4)
    right = match.loss(torch.cat([dark, light]), torch.cat([dark, light]).flip(-1), index)
    match.seen, match.classes = {}, {}
    wrong = match.loss(torch.cat([light, dark]), torch.cat([dark, light]), index)
    assert right < wrong


def test_the_queues_have_a_limited_length(match, monkeypatch):
    monkeypatch.setattr(feature_matching, "QUEUE", 12)
    for seed in range(3):
        match.loss(noise(0.0, seed=seed), noise(0.0, seed=seed + 9))
    assert all(len(group) == 12 for kind in match.seen.values() for group in kind)
    assert len(match.classes["real"]) == 12


def test_a_restored_state_replaces_the_queues(match):
    empty = match.state()
    match.loss(noise(0.0), noise(0.1))
    full = match.state()
    match.load_state(empty)
    assert not match.seen
    match.load_state(full)
    match.loss(noise(0.0, 4), noise(0.1, 4))
    assert len(match.classes["real"]) == len(match.seen["real"][0]) == 12


def test_a_single_real_picture_is_enough(features):
    match = Matching(features, 32, torch.zeros(1, 3, 32, 32, dtype=torch.uint8))
    assert match.loss(noise(0.0), noise(0.1)).isfinite()


@pytest.mark.parametrize("adversarial", [0.0, 1.0])
def test_a_trainer_with_matching_resumes_with_its_queues(
    tiny_latent, settings, tmp_path, adversarial
):
    makers = tiny_latent(
        matching=10.0, matching_px=32, adversarial=adversarial, classes=("warm", "cold")
    )
    through, parts = tmp_path / "through", tmp_path / "parts"
    run(settings, *makers, through)
    run(replace(settings, kimg=0.016), *makers, parts)
    run(settings, *makers, parts, resume=True, kimg=settings.kimg)
    curves = (through / "losses.csv").read_text()
    assert curves == (parts / "losses.csv").read_text()
    assert "matching" in curves
    assert ("logit_real" in curves) == bool(adversarial)
