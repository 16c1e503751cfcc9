"""RRDBNet on a CPU: its dense blocks by Winograd's method, distributed to threads.

A dense block's features are transformed once, when they are computed, and the convolutions that
read them sum their products; so there are no concatenations, and the transforms of 192 channels
serve 640. Winograd's method is faster only there: single convolutions of 64 channels gain nothing.
"""

from __future__ import annotations

from collections.abc import Generator

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_models.networks.base import typed_modules
from gan_models.networks.fast.planes import Grid, Kernels, Plane, Scratch, add, put
from gan_models.networks.fast.workers import num_workers, share_out
from gan_models.networks.inference import doubling_kernel, is_frozen, result_of
from gan_models.networks.rrdbnet import DenseBlock, ResidualDenseBlocks, RRDBNet

MIN_CHANNELS = 16  # added by a convolution; below, the transforms cost more than they save
STRIP_PIXELS = 1 << 17  # of the result, computed at once by the last convolutions
REACH = 2  # receptive field of the last convolutions on each side, in pixels before enlarging
BLOCK_SHARE = 11  # multiplications of a residual-in-residual block, in units
TAIL_SHARE = 1  # those of the layers after the body

Steps = Generator[float, None, None]


class FastRRDBNet(RRDBNet):
    """RRDBNet that uses the fast path wherever it gives the same pictures."""

    def forward(self, images: Tensor) -> Tensor:
        """As RRDBNet's."""
        if not is_faster(self, images):
            return super().forward(images)
        return torch.cat([result_of(steps(self, image)) for image in images.split(1)])

    def steps(self, images: Tensor) -> Generator[float, None, Tensor]:
        """As RRDBNet's, of one picture."""
        return steps(self, images) if is_faster(self, images) else super().steps(images)


def is_faster(network: RRDBNet, images: Tensor) -> bool:
    """Whether `steps` gives the network's result, and is faster."""
    return (
        images.device.type == "cpu"
        and images.dtype == network.conv_first.weight.dtype == torch.float32
        and min(network.num_feat, network.num_grow_ch) >= MIN_CHANNELS
        and is_frozen(network, images)
        and not torch.is_autocast_enabled("cpu")
    )


def steps(network: RRDBNet, images: Tensor) -> Generator[float, None, Tensor]:
    """The whole network for one picture, in steps: yields the share that is done, 0 to 1.

    images [1, C, H, W] -> [1, out_channels, scale H, scale W]
    """
    first = network.first_features(images)  # [1, num_feat, h, w]
    body = _Body(network, first[0].permute(1, 2, 0))
    work = BLOCK_SHARE * network.num_blocks + TAIL_SHARE
    for index in range(network.num_blocks):
        for part in body.block(index):
            yield BLOCK_SHARE * (index + part) / work
    features = first + network.conv_body(body.features.pixels.permute(2, 0, 1)[None])
    made = first.new_empty(1, network.out_channels, *(4 * side for side in first.shape[2:]))
    for part in _enlarge(network, features, made):
        yield (work - TAIL_SHARE * (1 - part)) / work
    return network.cut(made, images)


class _Body:
    """The dense blocks, working on a plane of features and four planes of added features.

    Attributes:
        features: input and output, [H, W, num_feat].
    """

    def __init__(self, network: RRDBNet, first: Tensor) -> None:
        self.network = network
        self.grid = Grid(*first.shape[:2])
        self.channels = [network.num_feat] + 4 * [network.num_grow_ch]
        self.planes = [Plane(self.grid, width) for width in self.channels]
        self.features = self.planes[0]
        self.features.pixels.copy_(first)
        self.spreads = [
            [first.new_empty(36, count, width) for width in self.channels]
            for count in self.grid.tile_counts
        ]
        self.saved = [torch.empty_like(tiles) for tiles in self.features.tiles]
        widest, most = max(self.channels), max(self.grid.tile_counts)
        self.scratch = [Scratch(most, widest) for _ in range(num_workers())]
        outputs = (*self.channels[1:], network.num_feat)
        self.kernels = [Kernels(self.channels[: k + 1], outputs[k]) for k in range(5)]

    def block(self, index: int) -> Steps:
        """One residual-in-residual dense block, in place."""
        block = typed_modules(self.network.body, ResidualDenseBlocks)[index]
        for number, dense in enumerate((block.rdb1, block.rdb2, block.rdb3)):
            for part in self._dense(dense, number):
                yield (number + part) / 3

    def _dense(self, dense: DenseBlock, number: int) -> Steps:
        """One of the three dense blocks: transform plane k, then apply convolution k."""
        convs = (dense.conv1, dense.conv2, dense.conv3, dense.conv4, dense.conv5)

        def prepare(piece: int, _: int) -> None:
            k = 4 - piece  # the largest first
            self.kernels[k].load(convs[k], self.network.residual if k == 4 else 1.0)

        def run(piece: int, worker: int) -> None:
            scratch, spreads = self.scratch[worker], self.spreads[piece]
            if k == number == 0:
                self.saved[piece].copy_(self.features.tiles[piece])
            scratch.spread(self.planes[k].inputs[piece], spreads[k])
            made = scratch.convolve(spreads[: k + 1], self.kernels[k])
            if k < 4:
                put(F.leaky_relu_(made, self.network.slope), self.planes[k + 1], piece)
                return
            add(made, self.features, piece)
            if number == 2:
                tiles = self.features.tiles[piece]
                tiles.mul_(self.network.residual).add_(self.saved[piece])

        share_out(prepare, 5)  # few pixels take no longer than their kernels
        for k in range(5):
            share_out(run, len(self.grid.blocks))
            yield (k + 1) / 5


def _enlarge(network: RRDBNet, features: Tensor, made: Tensor) -> Steps:
    """The convolutions after the body, a strip a thread.

    Args:
        features: [1, num_feat, H, W]
        made: [1, out_channels, 4 H, 4 W], receives the result.
    """
    height, width = features.shape[2:]
    rows = max(4, min(STRIP_PIXELS // (16 * width), -(-height // num_workers())))
    tops = range(0, height, rows)
    convs = (network.conv_up1, network.conv_up2)
    doubling = [(doubling_kernel(conv.weight), conv.bias) for conv in convs]

    def run(piece: int, _: int) -> None:
        top = tops[start + piece]
        bottom = min(height, top + rows)
        above, below = max(0, top - REACH), min(height, bottom + REACH)
        x = features[:, :, above:below]
        for kernel, bias in doubling:
            x = F.conv_transpose2d(x, kernel, bias, stride=2, padding=1)
            x = F.leaky_relu_(x, network.slope)
        x = network.conv_last(F.leaky_relu_(network.conv_hr(x), network.slope))
        made[:, :, 4 * top : 4 * bottom] = x[:, :, 4 * (top - above) : 4 * (bottom - above)]

    for start in range(0, len(tops), num_workers()):
        share_out(run, min(num_workers(), len(tops) - start))
        yield min(1.0, (start + num_workers()) / len(tops))
