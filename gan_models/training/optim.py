"""Optimiser steps over batches in parts, and moving averages of weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import get_ema_multi_avg_fn

from gan_models.training.errors import TrainingError

Batch = dict[str, Tensor]
Losses = dict[str, float]
Chunk = TypeVar("Chunk")  # a part of a batch


def parameters_of(optimizer: torch.optim.Optimizer) -> Iterator[nn.Parameter]:
    """All parameters an optimiser trains."""
    for group in optimizer.param_groups:
        yield from group["params"]


def adam(
    modules: Iterable[nn.Module],
    rate: float,
    betas: tuple[float, float],
    faster: nn.Module | None = None,
    times: float = 1.0,
) -> torch.optim.Adam:
    """Adam over all parameters that require gradients; those of `faster` at `times` the rate."""
    quick = [p for p in faster.parameters() if p.requires_grad] if faster else []
    ids = set(map(id, quick))
    rest = [p for m in modules for p in m.parameters() if p.requires_grad and id(p) not in ids]
    groups = [{"params": rest}] + ([{"params": quick, "lr": rate * times}] if quick else [])
    return torch.optim.Adam(groups, lr=rate, betas=betas, eps=1e-8)


def update(
    optimizer: torch.optim.Optimizer,
    chunks: Iterable[Chunk],
    loss_of: Callable[[Chunk], tuple[Tensor, Mapping[str, Tensor]]],
) -> Losses:
    """One step of `optimizer` on the mean loss over chunks of equal size.

    `loss_of` gives the loss of a chunk and the terms to report.
    """
    chunks = list(chunks)
    trained = list(parameters_of(optimizer))
    for parameter in trained:
        parameter.requires_grad_(True)
    optimizer.zero_grad(set_to_none=True)
    report: Losses = {}
    for chunk in chunks:
        loss, terms = loss_of(chunk)
        (loss / len(chunks)).backward()
        for name, value in terms.items():
            report[name] = report.get(name, 0.0) + float(value.detach()) / len(chunks)
    optimizer.step()
    # the updates of other networks need no gradients for these weights
    for parameter in trained:
        parameter.requires_grad_(False)
    return report


def split(batch: Batch, num_chunks: int) -> list[Batch]:
    """Cut a batch into parts of equal size along the first dimension.

    Raises:
        TrainingError: the batch has fewer pictures than parts.
    """
    size = len(next(iter(batch.values())))
    if size < num_chunks:
        raise TrainingError("Not even one picture fits in memory; choose a smaller resolution.")
    parts = {name: tensor.chunk(num_chunks) for name, tensor in batch.items()}
    return [dict(zip(parts, values, strict=True)) for values in zip(*parts.values(), strict=True)]


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Update an exponential moving average of the weights; buffers are copied."""
    update_parameters = get_ema_multi_avg_fn(decay)
    # the count (0) is not used by an exponential average
    update_parameters(list(average.parameters()), list(network.parameters()), 0)
    for buffer, source in zip(average.buffers(), network.buffers(), strict=True):
        buffer.copy_(source)


def ema_decay(batch: int, images_seen: int, half_life_kimg: float, ramp: float = 0.05) -> float:
    """Decay per step for a half-life in thousands of pictures, shorter at the start of a run.

    The ramp is that of StyleGAN2-ADA (Karras et al. 2020, arXiv:2006.06676, appendix B).
    """
    half_life = min(half_life_kimg * 1000, max(images_seen * ramp, batch))
    return 0.5 ** (batch / half_life)
