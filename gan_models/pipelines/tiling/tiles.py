"""Any translator over a picture of any size: overlapping tiles that share one set of statistics.

Normalisation over a picture differs from tile to tile, which shows as seams and as other colours.
So the statistics are taken once, from the whole picture at reduced size, and put in the place of
every such normalisation; then the tiles are blended where they overlap.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Generator

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
    """Translate tile by tile; yield how far it is, 0 to 1, and return uint8 [H, W, 3].

    Args:
        network: in eval mode; it is only read.
        pixels: uint8 [H, W, C], C as the network reads.
        tile_px: side of a tile.
        multiple: what the sides of the network's input must be divisible by.
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
    if multiple > 4:  # below that, networks round their sides up by themselves
        x = F.pad(x, (0, -width % multiple, 0, -height % multiple), mode="replicate")
    return network(x)[0, :, :height, :width].float().cpu()


def to_pixels(image: Tensor) -> Tensor:
    """[C, H, W] in [-1, 1] to uint8 [H, W, C]."""
    return image.mul(127.5).add_(127.5).round_().clamp_(0, 255).byte().permute(1, 2, 0)


def with_statistics_of(network: nn.Module, guide: Tensor) -> nn.Module:
    """A copy of the network, sharing its weights, that normalises by a guide picture's statistics.

    `guide` is [1, C, h, w] in [-1, 1]. A network without normalisation over pictures is unchanged.
    """
    shared = {id(tensor): tensor for tensor in (*network.parameters(), *network.buffers())}
    frozen = copy.deepcopy(network, shared)
    names = [name for name, module in frozen.named_modules() if isinstance(module, _PER_PICTURE)]
    found: dict[str, _Fixed] = {}
    hooks = [
        frozen.get_submodule(name).register_forward_hook(
            lambda norm, args, _, name=name: found.__setitem__(name, _fix(norm, args[0]))
        )
        for name in names
    ]
    if names:
        frozen(guide)
    for hook in hooks:
        hook.remove()
    for name, fixed in found.items():
        parent, _, leaf = name.rpartition(".")
        setattr(frozen.get_submodule(parent), leaf, fixed)
    return frozen


class _Fixed(nn.Module):
    """A normalisation whose statistics are given: scale and shift [C, 1, 1]."""

    def __init__(self, scale: Tensor, shift: Tensor) -> None:
        super().__init__()
        self._scale, self._shift = scale, shift

    def forward(self, x: Tensor, batch_stats: bool = False) -> Tensor:
        """x [N, C, H, W] -> the same shape; `batch_stats` changes nothing here."""
        return torch.addcmul(self._shift, x, self._scale)


def _fix(norm: nn.Module, x: Tensor) -> _Fixed:
    """What a normalisation does to x [1, C, H, W], with x's statistics for good."""
    channels = x.shape[1]
    groups = norm.num_groups if isinstance(norm, nn.GroupNorm) else channels
    variance, mean = torch.var_mean(x.reshape(groups, -1), 1, correction=0)
    scale = (variance + getattr(norm, "eps", 1e-5)).rsqrt().repeat_interleave(channels // groups)
    shift = -mean.repeat_interleave(channels // groups) * scale
    if norm.weight is not None:
        scale, shift = scale * norm.weight, shift * norm.weight + norm.bias
    return _Fixed(scale[:, None, None], shift[:, None, None])


def _guide(pixels: Tensor, multiple: int) -> Tensor:
    """The whole picture at half size, at most a megapixel, [1, C, h, w] in [-1, 1]."""
    height, width = pixels.shape[:2]
    factor = min(0.5, math.sqrt(_GUIDE_PIXELS / (height * width)))
    size = [max(1, round(side * factor / multiple)) * multiple for side in (height, width)]
    step = max(1, int(0.5 / factor))  # far too large pictures are thinned out before they are float
    x = pixels[::step, ::step].permute(2, 0, 1)[None].float()
    return F.interpolate(x, size, mode="bilinear", antialias=True).div_(127.5).sub_(1)


def _tiles(side: int, tile_px: int, multiple: int) -> list[tuple[int, Tensor]]:
    """Where tiles start along one side and how much each of their pixels counts there.

    At every pixel the weights of all tiles sum to 1; they fall off linearly towards a tile's ends.
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
