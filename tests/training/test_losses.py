"""The losses have the values of the equations in their papers."""

from __future__ import annotations

import math

import pytest
import torch

from gan_models.training import losses

REAL, FAKE = torch.tensor([2.0, 0.5]), torch.tensor([-2.0, 0.0])


def test_hinge_counts_only_what_lies_inside_the_margin():
    assert losses.hinge_discriminator(REAL, FAKE).item() == pytest.approx(0.25 + 0.5)
    assert losses.hinge_generator(FAKE).item() == pytest.approx(1.0)


def test_nonsaturating_is_twice_log_two_when_nothing_is_known():
    zero = torch.zeros(3)
    assert losses.nonsaturating_discriminator(zero, zero).item() == pytest.approx(2 * math.log(2))
    assert losses.nonsaturating_generator(zero).item() == pytest.approx(math.log(2))


def test_least_squares_pulls_reals_to_one_and_fakes_to_zero():
    assert losses.least_squares_discriminator(torch.ones(2), torch.zeros(2)).item() == 0
    assert losses.least_squares_generator(torch.zeros(2)).item() == 1


def test_lists_of_logits_are_summed():
    one = losses.hinge_discriminator(REAL, FAKE)
    both = losses.hinge_discriminator([REAL, REAL], [FAKE, FAKE])
    assert both.item() == pytest.approx(2 * one.item())


def test_r1_is_half_the_squared_gradient():
    images = torch.randn(4, 3, 2, 2, requires_grad=True)
    weight = torch.randn(3, 2, 2)
    logits = (images * weight).sum(dim=(1, 2, 3))
    expected = 0.5 * weight.square().sum().item()
    assert losses.r1_penalty(logits, images).item() == pytest.approx(expected, rel=1e-5)


def test_the_divergence_of_the_prior_from_itself_is_its_floor():
    zero = torch.zeros(5, 8)
    assert losses.kl_free_bits(zero, zero, 0.0).item() == 0
    assert losses.kl_free_bits(zero, zero, 0.1).item() == pytest.approx(0.8)
    assert losses.kl_free_bits(zero + 1, zero, 0.0).item() == pytest.approx(4.0)


def test_feature_matching_and_perceptual_are_zero_for_equal_features():
    features = [torch.randn(2, 3, 4, 4), torch.randn(2, 5, 2, 2)]
    assert losses.feature_matching([features], [features]).item() == 0
    assert losses.perceptual(features, features).item() == 0
    assert losses.perceptual(features, [f * 0 for f in features]).item() == pytest.approx(1.0)


def test_mode_seeking_falls_as_layouts_differ_and_overlooks_light():
    z, same = torch.randn(4, 8), torch.rand(1, 3, 32, 32).expand(4, -1, -1, -1)
    other = torch.rand(4, 3, 32, 32)
    alike = losses.mode_seeking(same, z).item()
    assert losses.mode_seeking(other, z).item() < alike / 50
    lit = same * torch.rand(4, 1, 1, 1).add(0.5)
    assert losses.mode_seeking(lit, z).item() > 3 * losses.mode_seeking(other, z).item()


def test_labels_weigh_alike_and_generated_pixels_have_a_class_of_their_own():
    label_map = torch.zeros(2, 16, 16, dtype=torch.long)
    label_map[:, :, 12:] = 1  # a quarter
    sure = lambda labels: 50.0 * torch.nn.functional.one_hot(labels, 4).permute(0, 3, 1, 2).float()
    true, painted = sure(label_map), sure(torch.full_like(label_map, 3))
    assert losses.classification_generator(true, label_map).item() == pytest.approx(0, abs=1e-6)
    all_zero, all_one = sure(label_map * 0), sure(label_map * 0 + 1)
    for wrong in (all_zero, all_one):  # though one of them is right on three quarters
        assert losses.classification_generator(wrong, label_map).item() == pytest.approx(
            25, rel=1e-4
        )
    assert losses.classification_discriminator(true, label_map, painted).item() < 1e-6
    assert losses.classification_discriminator(true, label_map, true).item() == pytest.approx(50)
    assert losses.classification_discriminator(painted, label_map, painted).item() == pytest.approx(
        50
    )
