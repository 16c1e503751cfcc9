"""Convolutions by Winograd's method over whole feature maps, distributed to threads in blocks.

F(4x4, 3x3) as in `networks.winograd`, arranged for chains of convolutions: features are stored in
planes [H, W, C] with a frame of zeros; every operation writes into allocated memory; inputs of
several convolutions are transformed once.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gan_models.networks.fast.workers import num_workers
from gan_models.networks.inference import bias_of
from gan_models.networks.winograd import INPUTS, KERNELS, OUTPUTS, transform

TILES_A_BLOCK = 256
INSIDE = 7  # of the 36 products of a tile, the one that is added equally to all its 16 outputs


class Grid:
    """A map split into tiles of 4x4 pixels, and these into blocks; a thread computes a block."""

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width
        down, across = -(-height // 4), -(-width // 4)
        self.down, self.across = down, across
        columns = min(across, TILES_A_BLOCK)
        rows = min(max(1, TILES_A_BLOCK // columns), -(-down // num_workers()))
        self.blocks = [
            (slice(top, min(top + rows, down)), slice(left, min(left + columns, across)))
            for top in range(0, down, rows)
            for left in range(0, across, columns)
        ]
        self.tile_counts = [
            (rows.stop - rows.start) * (columns.stop - columns.start)
            for rows, columns in self.blocks
        ]


class Plane:
    """Features of one picture within a frame of zeros, as views of one memory.

    Attributes:
        pixels: [height, width, channels].
        tiles: for each block the 4x4 pixels of each tile, [4, 4, t, u, channels].
        inputs: for each block the 6x6 input pixels of each tile, [6, 6, t, u, channels].
    """

    def __init__(self, grid: Grid, channels: int) -> None:
        framed = torch.zeros(4 * grid.down + 2, 4 * grid.across + 2, channels)
        height, width = grid.height, grid.width
        self.pixels = framed[1 : height + 1, 1 : width + 1]
        self.tiles, self.inputs, self._beyond = [], [], []
        for rows, columns in grid.blocks:
            tops = slice(4 * rows.start + 1, 4 * rows.stop + 1)
            lefts = slice(4 * columns.start + 1, 4 * columns.stop + 1)
            tiles = framed[tops, lefts].unflatten(0, (-1, 4)).unflatten(2, (-1, 4))
            self.tiles.append(tiles.permute(1, 3, 0, 2, 4))
            inputs = framed[4 * rows.start : tops.stop + 1, 4 * columns.start : lefts.stop + 1]
            self.inputs.append(inputs.unfold(0, 6, 4).unfold(1, 6, 4).permute(3, 4, 0, 1, 2))
            beyond = (framed[tops, max(lefts.start, width + 1) : lefts.stop],)
            beyond += (framed[max(tops.start, height + 1) : tops.stop, lefts],)
            self._beyond.append([part for part in beyond if part.numel()])

    def clear_beyond(self, block: int) -> None:
        """Set the pixels of a block's tiles that are outside the map to zero."""
        for part in self._beyond[block]:
            part.zero_()


class Kernels:
    """Memory for a 3x3 convolution's transformed weights, split by the planes of its inputs.

    Args:
        channels: of each plane.
        outputs: of the convolution.
    """

    def __init__(self, channels: Sequence[int], outputs: int) -> None:
        self._spread = torch.empty(36, sum(channels) * outputs)
        self.parts = self._spread.view(36, -1, outputs).split(list(channels), 1)
        self.bias = torch.empty(outputs)

    def load(self, conv: nn.Conv2d, gain: float) -> None:
        """Transform the weights of a convolution whose outputs are multiplied by `gain`."""
        weight = conv.weight.permute(2, 3, 1, 0).reshape(9, -1)  # [3 3, I O]
        torch.mm(transform(KERNELS) * gain, weight, out=self._spread)
        torch.mul(bias_of(conv), gain, out=self.bias)


class Scratch:
    """Memory for the steps of one thread, for up to `tiles` tiles of `channels` channels."""

    def __init__(self, tiles: int, channels: int) -> None:
        self._inputs = torch.empty(36 * tiles * channels)
        self._products = torch.empty(36 * tiles * channels)
        self._outputs = torch.empty(16 * tiles * channels)

    def spread(self, inputs: Tensor, out: Tensor) -> None:
        """Transform inputs [6, 6, t, u, C] -> out [36, t u, C]."""
        gathered = self._inputs[: inputs.numel()].view(inputs.shape).copy_(inputs)
        torch.mm(transform(INPUTS), gathered.view(36, -1), out=out.view(36, -1))

    def convolve(self, spreads: Sequence[Tensor], kernels: Kernels) -> Tensor:
        """Multiply and transform back: inputs [36, t u, C] of each plane -> [16, t u, O]."""
        tiles, outputs = spreads[0].shape[1], len(kernels.bias)
        products = self._products[: 36 * tiles * outputs].view(36, tiles, outputs)
        torch.bmm(spreads[0], kernels.parts[0], out=products)
        for spread, part in zip(spreads[1:], kernels.parts[1:], strict=True):
            products.baddbmm_(spread, part)
        products[INSIDE] += kernels.bias
        made = self._outputs[: 16 * tiles * outputs].view(16, tiles, outputs)
        torch.mm(transform(OUTPUTS), products.view(36, -1), out=made.view(16, -1))
        return made


def put(made: Tensor, plane: Plane, block: int) -> None:
    """Write outputs [16, t u, O] into a block of a plane."""
    plane.tiles[block].copy_(made.view(plane.tiles[block].shape))
    plane.clear_beyond(block)


def add(made: Tensor, plane: Plane, block: int) -> None:
    """Add outputs [16, t u, O] to a block of a plane."""
    plane.tiles[block].add_(made.view(plane.tiles[block].shape))
    plane.clear_beyond(block)
