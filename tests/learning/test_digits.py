"""The trainings on digits: steps, critics, films, and MNIST from a folder."""

from __future__ import annotations

import dataclasses
import gzip
import itertools
import struct

import numpy as np
import pytest
import torch

from gan_models.learning.digits import DigitData, DigitTrainer, distort, geometric_steps, measure
from gan_models.learning.film import load_film, pack_film
from gan_models.learning.mnist import load_digits
from gan_models.learning.recipes import RECIPES, FilmWriter
from gan_models.media.tensors import to_float
from gan_models.networks.digits import DigitClassifier, DigitDiscriminator, DigitGenerator
from gan_models.training.loop import Settings, run

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def digits():
    """Sixty pictures of noise, with numbers."""
    random = np.random.RandomState(0)
    images = torch.from_numpy(random.randint(0, 256, (60, 1, 28, 28)).astype(np.uint8))
    return images, torch.arange(60) % 10


def small(name, digits):
    """The trainer of a recipe."""
    classifier = DigitClassifier(width=4)
    return DigitTrainer(RECIPES[name].settings, CPU, digits[0], classifier)


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_steps_and_measures(name, digits):
    trainer, data = small(name, digits), DigitData(*digits)
    steps = RECIPES[name].settings.critic_steps
    losses = trainer.step(data.batch(0, 0, 4 * steps), 2)
    assert all(np.isfinite(value) for value in losses.values())
    found = trainer.evaluate()
    assert 0 <= found["digits_covered"] <= 10
    assert ("accuracy" in found) == (name == "digits-cgan")


def test_the_critic_takes_its_steps_and_is_clipped(digits, monkeypatch):
    trainer, data = small("digits-wgan", digits), DigitData(*digits)
    counts = dict.fromkeys(trainer.optimizers, 0)
    for name, optimizer in trainer.optimizers.items():
        step = optimizer.step

        def counted(*values, name=name, step=step):
            counts[name] += 1
            return step(*values)

        monkeypatch.setattr(optimizer, "step", counted)
    trainer.step(data.batch(0, 0, 20), 1)
    assert counts == {"discriminator": 5, "generator": 1}
    critic = trainer.networks["discriminator"]
    assert all(p.abs().max() <= 0.01 for p in critic.parameters())


def test_r1_is_added_to_the_loss_of_the_discriminator(digits):
    trainer = small("digits-dcgan", digits)
    batch = DigitData(*digits).batch(0, 0, 8)
    trainer.settings = dataclasses.replace(trainer.settings, r1=2.0, augment=False)
    torch.manual_seed(3)
    loss, terms = trainer._discriminator_loss(batch)
    assert terms["r1"] > 0
    torch.testing.assert_close(loss, terms["discriminator"] + 2.0 * terms["r1"])
    critic = trainer.networks["discriminator"]
    image = to_float(batch["images"][:1]).requires_grad_(True)
    gradient, step = torch.autograd.grad(critic(image).sum(), image)[0], 1e-2
    moved = critic(image + step * gradient / gradient.norm()) - critic(image)
    torch.testing.assert_close(moved[0] / step, gradient.norm(), rtol=0.05, atol=1e-3)


@pytest.mark.parametrize("hidden", [0, 12])
@pytest.mark.parametrize("num_classes", [0, 10])
def test_a_generator_with_or_without_a_hidden_layer_is_built_again(hidden, num_classes):
    network = DigitGenerator(z_dim=6, width=4, num_classes=num_classes, hidden=hidden).eval()
    again = DigitGenerator(**network.config).eval()
    again.load_state_dict(network.state_dict())
    z, c = torch.randn(3, 6), torch.eye(10)[:3] if num_classes else None
    made = network(z, c)
    assert made.shape == (3, 1, 28, 28)
    assert torch.equal(made, again(z, c))
    assert network.class_embedding.shape == (num_classes, hidden or 49 * 4)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("deep", [False, True])
def test_a_discriminator_of_two_or_three_convolutions_is_built_again(norm, deep):
    network = DigitDiscriminator(4, norm=norm, deep=deep).eval()
    again = DigitDiscriminator(**network.config).eval()
    again.load_state_dict(network.state_dict())
    images = torch.randn(3, 1, 28, 28)
    assert network(images).shape == (3,)
    assert torch.equal(network(images), again(images))


