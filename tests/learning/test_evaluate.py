"""Published generators of digits and their measures."""

from __future__ import annotations

import numpy as np
import pytest

from gan_models.learning.digits import DigitData
from gan_models.learning.evaluate import WORDS, draw_digits, evaluate_digits, publish
from gan_models.learning.film import load_film
from gan_models.learning.recipes import FilmWriter
from gan_models.training.loop import Settings, run
from tests.learning.test_digits import digits, small, write_mnist

__all__ = ["digits"]  # a fixture
NAME = "digits-cgan"


@pytest.fixture
def folder(digits, tmp_path, monkeypatch):
    """`checkpoints/` with a generator of one step and its film."""
    monkeypatch.setenv("GANVAS_MNIST", str(tmp_path))
    write_mnist(tmp_path, count=40)
    folder, film = tmp_path / "run", FilmWriter(tmp_path / "run", [1, 2], True, None)

    def make():
        film.trainer = small(NAME, digits)
        return film.trainer

    run(Settings(NAME, 4, 0.008), make, lambda: DigitData(*digits), folder, callback=film)
    publish(NAME, folder, tmp_path)
    return tmp_path


def test_what_is_published_is_measured(folder):
    found = {figure.metric: figure.value for figure in evaluate_digits(NAME, 1000, folder)}
    assert set(found) == set(WORDS.values())
    film = load_film(folder / f"{NAME}.safetensors", folder / f"{NAME}-film.safetensors")
    assert film.steps == tuple(film.measures) == (1, 2)
    made, asked = draw_digits(film.generators[2], 1000)
    assert made.shape == (1000, 1, 28, 28)
    assert np.bincount(asked).tolist() == [100] * 10


@pytest.mark.parametrize("count", [0, 999, 50_001])
def test_too_few_and_too_many_samples_are_refused(count):
    with pytest.raises(ValueError, match="Measure digits on 1,000 to 50,000"):
        evaluate_digits(NAME, count)


def test_an_unknown_recipe_and_an_unfinished_run_are_refused(tmp_path):
    with pytest.raises(ValueError, match="choose from: digits-gan"):
        evaluate_digits("landscapes", 1000)
    with pytest.raises(ValueError, match="no finished run"):
        publish(NAME, tmp_path)
