"""Tests of augmentations, their gradients and their controller."""

from __future__ import annotations

import pytest
import torch

from gan_models.training.augment import AUGMENTATIONS, AdaController, diff_augment


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_each_augmentation_keeps_the_shape_changes_the_picture_and_is_differentiable(name):
    torch.manual_seed(0)
    images = torch.rand(4, 3, 16, 16).requires_grad_(True)
    changed = diff_augment(images, [name])
    assert changed.shape == images.shape
    assert not torch.equal(changed, images)
    changed.square().sum().backward()
    assert images.grad.abs().sum() > 0


def test_nothing_happens_without_names_or_probability():
    images = torch.rand(4, 3, 16, 16)
    assert torch.equal(diff_augment(images, []), images)
    assert torch.equal(diff_augment(images, list(AUGMENTATIONS), 0.0), images)


def test_unknown_names_are_refused():
    with pytest.raises(ValueError, match="cutout"):
        diff_augment(torch.rand(1, 3, 8, 8), ["blur"])


def test_the_probability_rises_while_the_discriminator_is_overconfident_and_falls_again():
    ada = AdaController(ramp_kimg=1.0)
    for _ in range(8):
        ada.observe([torch.ones(4, 1)], batch=10)
    assert ada.probability == pytest.approx(0.08)
    for _ in range(4):
        ada.observe([-torch.ones(4, 1)], batch=10)
    assert ada.probability == pytest.approx(0.04)
