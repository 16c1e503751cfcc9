"""3x3 convolutions with fewer multiplications: F(4x4, 3x3) of Lavin and Gray 2016, "Fast Algorithms
for Convolutional Neural Networks" (arXiv:1509.09308), as matrix products, for a CPU.

Each tile of 4x4 outputs is 36 products instead of 144. In float32 the result differs from the plain
sum by about 1e-5 of its size.
"""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MIN_CHANNELS, MIN_PIXELS = 128, 32 * 32  # below, the transforms cost more than they save
TILES_AT_ONCE = 256  # so that they fit the CPU's caches, and need little memory

# the paper's section 4.3: rows of the transforms of inputs, kernels and outputs
INPUTS = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
KERNELS = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
OUTPUTS = ((1, 1, 1, 1, 1, 0), (0, 1, -1, 2, -2, 0), (0, 1, 1, 4, 4, 0), (0, 1, -1, 8, -8, 1))


def is_faster(conv: nn.Conv2d, x: Tensor) -> bool:
    """Whether `convolve` gives the convolution's result for x [N, I, H, W], and is faster."""
    plain = conv.kernel_size == (3, 3) and conv.stride == (1, 1) and conv.dilation == (1, 1)
    learns = torch.is_grad_enabled() and (x.requires_grad or conv.weight.requires_grad)
    return (
        plain
        and conv.groups == 1
        and conv.padding == (1, 1)
        and not learns
        and x.device.type == "cpu"
        and x.dtype == conv.weight.dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and min(conv.in_channels, conv.out_channels) >= MIN_CHANNELS
        and x.shape[2] * x.shape[3] >= MIN_PIXELS
    )


def convolve(conv: nn.Conv2d, x: Tensor) -> Tensor:
    """Apply a convolution where it `is_faster`: x [N, I, H, W] -> [N, O, H, W], channels last."""
    height, width = x.shape[2:]
    mode = "constant" if conv.padding_mode == "zeros" else conv.padding_mode
    x = F.pad(x, (1, 1, 1, 1), mode=mode)
    if height % 4 or width % 4:  # up to whole tiles; no pixel of the result reads these
        x = F.pad(x, (0, -width % 4, 0, -height % 4))
    kernels = transform(KERNELS) @ conv.weight.flatten(2).permute(2, 0, 1).flatten(1)  # [36, O I]
    kernels = kernels.view(36, conv.out_channels, conv.in_channels).transpose(1, 2)
    pixels = x.permute(0, 2, 3, 1)  # [N, H', W', I]
    down, across = (pixels.shape[1] - 2) // 4, (pixels.shape[2] - 2) // 4
    made = x.new_empty(len(x), down, 4, across, 4, conv.out_channels)
    rows = max(1, TILES_AT_ONCE // across)
    for k, picture in enumerate(pixels):
        for top in range(0, down, rows):
            part = picture[4 * top : 4 * (top + rows) + 2]
            made[k, top : top + rows] = _tiles(part, kernels)
    made = made.flatten(3, 4).flatten(1, 2)[:, :height, :width].permute(0, 3, 1, 2)
    return made if conv.bias is None else made.add_(conv.bias[:, None, None])


def _tiles(pixels: Tensor, kernels: Tensor) -> Tensor:
    """Convolve rows of tiles.

    pixels [4 t + 2, 4 u + 2, I], kernels [36, I, O] -> [t, 4, u, 4, O]
    """
    tiles = pixels.unfold(0, 6, 4).unfold(1, 6, 4)  # [t, u, I, 6, 6]
    down, across, inputs = tiles.shape[:3]
    spread = transform(INPUTS) @ tiles.permute(3, 4, 0, 1, 2).reshape(36, -1)
    products = torch.bmm(spread.view(36, -1, inputs), kernels)  # [36, t u, O]
    gathered = transform(OUTPUTS) @ products.flatten(1)  # [16, t u O]
    return gathered.view(4, 4, down, across, -1).permute(2, 0, 3, 1, 4)


@lru_cache
def transform(rows: tuple[tuple[float, ...], ...]) -> Tensor:
    """A transform of both directions at once, of one row of `rows` after the other."""
    line = torch.tensor(rows, dtype=torch.float64)
    with torch.inference_mode(False):
        return torch.kron(line, line).float()
