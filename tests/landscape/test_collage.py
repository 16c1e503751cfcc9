"""Collages: label maps filled with textures."""

from __future__ import annotations

import numpy as np
import pytest

from gan_models.landscape.collage import Collage, textures_of

COLOURS = np.array([[10, 20, 200], [20, 120, 30], [200, 200, 190], [90, 60, 20]], np.uint8)


def scene(seed, labels=(0, 1)):
    """Two labels, one above the other, each in its colour with a little noise."""
    label_map = np.full((64, 64), labels[1], np.uint8)
    label_map[:32] = labels[0]
    noise = np.random.RandomState(seed).randint(-5, 6, (64, 64, 3))
    return (COLOURS[label_map] + noise).clip(0, 255).astype(np.uint8), label_map


@pytest.fixture
def collage():
    scenes = [scene(seed) for seed in range(3)] + [scene(3, (0, 2))]
    return Collage(*map(np.stack, zip(*scenes, strict=True)))


def test_every_region_has_the_colour_of_its_label(collage):
    label_map = np.random.RandomState(1).randint(0, 3, (8, 8)).repeat(16, 0).repeat(16, 1)
    picture = collage.fill(label_map, np.random.RandomState(2))
    assert picture.shape == (128, 128, 3)
    assert picture.dtype == np.uint8
    assert np.abs(picture.astype(int) - COLOURS[label_map]).max() <= 5


def test_a_label_that_no_scene_has_is_grey(collage):
    picture = collage.fill(np.full((32, 32), 3), np.random.RandomState(0))
    assert (picture == 128).all()


def test_chance_alone_decides(collage):
    label_map = np.zeros((32, 32), int)
    first, again, other = (
        collage.fill(label_map, np.random.RandomState(seed)) for seed in (0, 0, 1)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_textures_lie_inside_their_regions():
    picture, label_map = scene(0)
    for label, texture in textures_of(picture, label_map).items():
        assert np.abs(texture.astype(int) - COLOURS[label]).max() <= 5


def test_a_thin_band_has_no_texture():
    picture, label_map = scene(0)
    label_map[:] = 1
    label_map[:3] = 0
    assert set(textures_of(picture, label_map)) == {1}
