"""Apply any translator to a picture of any size in overlapping tiles with common statistics.

Normalisation by the statistics of each tile would cause seams and wrong colours. So the statistics
are computed once, from the whole picture at reduced size, and used by all normalisation layers; the
tiles are blended where they overlap.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Generator
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.norms import InstanceNorm

TILE_PX, OVERLAP_PX = 512, 96
_GUIDE_PIXELS = 1_000_000
_PER_PICTURE = (InstanceNorm, nn.GroupNorm)


@torch.inference_mode()
def translate_in_tiles(
    network: nn.Module, pixels: Tensor, tile_px: int = TILE_PX, multiple: int = 4
) -> Generator[float, None, Tensor]:
    """Translate tile by tile; yield the progress, 0 to 1, and return uint8 [H, W, 3].

    Args:
        network: in eval mode; not changed.
        pixels: uint8 [H, W, C], C the input channels of the network.
        tile_px: side of a tile.
        multiple: divisor of the sides of the network's input.
    """
    device = next(network.parameters()).device
    height, width = pixels.shape[:2]
    network = with_statistics_of(network, _guide(pixels, multiple).to(device))
    down, across = (_tiles(side, tile_px, multiple) for side in (height, width))
    sums = torch.zeros(3, height, width)
    for k, (top, rows) in enumerate(down):
        for j, (left, columns) in enumerate(across):
            tile = pixels[top : top + len(rows), left : left + len(columns)]
            made = translate_whole(network, tile, multiple)  # [3, h, w]; of grey [1, h, w]
            sums[:, top : top + len(rows), left : left + len(columns)] += (
                made * rows[:, None] * columns
            )
            yield (k * len(across) + j + 1) / (len(down) * len(across))
    return to_pixels(sums)


@torch.inference_mode()
def translate_whole(network: nn.Module, pixels: Tensor, multiple: int = 4) -> Tensor:
    """Run the network on uint8 [H, W, C] at once: [C', H, W] in [-1, 1] on the CPU."""
    height, width = pixels.shape[:2]
    x = pixels.to(next(network.parameters()).device)
    x = x.permute(2, 0, 1)[None].float().div(127.5).sub(1)
    if multiple > 4:  # networks pad to multiples of 4 themselves
        x = F.pad(x, (0, -width % multiple, 0, -height % multiple), mode="replicate")
    return network(x)[0, :, :height, :width].float().cpu()


def to_pixels(image: Tensor) -> Tensor:
    """[C, H, W] in [-1, 1] to uint8 [H, W, C]."""
    return image.mul(127.5).add_(127.5).round_().clamp_(0, 255).byte().permute(1, 2, 0)


def with_statistics_of(network: nn.Module, guide: Tensor) -> nn.Module:
    """A copy of the network, with shared weights, that normalises by the statistics of a guide.

    `guide` is a picture [1, C, h, w] in [-1, 1]. Without instance or group norms nothing changes.
    """
    shared = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
    frozen = copy.deepcopy(network, shared)
    names = [name for name, module in frozen.named_modules() if isinstance(module, _PER_PICTURE)]
    found: dict[str, _Fixed] = {}

    def fix(name: str, norm: nn.Module, args: tuple[Any, ...], _: Any) -> None:
        if isinstance(norm, _PER_PICTURE):
            found[name] = _fix(norm, args[0])

    hooks = [frozen.get_submodule(name).register_forward_hook(partial(fix, name)) for name in names]
    if names:
        frozen(guide)
    for hook in hooks:
        hook.remove()
    for name, fixed in found.items():
        parent, _, leaf = name.rpartition(".")
        setattr(frozen.get_submodule(parent), leaf, fixed)
    return frozen


class _Fixed(nn.Module):
    """A normalisation with fixed statistics, as scale and shift [C, 1, 1]."""

    def __init__(self, scale: Tensor, shift: Tensor) -> None:
        super().__init__()
        self._scale, self._shift = scale, shift

    def forward(self, x: Tensor, batch_stats: bool = False) -> Tensor:
        """x [N, C, H, W] -> the same shape; `batch_stats` changes nothing here."""
        return torch.addcmul(self._shift, x, self._scale)


def _fix(norm: InstanceNorm | nn.GroupNorm, x: Tensor) -> _Fixed:
    """A normalisation with the statistics of x [1, C, H, W]."""
    channels = x.shape[1]
    groups = norm.num_groups if isinstance(norm, nn.GroupNorm) else channels
    variance, mean = torch.var_mean(x.reshape(groups, -1), 1, correction=0)
    scale = (variance + getattr(norm, "eps", 1e-5)).rsqrt().repeat_interleave(channels // groups)
    shift = -mean.repeat_interleave(channels // groups) * scale
    if norm.weight is not None and norm.bias is not None:
        scale, shift = scale * norm.weight, shift * norm.weight + norm.bias
    return _Fixed(scale[:, None, None], shift[:, None, None])


def _guide(pixels: Tensor, multiple: int) -> Tensor:
    """The whole picture at half size, at most a megapixel, [1, C, h, w] in [-1, 1]."""
    height, width = pixels.shape[:2]
    factor = min(0.5, math.sqrt(_GUIDE_PIXELS / (height * width)))
    size = [max(1, round(side * factor / multiple)) * multiple for side in (height, width)]
    step = max(1, int(0.5 / factor))  # subsample very large pictures before conversion to float
    x = pixels[::step, ::step].permute(2, 0, 1)[None].float()
    return F.interpolate(x, size, mode="bilinear", antialias=True).div_(127.5).sub_(1)


def _tiles(side: int, tile_px: int, multiple: int) -> list[tuple[int, Tensor]]:
    """The start of each tile along one side, and the weights of its pixels.

    At every pixel the weights of all tiles sum to 1; they decrease linearly towards a tile's ends.
    """
    tile = max(1, tile_px // multiple) * multiple
    count = 1 if side <= tile else math.ceil((side - OVERLAP_PX) / (tile - OVERLAP_PX))
    starts = [round(k * (side - tile) / max(1, count - 1) / 4) * 4 for k in range(count)]
    starts = [max(0, start) for start in starts]
    lengths = [min(tile, side - start) for start in starts]
    if count > 1:
        starts[-1] = side - lengths[-1]
    ramps = []
    for start, length in zip(starts, lengths, strict=True):
        at = torch.arange(length) + 1.0
        up = at if start > 0 else torch.full((length,), 1e6)
        down = at.flip(0) if start + length < side else torch.full((length,), 1e6)
        ramps.append(torch.minimum(up, down).clamp(max=OVERLAP_PX))
    total = torch.zeros(side)
    for start, ramp in zip(starts, ramps, strict=True):
        total[start : start + len(ramp)] += ramp
    return [
        (start, ramp / total[start : start + len(ramp)])
        for start, ramp in zip(starts, ramps, strict=True)
    ]
