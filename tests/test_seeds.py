"""A seed is a picture for ever: the stream behind it, and how seeds are written."""

import numpy as np
import pytest

from gan_models.seeds import (
    MAX_SEED,
    check_seeds,
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
def test_what_is_no_seed_is_refused_with_a_short_sentence(text, says):
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


def test_truncated_latents_redraw_only_what_lies_outside():
    z, free = sample_truncated_z([1], 512)[0], sample_z([1], 512)[0]
    assert z.abs().max() <= 2
    inside = free.abs() <= 2
    assert (z[inside] == free[inside]).all()
    assert not inside.all()


@pytest.mark.parametrize("psi", [float("nan"), float("inf"), -0.1, 2.1, None, "x"])
def test_psi_out_of_range_is_refused(psi):
    with pytest.raises(ValueError, match="ψ"):
        check_truncation_psi(psi)


@pytest.mark.parametrize("seeds", [[], [-1], [MAX_SEED + 1], [1.5], range(10_001)])
def test_lists_of_seeds_are_checked(seeds):
    with pytest.raises(ValueError, match="eeds"):
        check_seeds(seeds)
