"""Latent pipelines: samples, morphs and interpolations."""

import hashlib

import numpy as np
import pytest

from gan_models import load_pipeline, weights
from gan_models.zoo import get_spec
from tests.fakes import fake_load


@pytest.fixture(scope="module")
def faces():
    return load_pipeline("faces-64", device="cpu")


def pixels(image) -> np.ndarray:
    return np.asarray(image).astype(int)


def test_faces_are_64_px_rgb_and_differ(faces):
    pictures = faces.sample([0, 1, 2, 3])
    assert {picture.size for picture in pictures} == {(64, 64)}
    assert {picture.mode for picture in pictures} == {"RGB"}
    assert all(pixels(picture).std() > 20 for picture in pictures)
    assert np.abs(pixels(pictures[0]) - pixels(pictures[1])).mean() > 10


def test_a_seed_gives_the_same_picture_alone_and_in_a_batch(faces):
    alone, batch = faces.sample([9])[0], faces.sample(range(16))
    assert np.abs(pixels(alone) - pixels(batch[9])).max() <= 1


def test_psi_zero_is_one_picture_and_psi_one_the_default(faces):
    still = faces.sample([1, 2], truncation_psi=0)
    assert np.abs(pixels(still[0]) - pixels(still[1])).max() <= 1
    assert (pixels(faces.sample([1])[0]) == pixels(faces.sample([1], 1.0)[0])).all()


def test_a_closed_walk_has_no_jump_not_even_at_its_seam(faces):
    frames = [pixels(frame) for frame in faces.interpolate([3, 8, 3], 24)]
    steps = [
        np.abs(frame - following).mean()
        for frame, following in zip(frames, [*frames[1:], frames[0]], strict=True)
    ]
    assert len(frames) == 24
    assert max(steps) < 3 * np.median(steps)
    assert np.abs(frames[12] - pixels(faces.sample([8])[0])).max() <= 1


def test_a_morph_ends_exactly_on_the_two_samples(faces):
    a, middle, b = faces.morphs(3, 8, [0, 0.5, 1])
    plain_a, plain_b = faces.sample([3, 8])
    assert np.abs(pixels(a) - pixels(plain_a)).max() <= 1
    assert np.abs(pixels(b) - pixels(plain_b)).max() <= 1
    assert np.abs(pixels(middle) - pixels(a)).mean() > 1


def test_every_picture_carries_its_provenance(faces):
    import json

    provenance = json.loads(faces.sample([5], 0.7)[0].info["ganvas"])
    assert provenance["model"] == "faces-64"
    assert provenance["seed"] == 5
    assert provenance["truncation_psi"] == 0.7
    path = weights.find(get_spec("faces-64"))
    assert provenance["weights_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda pipe: pipe.sample([]), "seeds"),
        (lambda pipe: pipe.sample([-1]), "Seeds are whole numbers"),
        (lambda pipe: pipe.sample([0], truncation_psi=float("nan")), "ψ"),
        (lambda pipe: pipe.interpolate([1], 10), "seeds"),
        (lambda pipe: pipe.interpolate([1, 2], 1), "2 to 3600 frames"),
        (lambda pipe: pipe.interpolate([1, 2], 3601), "2 to 3600 frames"),
        (lambda pipe: pipe.interpolate([1, 2], 10, space="w"), "no w space"),
        (lambda pipe: pipe.morph(1, 2, 1.5), "position"),
    ],
)
def test_what_is_out_of_range_is_refused_with_a_sentence(call, says):
    with pytest.raises(ValueError, match=says):
        call(fake_load("faces-64"))


def test_large_requests_are_split_into_batches():
    pipeline = fake_load("faces-64")
    pipeline.sample(range(200))
    assert sum(pipeline.generator.calls) == 200
    assert max(pipeline.generator.calls) == pipeline.batch_size <= 64
