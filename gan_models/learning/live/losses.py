"""Published losses on logits [N], each with its derivative, for networks without autograd.

A loss returns its value and the derivatives by the logits of the real and of the generated points,
in the order of its arguments. D(x) in the papers is `sigmoid(logit)` for the losses with logarithms
and the logit itself for the others.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gan_models.learning.live.perceptron import Array

Loss = Callable[[Array, Array], tuple[float, Array, Array]]  # value, by real, by fake
Penalty = Callable[[Array], tuple[float, Array]]  # of gradients [N, dim]: value, derivative


def softplus(x: Array) -> Array:
    """log(1 + exp(x)), without overflow."""
    return np.logaddexp(x, x.dtype.type(0))


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), without overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def cross_entropy(real: Array, fake: Array) -> tuple[float, Array, Array]:
    """-log D(x) - log(1 - D(G(z))): Goodfellow et al. 2014 (arXiv:1406.2661), equation 1."""
    value = float(softplus(-real).mean() + softplus(fake).mean())
    return value, -sigmoid(-real) / len(real), sigmoid(fake) / len(fake)


def saturating(real: Array, fake: Array) -> tuple[float, Array, Array]:
    """log(1 - D(G(z))): Goodfellow et al. 2014, equation 1."""
    return float(-softplus(fake).mean()), np.zeros_like(real), -sigmoid(fake) / len(fake)


def nonsaturating(real: Array, fake: Array) -> tuple[float, Array, Array]:
    """-log D(G(z)): Goodfellow et al. 2014, end of section 3."""
    return float(softplus(-fake).mean()), np.zeros_like(real), -sigmoid(-fake) / len(fake)


def least_squares(real: Array, fake: Array) -> tuple[float, Array, Array]:
    """(D(x) - 1)^2 / 2 + D(G(z))^2 / 2: Mao et al. 2017 (arXiv:1611.04076), equation 9."""
    value = float(np.square(real - 1).mean() + np.square(fake).mean()) / 2
    return value, (real - 1) / len(real), fake / len(fake)


def least_squares_generator(real: Array, fake: Array) -> tuple[float, Array, Array]:
    """(D(G(z)) - 1)^2 / 2: Mao et al. 2017, equation 9."""
    return float(np.square(fake - 1).mean()) / 2, np.zeros_like(real), (fake - 1) / len(fake)


def wasserstein(real: Array, fake: Array) -> tuple[float, Array, Array]:
    """D(G(z)) - D(x): Arjovsky et al. 2017 (arXiv:1701.07875), equation 2, to be minimised."""
    value = float(fake.mean() - real.mean())
    return value, np.full_like(real, -1 / len(real)), np.full_like(fake, 1 / len(fake))


def wasserstein_generator(real: Array, fake: Array) -> tuple[float, Array, Array]:
    """-D(G(z)): Arjovsky et al. 2017, algorithm 1, line 10."""
    return float(-fake.mean()), np.zeros_like(real), np.full_like(fake, -1 / len(fake))


def hinge(real: Array, fake: Array) -> tuple[float, Array, Array]:
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z))): Miyato et al. 2018, equation 16."""
    value = float(np.maximum(1 - real, 0).mean() + np.maximum(1 + fake, 0).mean())
    by_real = np.where(real < 1, -1 / len(real), 0).astype(real.dtype)
    return value, by_real, np.where(fake > -1, 1 / len(fake), 0).astype(fake.dtype)


def relativistic(real: Array, fake: Array) -> tuple[float, Array, Array]:
    """softplus(D(G(z)) - D(x)), in pairs: Huang et al. 2024 (arXiv:2501.05441), equation 2."""
    by_fake = sigmoid(fake - real) / len(real)
    return float(softplus(fake - real).mean()), -by_fake, by_fake


def relativistic_generator(real: Array, fake: Array) -> tuple[float, Array, Array]:
    """softplus(D(x) - D(G(z))), in pairs: Huang et al. 2024, equation 2."""
    by_real = sigmoid(real - fake) / len(real)
    return float(softplus(real - fake).mean()), by_real, -by_real


def lipschitz(gradients: Array) -> tuple[float, Array]:
    """(|gradient| - 1)^2: Gulrajani et al. 2017 (arXiv:1704.00028), equation 3."""
    norms = np.sqrt(np.square(gradients).sum(axis=1, keepdims=True))
    derivative = 2 * (norms - 1) * gradients / np.maximum(norms, 1e-12) / len(gradients)
    return float(np.square(norms - 1).mean()), derivative


def zero_centred(gradients: Array) -> tuple[float, Array]:
    """|gradient|^2 / 2: R1 and R2, Mescheder et al. 2018 (arXiv:1801.04406), equations 9 and 10."""
    return float(np.square(gradients).sum(axis=1).mean()) / 2, gradients / len(gradients)
