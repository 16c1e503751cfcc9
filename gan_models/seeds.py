"""Parse seeds and draw latents: a seed gives the same picture on any device, in any batch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch import Tensor

from gan_models.checks import as_float

MAX_SEED = 2**32 - 1
MAX_SEEDS_A_CALL = 10_000
MAX_PSI = 2

_PART = re.compile(r"([0-9]{1,12})(?:-([0-9]{1,12}))?")
_SEPARATORS = re.compile(r"[\s,;]+")
# equivalents on Chinese keyboards, and dashes of word processors
_DASHES = "‐‑‒–—―−﹘﹣－~～〜"
_PLAIN = str.maketrans(dict.fromkeys(_DASHES, "-")) | str.maketrans(
    "，、﹐﹑；﹔０１２３４５６７８９", ",,,,;;0123456789"
)


def parse_seeds(text: str, limit: int = MAX_SEEDS_A_CALL, minimum: int = 1) -> list[int]:
    """Read "0-15, 42" as a list of `minimum` to `limit` seeds, in the order written.

    Commas, semicolons and white space separate, dashes of any length make ranges, and full-width
    digits and signs count as the plain ones.

    Raises:
        ValueError: not a list of seeds, a seed outside 0 to 2^32-1, too few or too many.
    """
    plain = re.sub(r"(?<=[0-9])\s*-\s*(?=[0-9])", "-", str(text).translate(_PLAIN))
    seeds: list[int] = []
    for part in filter(None, _SEPARATORS.split(plain)):
        seeds += _parse_part(part, room=limit - len(seeds), limit=limit)
    if len(seeds) < minimum:
        raise ValueError(
            f"{minimum} or more seeds are needed here, {len(seeds)} given; write such as 3, 8, 3."
            if minimum > 1
            else "No seeds given; write for example 0-7, 42."
        )
    return seeds


def _parse_part(part: str, room: int, limit: int) -> list[int]:
    match = _PART.fullmatch(part)
    if match is None:
        excerpt = part if len(part) <= 40 else part[:40] + "…"
        raise ValueError(
            f'"{excerpt}" is not a seed; write whole numbers and ranges such as 0-7, 42.'
        )
    first, last = int(match[1]), int(match[2] or match[1])
    if max(first, last) > MAX_SEED:
        raise ValueError(f"Seeds go from 0 to {MAX_SEED}; {max(first, last)} is too large.")
    if first > last:
        raise ValueError(f"The range {part} runs backwards; write {last}-{first}.")
    if last - first + 1 > room:
        raise ValueError(f"At most {limit} seeds fit in one call; ask for fewer.")
    return list(range(first, last + 1))


def check_seeds(seeds: Sequence[int], minimum: int = 1) -> list[int]:
    """Return the seeds as a list of Python's own whole numbers.

    Args:
        seeds: a sequence of whole numbers of any kind, numpy's and torch's too.

    Raises:
        ValueError: not whole numbers from 0 to 2^32-1, fewer than `minimum`, over 10,000.
    """
    try:
        given = list(islice(seeds, MAX_SEEDS_A_CALL + 1))
    except TypeError as error:
        raise ValueError(f"Seeds are a list of whole numbers, not {seeds!r:.40}.") from error
    if not minimum <= len(given) <= MAX_SEEDS_A_CALL:
        count = len(given) if len(given) <= MAX_SEEDS_A_CALL else "more"
        raise ValueError(f"{minimum} to {MAX_SEEDS_A_CALL} seeds are taken, {count} given.")
    return [_whole_seed(seed) for seed in given]


def _whole_seed(seed: Any) -> int:
    try:
        whole = int(seed)
        if whole == seed and 0 <= whole <= MAX_SEED:
            return whole
    except (TypeError, ValueError, OverflowError, RuntimeError):  # no number, or not finite
        pass
    raise ValueError(f"Seeds are whole numbers from 0 to {MAX_SEED}; {seed!s:.40} is not.")


def format_seeds(seeds: Sequence[int]) -> str:
    """The shortest text that `parse_seeds` reads as `seeds`: runs become ranges."""
    runs: list[list[int]] = []
    for seed in seeds:
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def sample_z(seeds: Sequence[int], z_dim: int) -> Tensor:
    """Latents of seeds, [N, z_dim] float32, standard normal, drawn on the CPU.

    numpy's frozen legacy stream, one generator a seed: the stream of the StyleGAN authors' scripts.
    """
    rows = [np.random.RandomState(seed).randn(z_dim) for seed in seeds]
    return torch.from_numpy(np.stack(rows)).float()


def sample_truncated_z(seeds: Sequence[int], z_dim: int) -> Tensor:
    """Latents of seeds with every component inside ±2, [N, z_dim] float32.

    Components outside are drawn again from the same seed's stream (truncation trick, Brock et al.
    2019, section 3.1).
    """
    return torch.from_numpy(np.stack([_truncated_row(seed, z_dim) for seed in seeds])).float()


def _truncated_row(seed: int, z_dim: int) -> np.ndarray:
    stream = np.random.RandomState(seed)
    row = stream.randn(z_dim)
    while (outside := np.abs(row) > 2).any():
        row[outside] = stream.randn(int(outside.sum()))
    return row


def check_truncation_psi(truncation_psi: float) -> float:
    """Return ψ as a float.

    Raises:
        ValueError: not a finite number from -2 to 2.
    """
    psi = as_float(truncation_psi)
    if not -MAX_PSI <= psi <= MAX_PSI:  # also refuses NaN
        raise ValueError(
            f"Truncation ψ is a number from -{MAX_PSI} to {MAX_PSI}, not {truncation_psi!s:.40}."
        )
    return psi


def check_times(times: Iterable[float]) -> list[float]:
    """Return positions on the way from one picture to another as a list of Python's own floats.

    Raises:
        ValueError: one of them is not a number from 0 to 1.
    """
    given = [as_float(t) for t in times]
    if not all(0 <= t <= 1 for t in given):  # also refuses NaN
        raise ValueError("A morph's position goes from 0 (picture A) to 1 (picture B).")
    return given
