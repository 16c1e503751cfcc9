"""The objectives of the Learn tab: one function per published loss, on logits [N]."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Critic = Callable[[Tensor], Tensor]


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Generative adversarial nets (Goodfellow et al. 2014, arXiv:1406.2661), equation 1."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def saturating_generator(fake: Tensor) -> Tensor:
    """Minimax: log(1 - D(G(z))), Goodfellow et al. 2014, equation 1."""
    return -F.softplus(fake).mean()


def nonsaturating_generator(fake: Tensor) -> Tensor:
    """-log D(G(z)), Goodfellow et al. 2014, end of section 3."""
    return F.softplus(-fake).mean()


def wasserstein_critic(real: Tensor, fake: Tensor) -> Tensor:
    """Wasserstein GAN (Arjovsky et al. 2017, arXiv:1701.07875), equation 2, to be minimised."""
    return fake.mean() - real.mean()


def wasserstein_generator(fake: Tensor) -> Tensor:
    """Wasserstein GAN, algorithm 1, line 10."""
    return -fake.mean()


@torch.no_grad()
def clip_weights(critic: nn.Module, limit: float) -> None:
    """Clip every weight to [-limit, limit] (Wasserstein GAN, algorithm 1, line 7)."""
    for parameter in critic.parameters():
        parameter.clamp_(-limit, limit)


def gradient_penalty(critic: Critic, real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """WGAN-GP (Gulrajani et al. 2017, arXiv:1704.00028), equation 3, without its weight.

    Args:
        critic: gives logits [N].
        real, fake: [N, ...].
        share: [N] in [0, 1]: where between fake, 0, and real, 1, each gradient is taken.
    """
    share = share.reshape(-1, *[1] * (real.ndim - 1))
    points = (share * real + (1 - share) * fake).detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()
