"""Losses and penalties of the live trainings: values by hand, gradients by finite differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gan_models.learning import objectives as reference
from gan_models.learning.live import losses
from gan_models.learning.live.objectives import OBJECTIVES

REAL, FAKE = np.array([0.0, 2.0]), np.array([0.5, -1.0])
SOFT = {x: math.log1p(math.exp(x)) for x in (-2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0, -3.0)}
LOSSES = {
    name: getattr(losses, name)
    for name in (
        *("cross_entropy", "saturating", "nonsaturating", "least_squares"),
        *("least_squares_generator", "wasserstein", "wasserstein_generator", "hinge"),
        *("relativistic", "relativistic_generator"),
    )
}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("cross_entropy", (SOFT[0.0] + SOFT[-2.0]) / 2 + (SOFT[0.5] + SOFT[-1.0]) / 2),
        ("saturating", -(SOFT[0.5] + SOFT[-1.0]) / 2),
        ("nonsaturating", (SOFT[-0.5] + SOFT[1.0]) / 2),
        ("least_squares", ((1 + 1) / 2 + (0.25 + 1) / 2) / 2),
        ("least_squares_generator", (0.25 + 4) / 2 / 2),
        ("wasserstein", -0.25 - 1.0),
        ("wasserstein_generator", 0.25),
        ("hinge", (1 + 0) / 2 + (1.5 + 0) / 2),
        ("relativistic", (SOFT[0.5] + SOFT[-3.0]) / 2),
        ("relativistic_generator", (SOFT[-0.5] + SOFT[3.0]) / 2),
    ],
)
def test_losses_have_the_values_of_their_papers(name, wanted):
    assert LOSSES[name](REAL, FAKE)[0] == pytest.approx(wanted, abs=1e-12)


def differences(value, x, step=1e-6):
    """The gradient of `value(x)` by central differences."""
    grad = np.zeros_like(x)
    for k in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[k] += step
        down[k] -= step
        grad[k] = (value(up) - value(down)) / (2 * step)
    return grad


@pytest.mark.parametrize("name", LOSSES)
def test_derivatives_are_those_of_finite_differences(name):
    loss = LOSSES[name]
    real, fake = np.array([0.3, -1.2, 2.5]), np.array([1.7, -0.4, -2.2])
    _, by_real, by_fake = loss(real, fake)
    assert by_real == pytest.approx(differences(lambda x: loss(x, fake)[0], real), abs=1e-8)
    assert by_fake == pytest.approx(differences(lambda x: loss(real, x)[0], fake), abs=1e-8)


@pytest.mark.parametrize("penalty", [losses.lipschitz, losses.zero_centred])
def test_penalties_have_the_derivatives_of_finite_differences(penalty):
    gradients = np.array([[0.3, -1.2], [2.0, 0.7], [-0.1, 0.2]])
    _, derivative = penalty(gradients)
    wanted = differences(lambda x: penalty(x)[0], gradients)
    assert derivative == pytest.approx(wanted, abs=1e-8)


def test_penalties_have_the_values_of_their_papers():
    gradients = np.array([[3.0, 4.0], [0.0, 2.0]])  # of lengths 5 and 2
    assert losses.lipschitz(gradients)[0] == pytest.approx((16 + 1) / 2)
    assert losses.zero_centred(gradients)[0] == pytest.approx((25 + 4) / 2 / 2)


def test_losses_are_those_of_the_trainings_on_digits():
    real, fake = torch.randn(8).double(), torch.randn(8).double()
    for ours, theirs in (
        (losses.cross_entropy, reference.discriminator_loss(real, fake)),
        (losses.saturating, reference.saturating_generator(fake)),
        (losses.nonsaturating, reference.nonsaturating_generator(fake)),
        (losses.wasserstein, reference.wasserstein_critic(real, fake)),
        (losses.wasserstein_generator, reference.wasserstein_generator(fake)),
    ):
        assert ours(real.numpy(), fake.numpy())[0] == pytest.approx(theirs.item())


@pytest.mark.parametrize("name", LOSSES)
def test_huge_logits_give_finite_losses(name):
    huge = np.array([1e4, -1e4], np.float32)
    for found in LOSSES[name](huge, huge[::-1].copy()):
        assert np.isfinite(found).all()


def test_every_objective_says_what_its_discriminator_gives():
    assert {name for name, each in OBJECTIVES.items() if each.estimates_distance} == {
        "wgan",
        "wgan-gp",
    }
    assert {name for name, each in OBJECTIVES.items() if each.has_optimum} == {
        *("minimax", "nonsaturating", "least-squares", "r1")
    }
