"""Fast inference on a CPU.

Three things help everywhere: weights and pictures with the channels last, as the convolutions read
them; one picture at a time where a batch does not fit the CPU's caches; working in place.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Generator
from functools import lru_cache
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import Network


def is_frozen(network: nn.Module, *inputs: Tensor | None) -> bool:
    """Whether a call needs no gradients and learns no statistics, so that it may work in place.

    False while it is compiled: in-place branches would break the compiler's graph.
    """
    if network.training or torch.compiler.is_compiling():
        return False
    if not torch.is_grad_enabled():
        return True
    tensors = [*network.parameters(), *(tensor for tensor in inputs if tensor is not None)]
    return not any(tensor.requires_grad for tensor in tensors)


def result_of(steps: Generator[Any, None, Tensor]) -> Tensor:
    """Run a generator to its end; return its return value."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def one_by_one(run: Callable[..., Tensor], *batches: Tensor | None) -> Tensor:
    """Apply `run` to each picture of a batch: [N, …] for each argument -> [N, …]."""
    size = next(len(batch) for batch in batches if batch is not None)
    rows = ([None if b is None else b[i : i + 1] for b in batches] for i in range(size))
    return torch.cat([run(*row) for row in rows])


@lru_cache
def bfloat16_gains(device: str = "cpu") -> bool:
    """Whether convolutions are clearly faster in bfloat16 on a device, measured once.

    Then `torch.autocast(device, torch.bfloat16)` around a call of a generator is faster, too.
    """
    x = torch.ones(1, 128, 64, 64, device=device).to(memory_format=torch.channels_last)
    weight = torch.ones(128, 128, 3, 3, device=device).to(memory_format=torch.channels_last)
    seconds = []
    for dtype in (torch.float32, torch.bfloat16):
        given = x.to(dtype), weight.to(dtype)
        seconds.append(min(_seconds(given) for _ in range(4)))
    return seconds[0] > 1.3 * seconds[1]


def autocasts(network: nn.Module, *inputs: Tensor) -> bool:
    """Whether a frozen network in float32 is called under bfloat16's autocast on a CPU."""
    return (
        torch.is_autocast_enabled("cpu")
        and torch.get_autocast_dtype("cpu") == torch.bfloat16
        and all(tensor.device.type == "cpu" for tensor in inputs)
        and next(network.parameters()).dtype == torch.float32
        and is_frozen(network, *inputs)
    )


def state_of(tensor: Tensor) -> tuple[int, int]:
    """The address of a tensor's values, and how often they were changed in place.

    Tensors made in inference mode do not count their changes: they count as never changed.
    """
    return tensor.data_ptr(), 0 if tensor.is_inference() else tensor._version


def bfloat16_twin(network: ChannelsLast) -> nn.Module:
    """Return the network with its weights in bfloat16, which autocast would convert at every call.

    It is cached in the network's `cached_twin` until the weights change.
    """
    tensors = [*network.parameters(), *network.buffers()]
    state = [state_of(tensor) for tensor in tensors]
    if network.cached_twin is None or network.cached_twin[0] != state:
        network.cached_twin = None
        with torch.inference_mode(False), torch.no_grad():
            network.cached_twin = (state, copy.deepcopy(network).to(torch.bfloat16).eval())
    return network.cached_twin[1]


def _seconds(given: tuple[Tensor, Tensor]) -> float:
    start = time.perf_counter()
    F.conv2d(*given, padding=1).sum().item()
    return time.perf_counter() - start


def bias_of(layer: nn.Conv2d | nn.Linear) -> Tensor:
    """The bias [O] of a layer that was built with one.

    Raises:
        ValueError: it was built without.
    """
    if layer.bias is None:
        raise ValueError("This layer has no bias.")
    return layer.bias


def pointwise(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """Apply a 1x1 convolution; with the channels last it is one matrix product.

    x [N, I, H, W] -> [N, O, H, W]
    """
    if not x.is_contiguous(memory_format=torch.channels_last):
        return conv(x)
    pixels = x.permute(0, 2, 3, 1)  # [N, H, W, I]
    return F.linear(pixels, conv.weight.flatten(1), conv.bias).permute(0, 3, 1, 2)


# a 3-tap filter on pixels doubled to their right neighbour, as 4 taps that spread single pixels
DOUBLED = ((0.0, 0.0, 1.0), (0.0, 1.0, 1.0), (1.0, 1.0, 0.0), (1.0, 0.0, 0.0))


def doubling_kernel(weight: Tensor) -> Tensor:
    """Turn "double the size, convolve 3x3" into one transposed convolution of stride 2, padding 1.

    It does 16 multiplications where the two steps do 36. weight [O, I, 3, 3] -> [I, O, 4, 4]
    """
    spread = weight.new_tensor(DOUBLED)  # [4, 3]
    kernel = torch.einsum("ak,bl,oikl->ioab", spread, spread, weight)
    return kernel.contiguous(memory_format=torch.channels_last)


class ChannelsLast(Network):
    """A network whose convolution weights have the channels last once it is in eval mode."""

    cached_twin: tuple[list[tuple[int, int]], nn.Module] | None  # where it uses `bfloat16_twin`

    def train(self, mode: bool = True) -> Self:
        """Switch modes; in eval mode, store the weights with the channels last."""
        super().train(mode)
        if not mode:
            for parameter in self.parameters():
                if parameter.ndim == 4:
                    parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        return self
