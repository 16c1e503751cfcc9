"""SRVGGNetCompact on a CPU: layer by layer, each thread computes bands of rows."""

from __future__ import annotations

from collections.abc import Callable, Generator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.fast.workers import num_workers, share_out
from gan_models.networks.inference import is_frozen, result_of
from gan_models.networks.srvgg import SRVGGNetCompact

BANDS_A_WORKER = 2  # more than one, so that a slow one delays the others less
MIN_ROWS = 4  # of a band


class FastSRVGGNetCompact(SRVGGNetCompact):
    """SRVGGNetCompact that uses the fast path wherever it gives the same pictures."""

    def forward(self, images: Tensor) -> Tensor:
        """As SRVGGNetCompact's."""
        if not is_faster(self, images):
            return super().forward(images)
        return torch.cat([result_of(steps(self, image)) for image in images.split(1)])

    def steps(self, images: Tensor) -> Generator[float, None, Tensor]:
        """As SRVGGNetCompact's, of one picture."""
        return steps(self, images) if is_faster(self, images) else super().steps(images)


def is_faster(network: SRVGGNetCompact, images: Tensor) -> bool:
    """Whether `steps` gives the network's result, and is faster."""
    return (
        images.device.type == "cpu"
        and images.dtype == network.convs()[0].weight.dtype == torch.float32
        and is_frozen(network, images)
        and not torch.is_autocast_enabled("cpu")
    )


def steps(network: SRVGGNetCompact, images: Tensor) -> Generator[float, None, Tensor]:
    """The whole network for one picture, in steps: yields the share that is done, 0 to 1.

    images [1, C, H, W] -> [1, C, scale H, scale W]
    """
    *convs, last = network.convs()
    x, spare = _framed(images, images.shape[1]), _framed(images, network.num_feat)
    x[:, :, 1:-1, 1:-1] = images
    for index, (conv, activate) in enumerate(zip(convs, network.body[1::2], strict=True)):
        _layer(x, conv, activate, spare)
        # the next layer writes where this one read, except in the picture: too few channels
        x, spare = spare, x if index else _framed(images, network.num_feat)
        yield (index + 1) / (len(convs) + 1)
    return _last_layer(x, last, images, network.scale)


def _layer(x: Tensor, conv: nn.Conv2d, activate: nn.Module, made: Tensor) -> None:
    """One convolution and its activation, from one framed map into another."""

    def run(top: int, bottom: int) -> None:
        y = F.conv2d(x[:, :, top : bottom + 2], conv.weight, conv.bias)
        made[:, :, top + 1 : bottom + 1, 1:-1] = activate(y)

    _over_bands(x.shape[2] - 2, run)


def _last_layer(x: Tensor, conv: nn.Conv2d, images: Tensor, scale: int) -> Tensor:
    """The last convolution, spread over pixels, and the enlarged picture added."""
    height, width = images.shape[2:]
    made = images.new_empty(1, conv.out_channels // scale**2, scale * height, scale * width)

    def run(top: int, bottom: int) -> None:
        y = F.conv2d(x[:, :, top : bottom + 2], conv.weight, conv.bias)
        enlarged = F.interpolate(images[:, :, top:bottom], scale_factor=scale, mode="nearest")
        made[:, :, scale * top : scale * bottom] = F.pixel_shuffle(y, scale).add_(enlarged)

    _over_bands(height, run)
    return made


def _over_bands(height: int, run: Callable[[int, int], None]) -> None:
    """Call `run(top, bottom)` for bands that together cover all rows."""
    rows = max(MIN_ROWS, -(-height // (BANDS_A_WORKER * num_workers())))
    tops = range(0, height, rows)
    share_out(lambda piece, _: run(tops[piece], min(height, tops[piece] + rows)), len(tops))


def _framed(images: Tensor, channels: int) -> Tensor:
    """Zeros for a picture's features and one pixel around, channels last: [1, C, H + 2, W + 2]."""
    height, width = images.shape[2:]
    return images.new_zeros(1, height + 2, width + 2, channels).permute(0, 3, 1, 2)
