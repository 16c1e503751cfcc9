"""Optimizers on one vector of parameters."""

from __future__ import annotations

import numpy as np

from gan_models.learning.live.perceptron import Array

BETAS, EPSILON = (0.5, 0.99), 1e-8


class Adam:
    """Adam (Kingma and Ba 2015, arXiv:1412.6980), algorithm 1.

    Args:
        flat: the parameters, which `step` changes in place.
        rate: the step size.
    """

    def __init__(self, flat: Array, rate: float, betas: tuple[float, float] = BETAS) -> None:
        self.flat, self.rate, self.betas = flat, rate, betas
        self.num_steps = 0
        self._mean, self._square = np.zeros_like(flat), np.zeros_like(flat)
        self._scratch = np.zeros_like(flat)

    def step(self, grad: Array) -> None:
        """Change the parameters against a gradient, which is overwritten."""
        self.num_steps += 1
        first, second = self.betas
        mean, square, scratch = self._mean, self._square, self._scratch
        mean *= first
        square *= second
        np.multiply(grad, 1 - first, out=scratch)
        mean += scratch
        grad *= grad
        grad *= 1 - second
        square += grad
        correction = 1 - second**self.num_steps
        np.divide(square, correction, out=scratch)
        np.sqrt(scratch, out=scratch)
        scratch += EPSILON
        np.divide(mean, scratch, out=scratch)
        scratch *= self.rate / (1 - first**self.num_steps)
        self.flat -= scratch


class Sgd:
    """Gradient descent: a step is the rate times the gradient, however small that is."""

    def __init__(self, flat: Array, rate: float) -> None:
        self.flat, self.rate = flat, rate

    def step(self, grad: Array) -> None:
        """Change the parameters against a gradient, which is overwritten."""
        grad *= self.rate
        self.flat -= grad


OPTIMIZERS = {"adam": Adam, "sgd": Sgd}
