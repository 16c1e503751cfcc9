"""Spectral normalisation of a perceptron, with its gradient."""

from __future__ import annotations

import numpy as np

from gan_models.learning.live.perceptron import Array, Perceptron


class SpectralPerceptron(Perceptron):
    """A perceptron whose weights are divided by their largest singular value.

    Miyato et al. 2018 (arXiv:1802.05957): the singular value comes from one step of the power
    iteration an update, equations 8 and 11, algorithm 1. `raw` holds the weights that are trained,
    `flat` the normalised ones that a forward pass uses.
    """

    def __init__(
        self,
        sizes: tuple[int, ...],
        random: np.random.RandomState,
        dtype: type[np.floating] = np.float32,
    ) -> None:
        super().__init__(sizes, random, dtype)
        self.raw = self.flat.copy()
        self._left = [random.standard_normal(len(w)).astype(dtype) for w in self.weights]
        self._right = [np.zeros(w.shape[1], dtype) for w in self.weights]
        self.sigmas = [1.0] * len(self.weights)
        for _ in range(20):
            self.normalise()

    def normalise(self) -> None:
        """One step of the power iteration, and `flat` from `raw`."""
        self.flat[:] = self.raw
        for k, weight in enumerate(self.weights):
            right = _unit(self._left[k] @ weight)
            left = _unit(weight @ right)
            self._left[k], self._right[k] = left, right
            self.sigmas[k] = float(left @ weight @ right)
            weight /= self.sigmas[k]

    def raw_gradient(self, grad: Array) -> None:
        """Turn the gradient at `flat` into that at `raw`, in place (equation 12)."""
        weights, _ = self.views(grad)
        for k, weight in enumerate(weights):
            along = float((weight * self.weights[k]).sum())
            weight -= along * np.outer(self._left[k], self._right[k])
            weight /= self.sigmas[k]


def _unit(vector: Array) -> Array:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)
