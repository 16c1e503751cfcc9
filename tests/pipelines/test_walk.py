"""Interpolation in latent space: constant speed and exact ends."""

from itertools import pairwise

import pytest
import torch

from gan_models.pipelines.walk import slerp, walk_times


def positions(keys, num_frames, closed, space="z"):
    """Positions of frames along the path, in units of its length."""
    times = walk_times(keys, num_frames, closed, space)
    lengths = segment_lengths(keys, space)
    return [(sum(lengths[:i]) + t * lengths[i]) / sum(lengths) for i, t in times]


def segment_lengths(keys, space):
    if space == "w":
        return [float((b - a).norm()) for a, b in pairwise(keys)]
    result = []
    for a, b in pairwise(keys):
        angle = torch.acos(torch.dot(a, b) / a.norm() / b.norm())
        result.append(float(angle * (a.norm() + b.norm()) / 2))
    return result


@pytest.mark.parametrize("space", ["z", "w"])
def test_a_closed_walk_puts_frame_k_at_k_of_n(space):
    a, b, c = torch.randn(3, 50, generator=torch.Generator().manual_seed(1))
    found = positions(torch.stack([a, b, c, a]), 30, closed=True, space=space)
    assert found == pytest.approx([k / 30 for k in range(30)], abs=1e-4)


def test_an_open_walk_ends_on_its_last_key():
    keys = torch.randn(3, 50, generator=torch.Generator().manual_seed(2))
    times = walk_times(keys, 7, closed=False)
    assert times[0] == (0, 0.0)
    assert times[-1] == (1, pytest.approx(1.0, abs=1e-6))


def test_a_walk_that_stands_still_has_all_its_frames():
    assert len(walk_times(torch.ones(3, 4), 5, closed=True)) == 5


def test_a_walk_skips_over_keys_written_twice():
    a, b = torch.randn(2, 50, generator=torch.Generator().manual_seed(3))
    times = walk_times(torch.stack([a, a, b]), 5, closed=False)
    assert [segment for segment, _ in times][1:] == [1, 1, 1, 1]


def test_slerp_keeps_the_ends_exactly_and_the_norm_between():
    a, b = torch.nn.functional.normalize(torch.randn(2, 64), dim=1)
    assert slerp(a, b, 0) is a
    assert slerp(a, b, 1) is b
    assert slerp(a, b, 0.3).norm() == pytest.approx(1, abs=1e-5)
    assert torch.isfinite(slerp(a, a.clone(), 0.5)).all()
    half_way = slerp(a, b, 0.5)
    assert torch.dot(half_way, a) == pytest.approx(float(torch.dot(half_way, b)), abs=1e-5)
