"""The compact network on a processor: layer by layer, a band of rows a thread."""

from __future__ import annotations

from collections.abc import Callable, Generator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.fast.workers import num_workers, share_out
from gan_models.networks.inference import is_frozen, result_of
from gan_models.networks.srvgg import SRVGGNetCompact

BANDS_A_WORKER = 2  # so that one that is late is waited for less
MIN_ROWS = 4  # of a band


class FastSRVGGNetCompact(SRVGGNetCompact):
    """SRVGGNetCompact that takes the fast path wherever that gives the same pictures sooner."""

    def forward(self, images: Tensor) -> Tensor:
        """As SRVGGNetCompact's."""
        if not pays(self, images):
            return super().forward(images)
        return torch.cat([result_of(steps(self, image)) for image in images.split(1)])

    def steps(self, images: Tensor) -> Generator[float, None, Tensor]:
        """As SRVGGNetCompact's, of one picture."""
        return steps(self, images) if pays(self, images) else super().steps(images)


def pays(network: SRVGGNetCompact, images: Tensor) -> bool:
    """Whether `steps` gives what the network gives, and sooner."""
    return (
        images.device.type == "cpu"
        and images.dtype == network.convs()[0].weight.dtype == torch.float32
        and is_frozen(network, images)
        and not torch.is_autocast_enabled("cpu")
    )


def steps(network: SRVGGNetCompact, images: Tensor) -> Generator[float, None, Tensor]:
    """The whole network for one picture, in steps: yields how far it is, 0 to 1.

    images [1, C, H, W] -> [1, C, scale H, scale W]
    """
    *convs, last = network.convs()
    x, spare = _framed(images, images.shape[1]), _framed(images, network.num_feat)
    x[:, :, 1:-1, 1:-1] = images
    for index, (conv, activate) in enumerate(zip(convs, network.body[1::2], strict=True)):
        _layer(x, conv, activate, spare)
        # the memory of what has been read is written next; the picture's has too few channels
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
    """Call `run(top, bottom)` for bands of rows that together are all."""
    rows = max(MIN_ROWS, -(-height // (BANDS_A_WORKER * num_workers())))
    tops = range(0, height, rows)
    share_out(lambda piece, _: run(tops[piece], min(height, tops[piece] + rows)), len(tops))


def _framed(images: Tensor, channels: int) -> Tensor:
    """Zeros for a picture's features and one pixel around, channels last: [1, C, H + 2, W + 2]."""
    height, width = images.shape[2:]
    return images.new_zeros(1, height + 2, width + 2, channels).permute(0, 3, 1, 2)
