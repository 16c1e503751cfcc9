"""Seeds and what they stand for: a seed is a picture, for ever, on any device and in any batch."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

MAX_SEED = 2**32 - 1
MAX_SEEDS_A_CALL = 10_000

_PART = re.compile(r"([0-9]{1,12})(?:\s*-\s*([0-9]{1,12}))?")


def parse_seeds(text: str, limit: int = MAX_SEEDS_A_CALL, minimum: int = 1) -> list[int]:
    """Read "0-15, 42" as a list of `minimum` to `limit` seeds, in the order written.

    Raises:
        ValueError: not a list of seeds, a seed outside 0 to 2^32-1, too few or too many.
    """
    seeds: list[int] = []
    for part in str(text).replace(";", ",").split(","):
        if not part.strip():
            continue
        seeds += _parse_part(part.strip(), room=limit - len(seeds), limit=limit)
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
        shown = part if len(part) <= 40 else part[:40] + "…"
        raise ValueError(
            f'"{shown}" is not a seed; write whole numbers and ranges such as 0-7, 42.'
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
    """Return the seeds as a list.

    Raises:
        ValueError: not whole numbers from 0 to 2^32-1, fewer than `minimum`, over 10,000.
    """
    if not minimum <= len(seeds) <= MAX_SEEDS_A_CALL:
        raise ValueError(f"{minimum} to {MAX_SEEDS_A_CALL} seeds are taken, {len(seeds)} given.")
    for seed in seeds:
        if int(seed) != seed or not 0 <= seed <= MAX_SEED:
            raise ValueError(f"Seeds are whole numbers from 0 to {MAX_SEED}; {seed} is not.")
    return [int(seed) for seed in seeds]


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
        ValueError: not a finite number from 0 to 2.
    """
    try:
        psi = float(truncation_psi)
    except (TypeError, ValueError) as error:
        raise ValueError("Truncation ψ is not a number; give one from 0 to 2.") from error
    if not 0 <= psi <= 2:  # also refuses NaN
        raise ValueError(f"Truncation ψ goes from 0 to 2; {psi} does not.")
    return psi
