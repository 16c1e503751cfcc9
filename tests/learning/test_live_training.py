"""Live trainings: gradients by finite differences, clipping, critic steps, penalties, seeds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gan_models.learning.live import losses, training
from gan_models.learning.live.objectives import OBJECTIVES
from gan_models.learning.live.optimizers import Adam, Sgd
from gan_models.learning.live.perceptron import Perceptron
from gan_models.learning.live.settings import Settings
from gan_models.learning.live.spectral import SpectralPerceptron
from gan_models.learning.live.training import Training, between

SMALL = Settings(width=5, noise_dim=3, seed=4)


def exact(objective, data="ring"):
    """A small training in double precision, a few steps old."""
    made = Training(replace(SMALL, objective=objective, data=data), dtype=np.float64)
    for _ in range(3):
        made.step()
    return made


def differences(value, flat, places, step=1e-6):
    """The derivatives of `value()` by some of the numbers in `flat`."""
    found = []
    for k in places:
        before = flat[k]
        flat[k] = before + step
        up = value()
        flat[k] = before - step
        down = value()
        flat[k] = before
        found.append((up - down) / (2 * step))
    return np.array(found)


@pytest.mark.parametrize("data", ["ring", "bumps"])
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_discriminators_gradient_is_that_of_finite_differences(objective, data):
    made = exact(objective, data)
    network = made.discriminator
    real, fake = made.draw_real(7), made.generator(made.draw_noise(7))
    grad = np.zeros_like(made.trained)

    def value():
        if isinstance(network, SpectralPerceptron):  # the singular vectors count as constants
            network.flat[:] = made.trained
            for k, weight in enumerate(network.weights):
                weight /= float(network._left[k] @ weight @ network._right[k])
        made._random = np.random.RandomState(0)  # the same points between real and generated
        return made.discriminator_gradient(real, fake, np.zeros_like(grad))

    value()
    made._random = np.random.RandomState(0)
    made.discriminator_gradient(real, fake, grad)
    if isinstance(network, SpectralPerceptron):
        network.raw_gradient(grad)
    places = np.random.RandomState(0).permutation(len(grad))[:40]
    wanted = differences(value, made.trained, places)
    assert np.abs(wanted).max() > 1e-3
    assert grad[places] == pytest.approx(wanted, rel=1e-4, abs=1e-7)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_generators_gradient_is_that_of_finite_differences(objective):
    made = exact(objective)
    real, noise = made.draw_real(7), made.draw_noise(7)
    grad = np.zeros_like(made.generator.flat)
    made.generator_gradient(real, noise, grad)
    value = lambda: made.generator_gradient(real, noise, np.zeros_like(grad))
    places = np.random.RandomState(0).permutation(len(grad))[:40]
    wanted = differences(value, made.generator.flat, places)
    assert np.abs(wanted).max() > 1e-4
    assert grad[places] == pytest.approx(wanted, rel=1e-4, abs=1e-7)


def test_the_gradient_at_the_points_is_that_of_finite_differences():
    network = Perceptron((2, 6, 6, 1), np.random.RandomState(0), np.float64)
    x = np.random.RandomState(1).randn(4, 2)
    found = network.slopes_at(network.forward(x))[0]
    for axis in range(2):
        step = np.eye(2)[axis] * 1e-6
        wanted = (network(x + step) - network(x - step))[:, 0] / 2e-6
        assert found[:, axis] == pytest.approx(wanted, abs=1e-7)


def test_clipping_bounds_every_weight():
    made = Training(replace(SMALL, objective="wgan"))
    for _ in range(5):
        made.step()
        assert np.abs(made.discriminator.flat).max() <= np.float32(0.1)
    assert np.abs(made.discriminator.flat).max() == pytest.approx(0.1)
    assert np.abs(made.generator.flat).max() > 0.1


def test_spectral_normalisation_bounds_every_layer():
    made = Training(replace(SMALL, objective="hinge", discriminator_rate=0.01))
    for _ in range(50):
        made.step()
    network = made.discriminator
    assert isinstance(network, SpectralPerceptron)
    raw, _ = network.views(network.raw)
    for weight, sigma in zip(raw, network.sigmas, strict=True):
        assert 0 < sigma <= np.linalg.norm(weight, 2) * 1.0001  # one iteration an update is behind
    for _ in range(200):
        network.normalise()
    for weight in network.weights:
        assert np.linalg.norm(weight, 2) == pytest.approx(1, abs=1e-3)
    assert np.linalg.norm(network.raw) > np.linalg.norm(network.flat)


@pytest.mark.parametrize("steps", [1, 4])
def test_the_critic_takes_its_steps(steps, monkeypatch):
    made = Training(replace(SMALL, discriminator_steps=steps))
    calls = []
    for name in ("discriminator_step", "generator_step"):
        once = getattr(made, name)
        monkeypatch.setattr(made, name, lambda once=once, name=name: calls.append(name) or once())
    made.step()
    assert calls == ["discriminator_step"] * steps + ["generator_step"]
    assert made.step_count == 1


def test_a_head_start_trains_the_discriminator_alone():
    made = Training(replace(SMALL, head_start=3))
    generator, discriminator = made.generator.flat.copy(), made.discriminator.flat.copy()
    for _ in range(3):
        made.step()
    assert made.step_count == 0
    assert (made.generator.flat == generator).all()
    assert (made.discriminator.flat != discriminator).any()
    made.step()
    assert made.step_count == 1
    assert (made.generator.flat != generator).any()


def test_penalty_points_lie_between_real_and_generated(monkeypatch):
    real, fake = np.full((500, 2), 3.0), np.full((500, 2), -1.0)
    points = between(real, fake, np.random.RandomState(0))
    assert (points[:, 0] == points[:, 1]).all()
    assert points.min() < -0.9
    assert points.max() > 2.9
    assert np.ptp(points) <= 4

    seen = []
    made = exact("wgan-gp")
    monkeypatch.setattr(training, "between", lambda *pair: seen.append(pair) or between(*pair))
    made.discriminator_step()
    assert len(seen) == 1
    assert seen[0][0].shape == seen[0][1].shape == (training.BATCH, 2)


@pytest.mark.parametrize(("where", "count"), [("r1", 7), ("relativistic", 14)])
def test_penalties_are_taken_at_real_and_at_both(where, count, monkeypatch):
    made = exact(where)
    seen = []
    watched = lambda gradients: seen.append(len(gradients)) or losses.zero_centred(gradients)
    made.objective = replace(made.objective, penalty=watched)
    real, fake = made.draw_real(7), made.generator(made.draw_noise(7))
    made.discriminator_gradient(real, fake, np.zeros_like(made.trained))
    assert seen == [count]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_seed_is_a_training(objective):
    def weights(seed):
        made = Training(replace(SMALL, objective=objective, seed=seed))
        for _ in range(20):
            made.step()
        return np.concatenate([made.generator.flat, made.discriminator.flat])

    assert (weights(1) == weights(1)).all()
    assert (weights(1) != weights(2)).any()


def test_two_objectives_start_from_the_same_networks_and_data():
    one, two = (Training(replace(SMALL, objective=name)) for name in ("minimax", "relativistic"))
    assert (one.generator.flat == two.generator.flat).all()
    assert (one.discriminator.flat == two.discriminator.flat).all()
    assert (one.draw_real(9) == two.draw_real(9)).all()


def test_what_diverges_stops():
    made = Training(replace(SMALL, objective="wgan-gp", optimizer="sgd", generator_rate=0.5,
                            discriminator_rate=0.5))  # fmt: skip
    for _ in range(500):
        made.step()
    assert made.has_diverged
    count = made.step_count
    made.step()
    assert made.step_count == count


def test_adam_takes_the_steps_of_its_paper():
    flat = np.array([1.0, -2.0])
    optimizer = Adam(flat, 0.1, betas=(0.5, 0.9))
    optimizer.step(np.array([3.0, -0.5]))
    assert flat == pytest.approx([0.9, -1.9])  # the first step is the rate, against the sign
    optimizer.step(np.array([1.0, 0.5]))
    mean = (0.5 * 0.5 * 3 + 0.5 * 1) / (1 - 0.25)
    square = (0.9 * 0.1 * 9 + 0.1 * 1) / (1 - 0.81)
    assert flat[0] == pytest.approx(0.9 - 0.1 * mean / np.sqrt(square))


def test_gradient_descent_is_proportional():
    flat = np.array([1.0, -2.0])
    Sgd(flat, 0.1).step(np.array([3.0, 1e-6]))
    assert flat == pytest.approx([0.7, -2.0 - 1e-7], abs=1e-12)