@pytest.mark.parametrize("with_discriminators", [True, False])
def test_a_film_is_written_packed_and_played(digits, tmp_path, with_discriminators):
    film = FilmWriter(tmp_path, geometric_steps(6, 3), with_discriminators, None)

    def make():
        film.trainer = small("digits-dcgan", digits)
        return film.trainer

    settings = Settings("digits-dcgan", 4, 0.024)
    run(settings, make, lambda: DigitData(*digits), tmp_path, callback=film)
    assert pack_film(tmp_path, tmp_path / "film.safetensors", lambda g: {"z_dim": g.z_dim}) == (
        1,
        2,
        6,
    )
    played = load_film(tmp_path / "generator.safetensors", tmp_path / "film.safetensors")
    assert played.steps == (1, 2, 6)
    assert played.measures == {step: {"z_dim": 100} for step in (1, 2, 6)}
    assert [x for x, _ in played.curves["generator"]] == [0.004 * k for k in range(1, 7)]
    z = torch.randn(4, 100)
    first, last = played.draw(1, z), played.draw(6, z)
    assert first.shape == (4, 1, 28, 28)
    assert not torch.equal(first, last)
    kept = (1, 2, 6) if with_discriminators else (6,)
    for step in played.steps:
        scores = played.score(step, first)
        assert scores.shape == (4,) if step in kept else scores is None
    assert film.trainer is not None
    judge = film.trainer.networks["discriminator"].eval()
    torch.testing.assert_close(played.score(6, first), judge(first), atol=0.02, rtol=0.02)
    with pytest.raises(ValueError, match="no snapshot of step 3"):
        played.draw(3, z)


def test_a_resumed_training_ends_as_a_whole_one(digits, tmp_path):
    settings = Settings("digits-wgan-gp", 6, 0.036)
    make = lambda: small("digits-wgan-gp", digits)
    data = lambda: DigitData(*digits)
    run(settings, make, data, tmp_path / "whole")
    run(settings, make, data, tmp_path / "parts", callback=lambda p: p.step < 3)
    assert run(settings, make, data, tmp_path / "parts", resume=True).finished
    one, two = ((tmp_path / x / "losses.csv").read_text() for x in ("whole", "parts"))
    assert one == two


def test_steps_are_spaced_geometrically():
    steps = geometric_steps(10_000, 9)
    assert (steps[0], steps[-1], len(steps)) == (1, 10_000, 9)
    ratios = [b / a for a, b in itertools.pairwise(steps[1:])]
    assert max(ratios) / min(ratios) < 1.2


def test_an_epoch_has_every_digit_once(digits):
    data = DigitData(torch.arange(60), torch.arange(60))
    seen = torch.cat([data.batch(3, start, 20)["digits"] for start in (0, 20, 40)])
    assert sorted(seen.tolist()) == list(range(60))
    assert data.batch(3, 60, 60)["digits"].tolist() != seen.tolist()


def test_coverage_counts_digits_with_a_percent():
    class Fixed(torch.nn.Module):
        def features(self, images):
            return images.reshape(len(images), -1)[:, :4]

        def out(self, features):
            return torch.nn.functional.one_hot((features[:, 0] > 0).long(), 10).float()

    made = torch.rand(200, 1, 28, 28) + 0.1
    made[0] = -1.0  # half a percent
    found = measure(Fixed(), made, torch.rand(200, 1, 28, 28))
    assert found["digits_covered"] == 1.0
    assert found["least_share"] == 0.0


def test_distorted_digits_stay_in_range():
    torch.manual_seed(0)
    images = torch.rand(8, 1, 28, 28) * 2 - 1
    made = distort(images)
    assert made.shape == images.shape
    assert made.min() >= -1.001
    assert made.max() <= 1.001


def write_mnist(root, count=5, cut=0):
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part in ("train", "t10k"):
        images = struct.pack(">IIII", 2051, count, 28, 28) + bytes(28 * 28 * count)
        labels = struct.pack(">II", 2049, count) + bytes(range(count))
        (raw / f"{part}-images-idx3-ubyte").write_bytes(images[: len(images) - cut])
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(labels)
    return raw


def test_mnist_is_read_from_a_folder(tmp_path):
    write_mnist(tmp_path)
    images, labels = load_digits(True, tmp_path)
    assert images.shape == (5, 1, 28, 28)
    assert labels.tolist() == [0, 1, 2, 3, 4]


def test_a_missing_folder_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("GANVAS_MNIST", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="unzip MNIST's four files there, or set GANVAS_MNIST"):
        load_digits(True)


@pytest.mark.parametrize("fault", ["cut", "packed", "empty", "other labels"])
def test_a_damaged_file_says_what_to_do(tmp_path, fault):
    raw = write_mnist(tmp_path, cut=100 if fault == "cut" else 0)
    images, labels = raw / "train-images-idx3-ubyte", raw / "train-labels-idx1-ubyte"
    if fault == "packed":
        images.write_bytes(gzip.compress(images.read_bytes()))
    if fault == "empty":
        images.write_bytes(b"")
    if fault == "other labels":
        labels.write_bytes(struct.pack(">II", 2049, 3) + bytes(3))
    with pytest.raises(ValueError, match="unzip MNIST's four files there again"):
        load_digits(True, tmp_path)
