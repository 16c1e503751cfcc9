"""What the one training loop plays: networks, their optimisers, and one step.

A recipe's game knows the losses; the loop knows time, files and failure.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from gan_models import weights

Batch = dict[str, Tensor]
Losses = dict[str, float]


class TrainingError(RuntimeError):
    """Training cannot start or go on; the message says what to do."""


class Game(ABC):
    """Base of all games. `averages` hold moving averages of networks of the same name."""

    networks: dict[str, nn.Module]
    averages: dict[str, nn.Module]
    optimizers: dict[str, torch.optim.Optimizer]

    @abstractmethod
    def step(self, batch: Batch, num_chunks: int) -> Losses:
        """Train all networks on one batch, taken in `num_chunks` parts to save memory."""

    @abstractmethod
    def sheet(self) -> Image.Image:
        """A picture of where training stands: always the same inputs."""

    @abstractmethod
    def evaluate(self) -> dict[str, float]:
        """Measures of where training stands; must leave all random streams alone."""

    @abstractmethod
    def export(self, folder: Path, training: dict[str, Any]) -> None:
        """Write the finished networks into `folder`, the main one as generator.safetensors."""

    def extra_state(self) -> dict[str, Any]:
        """Whatever else must survive a restart: tensors, numbers, text, lists and dicts of them."""
        return {}

    def load_extra_state(self, state: dict[str, Any]) -> None:  # noqa: B027 - most have none
        """Take back what `extra_state` gave."""

    def warm_start(self, files: Mapping[str, Path]) -> list[str]:
        """Begin from finished networks, files by the name `export` gives them; those that fit."""
        return []


def mixed_precision(device: torch.device) -> torch.autocast:
    """bfloat16 where the device computes in it, a context in which nothing changes elsewhere.

    bfloat16 has float32's range: unlike float16 it needs no loss scaling and no clamps.
    """
    if device.type == "cpu":
        capabilities = torch.cpu.get_capabilities()
        fast = capabilities.get("avx512_bf16") or capabilities.get("amx_bf16")
    else:
        fast = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return torch.autocast(device.type, torch.bfloat16, enabled=bool(fast))


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
    """Adam over all parameters that want a gradient; those of `faster` at `times` the rate."""
    quick = [p for p in faster.parameters() if p.requires_grad] if faster else []
    ids = set(map(id, quick))
    rest = [p for m in modules for p in m.parameters() if p.requires_grad and id(p) not in ids]
    groups = [{"params": rest}] + ([{"params": quick, "lr": rate * times}] if quick else [])
    return torch.optim.Adam(groups, lr=rate, betas=betas, eps=1e-8)


def update(
    optimizer: torch.optim.Optimizer,
    chunks: Iterable[Batch],
    loss_of: Callable[[Batch], tuple[Tensor, Mapping[str, Tensor]]],
) -> Losses:
    """One step of `optimizer`, and of nothing else, on the mean loss over equal chunks.

    `loss_of` gives the loss and the terms to report.
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
    # other networks' updates run through this one without gradients for its weights
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
    """Move an exponential moving average of the weights on; buffers are copied."""
    kept, current = list(average.parameters()), list(network.parameters())
    torch._foreach_lerp_(kept, current, 1 - decay)
    for buffer, source in zip(average.buffers(), network.buffers(), strict=True):
        buffer.copy_(source)


def ema_decay(batch: int, images_seen: int, half_life_kimg: float, ramp: float = 0.05) -> float:
    """Decay a step for a half-life in thousands of pictures, shorter while training is young.

    The ramp is that of StyleGAN2-ADA (Karras et al. 2020, arXiv:2006.06676, appendix B).
    """
    half_life = min(half_life_kimg * 1000, max(images_seen * ramp, batch))
    return 0.5 ** (batch / half_life)


def load_fitting(network: nn.Module, path: Path | None) -> bool:
    """Load a self-describing file into `network` if it is there and of the same shape."""
    if path is None or not path.exists():
        return False
    loaded, info = weights.load_described(path)
    if info["family"] != network.family or loaded.config != network.config:
        return False
    network.load_state_dict(loaded.state_dict())
    return True


def begin_from(
    networks: Mapping[str, nn.Module],
    averages: Mapping[str, nn.Module],
    files: Mapping[str, Path | None],
    main: str = "generator",
) -> list[str]:
    """Load the networks whose files are there and fit; none where that of `main` does not.

    A trained judge would only crush an untrained generator.
    """
    if not load_fitting(networks[main], files.get(main)):
        return []
    others = [name for name in networks if name != main]
    found = [name for name in others if load_fitting(networks[name], files.get(name))]
    for name, average in averages.items():
        average.load_state_dict(networks[name].state_dict())
    return [main, *found]


def load_alike(network: nn.Module, path: Path | None) -> bool:
    """Load from a self-describing file all that has the same name and shape in `network`."""
    if path is None or not path.exists():
        return False
    theirs, ours = weights.load_described(path)[0].state_dict(), network.state_dict()
    alike = {name: x for name, x in theirs.items() if name in ours and ours[name].shape == x.shape}
    network.load_state_dict(alike, strict=False)
    return bool(alike)
