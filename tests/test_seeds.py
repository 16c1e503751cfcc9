"""A seed always gives the same picture: its random stream, and how seeds are written."""

import numpy as np
import pytest
import torch

from gan_models.seeds import (
    MAX_SEED,
    check_seeds,
    check_times,
    check_truncation_psi,
    format_seeds,
    parse_seeds,
    sample_truncated_z,
    sample_z,
)


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("0-3, 42", [0, 1, 2, 3, 42]),
        ("7", [7]),
        ("3,8,3", [3, 8, 3]),
        (" 1 - 2 ;9 ", [1, 2, 9]),
        (f"{MAX_SEED}", [MAX_SEED]),
        ("5,", [5]),
        ("1 2 3", [1, 2, 3]),
        ("1\n2\t3\u30004", [1, 2, 3, 4]),
        ("１，２，３", [1, 2, 3]),
        ("1、2；3;4", [1, 2, 3, 4]),
        ("0–3", [0, 1, 2, 3]),
        ("０—２ 9", [0, 1, 2, 9]),
        ("4－6，8", [4, 5, 6, 8]),
        ("1 − 2,3‑4", [1, 2, 3, 4]),
        ("0～2", [0, 1, 2]),
    ],
)
def test_seeds_are_read_as_written(text, seeds):
    assert parse_seeds(text) == seeds
    assert parse_seeds(format_seeds(seeds)) == seeds


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "No seeds"),
        ("cat", "not a seed"),
        ("-1", "not a seed"),
        ("–1", "not a seed"),
        ("1--3", "not a seed"),
        ("1-", "not a seed"),
        ("1.5", "not a seed"),
        ("9-3", "backwards"),
        (str(MAX_SEED + 1), "too large"),
        ("0-99999999", "At most"),
        ("0-999999999999", "too large"),
        ("1e9", "not a seed"),
        ("٣", "not a seed"),
        ("x" * 10_000, "not a seed"),
    ],
)
def test_what_is_no_seed_is_refused_with_a_short_message(text, says):
    with pytest.raises(ValueError, match=says) as refused:
        parse_seeds(text)
    assert len(str(refused.value)) < 200


def test_a_walk_needs_two_seeds():
    with pytest.raises(ValueError, match="2 or more"):
        parse_seeds("3", minimum=2)


def test_latents_are_numpys_legacy_stream_one_generator_a_seed():
    z = sample_z([5, 0, 5], 100)
    np.testing.assert_array_equal(
        z[1].numpy(), np.random.RandomState(0).randn(100).astype(np.float32)
    )
    assert (z[0] == z[2]).all()
    assert z.shape == (3, 100)


def test_truncated_latents_redraw_only_what_is_outside():
    z, free = sample_truncated_z([1], 512)[0], sample_z([1], 512)[0]
    assert z.abs().max() <= 2
    inside = free.abs() <= 2
    assert (z[inside] == free[inside]).all()
    assert not inside.all()


@pytest.mark.parametrize("psi", [float("nan"), float("inf"), -2.01, 2.1, None, "x", [1]])
def test_psi_out_of_range_is_refused(psi):
    with pytest.raises(ValueError, match="ψ"):
        check_truncation_psi(psi)


@pytest.mark.parametrize("psi", [-2, -0.7, 0, np.float32(0.5), np.int64(2), torch.tensor(-1.5)])
def test_psi_in_range_is_a_plain_float(psi):
    assert type(check_truncation_psi(psi)) is float
    assert check_truncation_psi(psi) == pytest.approx(float(psi))


@pytest.mark.parametrize(
    "seeds",
    [
        [0, 5],
        (0.0, 5.0),
        np.array([0, 5]),
        np.array([0, 5], np.uint32),
        torch.tensor([0, 5]),
        [np.int64(0), np.float32(5)],
        range(0, 6, 5),
        (seed for seed in (0, 5)),
    ],
)
def test_lists_of_any_whole_numbers_become_plain_ones(seeds):
    checked = check_seeds(seeds)
    assert checked == [0, 5]
    assert {type(seed) for seed in checked} == {int}


@pytest.mark.parametrize(
    "seeds",
    [
        *([], [-1], [MAX_SEED + 1], [1.5], range(10_001), range(10**12)),
        *([None], 5, None, [float("inf")], [float("nan")], ["1"], "12", [[1, 2]], [1j], [b"1"]),
        *(np.float32([1.5]), torch.tensor([[1, 2]]), np.array(3), [object()]),
    ],
    ids=lambda seeds: f"{type(seeds).__name__} {str(seeds)[:20]}",
)
def test_lists_of_seeds_are_checked(seeds):
    with pytest.raises(ValueError, match="eeds"):
        check_seeds(seeds)


def test_positions_of_a_morph_become_plain_floats():
    for times in ([0, 0.5, 1], np.linspace(0, 1, 3, dtype=np.float32), torch.linspace(0, 1, 3)):
        checked = check_times(times)
        assert checked == [0, 0.5, 1]
        assert {type(t) for t in checked} == {float}


@pytest.mark.parametrize("t", [-0.1, 1.1, float("nan"), float("inf"), None, "x"])
def test_positions_outside_are_refused(t):
    with pytest.raises(ValueError, match="from 0"):
        check_times([0.5, t])
