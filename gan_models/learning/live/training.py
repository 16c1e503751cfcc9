"""A live training: a generator and a discriminator, perceptrons on points."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import threadpoolctl

from gan_models.learning.live.data import DATA, DRAWN, DataSet, Points, drawn
from gan_models.learning.live.losses import Loss
from gan_models.learning.live.objectives import OBJECTIVES
from gan_models.learning.live.optimizers import OPTIMIZERS
from gan_models.learning.live.perceptron import Array, Perceptron, Trace
from gan_models.learning.live.settings import Settings
from gan_models.learning.live.spectral import SpectralPerceptron

BATCH = 128
FIRST_SPREAD = 0.1  # of the last weights: the generator starts from a small cloud in the middle
DIVERGED = 1e6  # weights or losses beyond this are not trained on


@functools.cache
def use_one_thread() -> Any:
    """Let NumPy multiply matrices on one thread, in this process, from now on.

    Matrices this small take several times as long on two threads, which wait for each other, and
    results would depend on the number of cores. PyTorch's threads are its own.
    """
    return threadpoolctl.threadpool_limits(1, user_api="blas")


class Training:
    """A training from the first weights on; the same settings give the same training.

    Args:
        settings: of the training.
        dtype: float32, or float64 where gradients are checked.

    Attributes:
        step_count: steps of the generator so far.
        discriminator_loss, generator_loss: of the last step, penalties included.
        distance: the Wasserstein estimate of the last step; None for objectives without one.
        has_diverged: the numbers overflowed; `step` does nothing more.
    """

    def __init__(self, settings: Settings, dtype: type[np.floating] = np.float32) -> None:
        use_one_thread()
        self.settings, self.dtype = settings, dtype
        self.data = data_of(settings)
        self.objective = OBJECTIVES[settings.objective]
        start = np.random.RandomState(settings.seed)
        hidden = (settings.width, settings.width)
        self.generator = Perceptron((settings.noise_dim, *hidden, self.data.dim), start, dtype)
        self.generator.weights[-1][:] *= FIRST_SPREAD
        kind = SpectralPerceptron if self.objective.spectral else Perceptron
        self.discriminator = kind((self.data.dim, *hidden, 1), start, dtype)
        self._random = np.random.RandomState(start.randint(2**31))
        optimizer = OPTIMIZERS[settings.optimizer]
        self._generator_optimizer = optimizer(self.generator.flat, settings.generator_rate)
        self._discriminator_optimizer = optimizer(self.trained, settings.discriminator_rate)
        self._generator_grad = np.zeros_like(self.generator.flat)
        self._discriminator_grad = np.zeros_like(self.trained)
        self.step_count, self.head_start_left = 0, settings.head_start
        self.discriminator_loss = self.generator_loss = 0.0
        self.distance: float | None = None
        self.has_diverged = False

    @property
    def trained(self) -> Array:
        """The discriminator's parameters that the optimizer changes."""
        network = self.discriminator
        return network.raw if isinstance(network, SpectralPerceptron) else network.flat

    def draw_noise(self, count: int, random: np.random.RandomState | None = None) -> Array:
        """Standard normal noise [count, noise_dim], the generator's input."""
        random = random or self._random
        return random.standard_normal((count, self.settings.noise_dim)).astype(self.dtype)

    def draw_real(self, count: int) -> Points:
        """Points of the data [count, dim]."""
        return self.data.draw(self._random, count).astype(self.dtype, copy=False)

    def step(self) -> None:
        """The steps of both networks, or a step of the discriminator's head start."""
        if self.has_diverged:
            return
        with np.errstate(over="ignore", invalid="ignore"):
            if self.head_start_left:
                self.head_start_left -= 1
                self.discriminator_step()
            else:
                for _ in range(self.settings.discriminator_steps):
                    self.discriminator_step()
                self.generator_step()
                self.step_count += 1
            largest = max(np.abs(self.generator.flat).max(), np.abs(self.trained).max())
        self.has_diverged = not largest < DIVERGED

    def discriminator_step(self) -> None:
        """One step of the discriminator: its loss, its penalty, and clipping."""
        real, noise = self.draw_real(BATCH), self.draw_noise(BATCH)
        grad = self._discriminator_grad
        self.discriminator_loss = self.discriminator_gradient(real, self.generator(noise), grad)
        network, clip = self.discriminator, self.objective.clip
        if isinstance(network, SpectralPerceptron):
            network.raw_gradient(grad)
        self._discriminator_optimizer.step(grad)
        if clip is not None:
            np.clip(self.trained, -clip, clip, out=self.trained)
        if isinstance(network, SpectralPerceptron):
            network.normalise()

    def discriminator_gradient(self, real: Points, fake: Points, grad: Array) -> float:
        """The discriminator's loss; its gradient overwrites `grad`, a vector like `flat`.

        Args:
            real, fake: points [N, dim] each.
        """
        count, network = len(real), self.discriminator
        grad[:] = 0
        trace = network.forward(np.concatenate([real, fake]))
        logits = trace.output[:, 0]
        value, by_real, by_fake = self.objective.discriminator(logits[:count], logits[count:])
        self.distance = -value if self.objective.estimates_distance else None
        network.backward(trace, np.concatenate([by_real, by_fake])[:, None], grad)
        return value + self._penalise(trace, real, fake, grad)

    def _penalise(self, trace: Trace, real: Points, fake: Points, grad: Array) -> float:
        """The penalty of the objective, weighted; its gradient is added to `grad`."""
        objective, network = self.objective, self.discriminator
        if objective.penalty is None:
            return 0.0
        if objective.where == "between":
            trace = network.forward(between(real, fake, self._random))
        elif objective.where == "real":
            trace = _part(trace, len(real))
        chain = network.slopes_at(trace)
        value, derivative = objective.penalty(chain[0])
        # R1 and R2 are means over their own points, which are half of those of the trace
        weight = objective.weight * (2 if objective.where == "both" else 1)
        derivative = (weight * derivative).astype(self.dtype)
        network.penalty_backward(trace, chain, derivative, grad)
        return weight * value

    def generator_step(self) -> None:
        """One step of the generator."""
        real, noise = self.draw_real(BATCH), self.draw_noise(BATCH)
        grad = self._generator_grad
        self.generator_loss = self.generator_gradient(real, noise, grad)
        self._generator_optimizer.step(grad)

    def generator_gradient(
        self, real: Points, noise: Array, grad: Array, loss: Loss | None = None
    ) -> float:
        """The generator's loss; its gradient overwrites `grad`, a vector like `generator.flat`.

        Args:
            real: points [N, dim], for losses on pairs.
            noise: [N, noise_dim].
            loss: instead of the objective's.
        """
        grad[:] = 0
        trace = self.generator.forward(noise)
        value, by_points = self.loss_at(real, trace.output, loss or self.objective.generator)
        self.generator.backward(trace, by_points, grad)
        return value

    def loss_at(self, real: Points, fake: Points, loss: Loss) -> tuple[float, Points]:
        """A generator's loss, and its derivative by each generated point [N, dim]."""
        trace = self.discriminator.forward(fake)
        value, _, by_fake = loss(self.discriminator(real)[:, 0], trace.output[:, 0])
        return value, self.discriminator.backward(trace, by_fake[:, None])


def data_of(settings: Settings) -> DataSet:
    """The data that settings name."""
    if settings.data == DRAWN:
        return drawn(np.array(settings.points, float))
    return DATA[settings.data]


def between(real: Points, fake: Points, random: np.random.RandomState) -> Points:
    """A random point on the line from each generated point to its real one, [N, dim]."""
    share = random.random_sample((len(real), 1)).astype(real.dtype)
    return share * real + (1 - share) * fake


def _part(trace: Trace, count: int) -> Trace:
    """The first points of a trace."""
    return Trace(
        [x[:count] for x in trace.inputs], [s[:count] for s in trace.slopes], trace.output[:count]
    )
