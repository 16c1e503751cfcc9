"""Losses against values worked out by hand, gradients against finite differences."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from gan_models.learning import objectives

REAL, FAKE = torch.tensor([0.0, 2.0]), torch.tensor([0.0, -1.0])
LOG2 = math.log(2)
SOFT = {x: math.log1p(math.exp(x)) for x in (-2.0, -1.0, 1.0, 2.0)}


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        (objectives.discriminator_loss(REAL, FAKE), (LOG2 + SOFT[-2.0] + LOG2 + SOFT[-1.0]) / 2),
        (objectives.saturating_generator(FAKE), -(LOG2 + SOFT[-1.0]) / 2),
        (objectives.nonsaturating_generator(FAKE), (LOG2 + SOFT[1.0]) / 2),
        (objectives.wasserstein_critic(REAL, FAKE), -0.5 - 1.0),
        (objectives.wasserstein_generator(FAKE), 0.5),
    ],
)
def test_losses_have_the_values_of_their_papers(loss, wanted):
    assert loss.item() == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(
    "loss",
    [
        lambda x: objectives.discriminator_loss(x, -2 * x),
        objectives.saturating_generator,
        objectives.nonsaturating_generator,
        lambda x: objectives.wasserstein_critic(x.square(), x),
        objectives.wasserstein_generator,
    ],
)
def test_gradients_are_those_of_finite_differences(loss):
    x = torch.tensor([0.3, -1.2, 2.5], dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(loss, (x,))


def test_the_penalty_is_that_of_a_linear_critic():
    """Its gradient is the weight everywhere, of length 5: (5 - 1)^2."""
    weight = torch.tensor([3.0, 4.0])
    real, fake = torch.randn(6, 2), torch.randn(6, 2)
    found = objectives.gradient_penalty(lambda x: x @ weight, real, fake, torch.rand(6))
    assert found.item() == pytest.approx(16.0, abs=1e-4)


def test_the_penalty_is_taken_between_real_and_generated():
    seen = []

    def critic(x):
        seen.append(x.detach())
        return x.sum(dim=1)

    real, fake = torch.full((3, 2), 10.0), torch.zeros(3, 2)
    objectives.gradient_penalty(critic, real, fake, torch.tensor([0.0, 0.25, 1.0]))
    assert seen[0].tolist() == [[0, 0], [2.5, 2.5], [10, 10]]


def test_the_penalty_has_gradients_for_the_critic():
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)).double()
    real, fake = torch.randn(5, 2).double(), torch.randn(5, 2).double()
    share, weight = torch.rand(5).double(), critic[0].weight

    def penalty():
        return objectives.gradient_penalty(lambda x: critic(x)[:, 0], real, fake, share)

    (found,) = torch.autograd.grad(penalty(), weight)
    step = 1e-6
    with torch.no_grad():
        weight[1, 0] += step
    above = penalty().item()
    with torch.no_grad():
        weight[1, 0] -= 2 * step
    assert found[1, 0].item() == pytest.approx((above - penalty().item()) / (2 * step), rel=1e-4)


def test_clipping_bounds_every_weight():
    critic = nn.Linear(5, 3)
    nn.init.normal_(critic.weight, std=5.0)
    objectives.clip_weights(critic, 0.01)
    assert all(p.abs().max() <= 0.01 for p in critic.parameters())
    assert float(critic.weight.detach().abs().max()) == pytest.approx(0.01)
