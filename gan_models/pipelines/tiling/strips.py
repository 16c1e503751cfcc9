"""Apply a ResNet translator to a picture of any size strip by strip, with exact statistics.

Instance norm needs the mean and variance of the whole picture at every layer, which separate tiles
do not have. Here the whole picture is processed layer by layer: a layer computes any of its rows on
demand, from rows of the layer before it; statistics are computed over all rows before the next
layer is started. Only the activations between the residual convolutions, a sixteenth of the pixels,
are stored, in half precision; the cheap layers at both ends are recomputed. The result is that of
the network on the whole picture.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterator
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import typed_modules
from gan_models.networks.norms import InstanceNorm, running_statistics
from gan_models.networks.resnet import DOWN_TAPS, ConvNorm, ResidualBlock, ResnetGenerator

_STRIP_BYTES = 32_000_000  # of the widest layer's output
_MEMORY_BYTES = 1_000_000_000  # of stored activations; more are stored in files

Conv = nn.Conv2d | nn.ConvTranspose2d


class Rows(Protocol):
    """An image of `height` rows and `width` columns that computes rows on demand."""

    height: int
    width: int
    macs: float  # multiplications of a whole pass, including those of the layers before

    def rows(self, first: int, last: int) -> Tensor:
        """Rows `first` to `last`, exclusive: [1, C, last - first, width]."""
        ...


class _Picture:
    """The input picture: uint8 [H, W, C] in memory, rows in [-1, 1] on the device."""

    macs = 0.0

    def __init__(self, pixels: Tensor, device: torch.device) -> None:
        self.height, self.width = pixels.shape[:2]
        self._pixels, self._device = pixels, device

    def rows(self, first: int, last: int) -> Tensor:
        rows = self._pixels[first:last].to(self._device).float().div_(127.5).sub_(1)
        return rows.permute(2, 0, 1)[None]


class _Conv:
    """A convolution, padded by zeros or reflection."""

    def __init__(
        self,
        below: Rows,
        weight: Tensor,
        bias: Tensor | None,
        stride: int,
        pad: int,
        mode: str,
        groups: int = 1,
    ) -> None:
        self._below, self._bias, self._stride, self._pad = below, bias, stride, pad
        self._weight = weight.contiguous(memory_format=torch.channels_last)
        self._mode, self._groups, self._kernel = mode, groups, weight.shape[2]
        self.height, self.width = (
            (side + 2 * pad - self._kernel) // stride + 1 for side in (below.height, below.width)
        )
        self.macs = below.macs + weight.numel() * self.height * self.width

    def rows(self, first: int, last: int) -> Tensor:
        top = first * self._stride - self._pad
        bottom = (last - 1) * self._stride - self._pad + self._kernel
        x = _window(self._below, top, bottom, self._pad, self._mode)
        return F.conv2d(x, self._weight, self._bias, self._stride, groups=self._groups)


class _Doubling:
    """The 3x3 transposed convolution that doubles the size."""

    def __init__(self, below: Rows, conv: nn.ConvTranspose2d) -> None:
        self._below, self._conv = below, conv
        self.height, self.width = 2 * below.height, 2 * below.width
        self.macs = below.macs + conv.weight.numel() * below.height * below.width

    def rows(self, first: int, last: int) -> Tensor:
        start = first // 2
        x = _window(self._below, start, (last + 1) // 2 + 1, 0, "constant")
        return self._conv(x)[:, :, first - 2 * start : last - 2 * start]


class _Interpolated:
    """Twice the size by linear interpolation."""

    def __init__(self, below: Rows) -> None:
        self._below, self.macs = below, below.macs
        self.height, self.width = 2 * below.height, 2 * below.width

    def rows(self, first: int, last: int) -> Tensor:
        start = first // 2 - 1
        x = _window(self._below, start, (last + 1) // 2 + 1, 0, "replicate")
        x = F.interpolate(x, scale_factor=2, mode="bilinear")
        return x[:, :, first - 2 * start : last - 2 * start]


class _Normed:
    """Normalisation by known statistics, and a ReLU where the network has one."""

    def __init__(self, below: Rows, scale: Tensor, shift: Tensor, activate: bool) -> None:
        self._below, self._scale, self._shift, self._activate = below, scale, shift, activate
        self.height, self.width, self.macs = below.height, below.width, below.macs

    def rows(self, first: int, last: int) -> Tensor:
        x = self._below.rows(first, last).mul_(self._scale).add_(self._shift)
        return x.relu_() if self._activate else x


class _Stored:
    """Rows stored in half precision, in memory or in a file."""

    macs = 0.0

    def __init__(
        self, height: int, width: int, channels: int, device: torch.device, in_file: bool
    ) -> None:
        self.height, self.width = height, width
        self._row_shape, self._device = (width, channels), device
        if in_file:
            self._file = tempfile.TemporaryFile(prefix="ganvas-rows-", buffering=0)  # noqa: SIM115
            return
        self._file = None
        self._values = torch.empty((height, *self._row_shape), dtype=torch.float16, device=device)

    def rows(self, first: int, last: int) -> Tensor:
        if self._file is None:
            values = self._values[first:last]
        else:
            values = torch.empty((last - first, *self._row_shape), dtype=torch.float16)
            self._file.seek(first * self._row_bytes)
            _transfer_all(self._file.readinto, values)
        return values.to(self._device).permute(2, 0, 1)[None].float()

    def write(self, first: int, rows: Tensor) -> None:
        """Store [1, C, N, W] from row `first` on."""
        values = rows[0].permute(1, 2, 0)
        if self._file is None:
            self._values[first : first + len(values)] = values
        else:
            self._file.seek(first * self._row_bytes)
            _transfer_all(self._file.write, values.to("cpu", torch.float16).contiguous())

    @property
    def _row_bytes(self) -> int:
        return 2 * self._row_shape[0] * self._row_shape[1]


def _transfer_all(transfer: Callable[[memoryview], int], values: Tensor) -> None:
    """Read or write all bytes of `values`; one call may transfer fewer.

    Raises:
        OSError: the file ends too early, or the disk is full.
    """
    left = values.view(torch.uint8).numpy().data.cast("B")
    while left:
        moved = transfer(left)
        if not moved:
            raise OSError("The file for intermediate results ended early; free some disk space.")
        left = left[moved:]


def _window(below: Rows, top: int, bottom: int, pad: int, mode: str) -> Tensor:
    """Rows `top` to `bottom` of the layer before, padded outside of it and at the sides."""
    x = below.rows(max(top, 0), min(bottom, below.height))
    above, under = max(-top, 0), max(bottom - below.height, 0)
    if not (pad or above or under):
        return x
    return F.pad(x, (pad, pad, above, under), mode=mode)


class _Moments:
    """Mean and variance of each channel over strips.

    Sums of differences from the mean of the first strip: as exact as two passes for similar strips.
    """

    def __init__(self) -> None:
        self._count = 0
        self._sums = self._squares = torch.zeros((), dtype=torch.float64)
        self._about: Tensor | None = None

    def add(self, x: Tensor) -> None:
        """Add a strip, [1, C, N, W]."""
        values = x[0].permute(1, 2, 0).reshape(-1, x.shape[1])  # [N W, C]
        if self._about is None:
            self._about = values.mean(0)
        away = values - self._about
        self._sums = self._sums + away.sum(0).double()
        self._squares = self._squares + away.square_().sum(0).double()
        self._count += len(values)

    def affine(self, norm: InstanceNorm) -> tuple[Tensor, Tensor]:
        """Scale and shift, [1, C, 1, 1], that are equivalent to the norm.

        Raises:
            ValueError: no strip was added.
        """
        if self._about is None:
            raise ValueError("There are no strips to take the statistics of.")
        away = self._sums / self._count
        scale = (self._squares / self._count - away.square() + 1e-5).rsqrt()
        shift = -(self._about + away) * scale
        if norm.weight is not None and norm.bias is not None:
            scale, shift = scale * norm.weight, shift * norm.weight + norm.bias
        return scale.float().view(1, -1, 1, 1), shift.float().view(1, -1, 1, 1)


class StripTranslator:
    """Applies a ResNet translator to one picture.

    Args:
        network: in eval mode; not changed.
        pixels: uint8 [H, W, C], C the input channels of the network.
    """

    def __init__(self, network: ResnetGenerator, pixels: Tensor) -> None:
        self._network, self._pixels = network, pixels
        self._downs = typed_modules(network.downs, ConvNorm)
        self._blocks = typed_modules(network.blocks, ResidualBlock)
        self._ups = typed_modules(network.ups, ConvNorm)
        self._device = next(network.parameters()).device
        self._strip_rows = max(16, _STRIP_BYTES // (4 * network.width * pixels.shape[1]))
        self._done = 0.0
        self._total = self._total_macs()

    @torch.inference_mode()
    def run(self) -> Generator[float, None, Tensor]:
        """Yield the progress, 0 to 1; return uint8 [H, W, C']."""
        picture = _Picture(self._pixels, self._device)
        stem = self._network.stem
        x = yield from self._normalise(_plain(picture, stem.conv), stem)
        for down in self._downs:
            x = yield from self._normalise(_plain(x, down.conv), down)
            if self._network.antialias_down:
                x = _halved(x, down.conv.out_channels)
        x = yield from self._run_blocks(x)
        for up in self._ups:
            if isinstance(up.conv, nn.ConvTranspose2d):
                x = _Doubling(x, up.conv)
            else:
                x = _plain(_Interpolated(x), up.conv)
            x = yield from self._normalise(x, up)
        return (yield from self._to_pixels(_plain(x, self._network.to_rgb), picture))

    def _strips(self, layer: Rows) -> Iterator[tuple[int, Tensor]]:
        """All rows of a layer in strips; updates the progress."""
        step = max(4, self._strip_rows * layer.width // self._pixels.shape[1])
        for first in range(0, layer.height, step):
            last = min(first + step, layer.height)
            yield first, layer.rows(first, last)
            self._done += layer.macs * (last - first) / layer.height

    @property
    def _progress(self) -> float:
        return min(self._done / self._total, 1.0)

    def _normalise(
        self, layer: Rows, block: ConvNorm, into: _Stored | None = None
    ) -> Generator[float, None, _Normed]:
        """Compute a layer's statistics, store its rows in `into` if given, and normalise it.

        `into` may be the input of the layer: a strip is written after the next one is computed.
        """
        moments = _Moments()
        waiting: tuple[int, Tensor] | None = None
        if into is None and isinstance(block.norm, nn.BatchNorm2d):
            return _Normed(layer, *_affine(block.norm, moments), block.activate)
        for first, x in self._strips(layer):
            moments.add(x)
            if into is not None:
                if waiting is not None:
                    into.write(*waiting)
                waiting = (first, x)
            yield self._progress
        if into is not None and waiting is not None:
            into.write(*waiting)
        return _Normed(into or layer, *_affine(block.norm, moments), block.activate)

    def _run_blocks(self, x: Rows) -> Generator[float, None, _Stored]:
        """Run the residual blocks on stored rows."""
        channels = 4 * self._network.width
        size, on_cpu = 2 * channels * x.height * x.width, self._device.type == "cpu"
        sizes = (x.height, x.width, channels, self._device)
        stored = _Stored(*sizes, in_file=on_cpu and size > _MEMORY_BYTES)
        for first, rows in self._strips(x):
            stored.write(first, rows)
            yield self._progress
        other = _Stored(*sizes, in_file=on_cpu and 2 * size > _MEMORY_BYTES)
        for block in self._blocks:
            y = yield from self._normalise(_plain(stored, block.first.conv), block.first, other)
            y = yield from self._normalise(_plain(y, block.second.conv), block.second, other)
            for first, rows in self._strips(y):
                stored.write(first, rows.add_(stored.rows(first, first + rows.shape[2])))
        return stored

    def _to_pixels(self, layer: Rows, picture: _Picture) -> Generator[float, None, Tensor]:
        """The last layer's rows as pixels, without the padding to divisible sides."""
        height, width = picture.height, picture.width
        pixels = torch.empty((height, width, self._network.out_channels), dtype=torch.uint8)
        for first, x in self._strips(layer):
            if first >= height:
                break
            last = min(first + x.shape[2], height)
            x = x[:, :, : last - first, :width]
            rows = self._network.finish(x, picture.rows(first, last))[0].mul_(127.5).add_(127.5)
            pixels[first:last] = rows.round_().byte().permute(1, 2, 0).cpu()
            yield self._progress
        return pixels

    def _total_macs(self) -> float:
        """Multiplications of all passes; the layers at both ends are computed several times."""
        network, pixels = self._network, self._pixels.shape[0] * self._pixels.shape[1]
        sizes: list[tuple[Conv, float, int]] = [(network.stem.conv, 1.0, 4)]
        sizes += [(down.conv, 1 / 4 ** (i + 1), 3 - i) for i, down in enumerate(self._downs)]
        halves = [half for block in self._blocks for half in (block.first, block.second)]
        sizes += [(half.conv, 1 / 16, 1) for half in halves]
        sizes += [(up.conv, 4**i / 16, 3 - i) for i, up in enumerate(self._ups)]
        sizes += [(network.to_rgb, 1.0, 1)]
        return sum(conv.weight.numel() * share * passes for conv, share, passes in sizes) * pixels


def _affine(norm: nn.Module, moments: _Moments) -> tuple[Tensor, Tensor]:
    """Scale and shift of a norm, from the picture's moments or a batch norm's running statistics.

    Raises:
        TypeError: another kind of norm.
    """
    if isinstance(norm, InstanceNorm):
        return moments.affine(norm)
    if not isinstance(norm, nn.BatchNorm2d):
        raise TypeError(f"{type(norm).__name__} cannot be applied in strips.")
    variance, mean = running_statistics(norm)
    scale = norm.weight * (variance + norm.eps).rsqrt()
    shift = norm.bias - mean * scale
    return scale.view(1, -1, 1, 1), shift.view(1, -1, 1, 1)


def _plain(below: Rows, conv: Conv) -> _Conv:
    """A convolution of the network.

    Raises:
        ValueError: its padding is given by name.
    """
    if isinstance(conv.padding, str):
        raise ValueError(f"Padding {conv.padding!r} cannot be applied in strips.")
    mode = "constant" if conv.padding_mode == "zeros" else conv.padding_mode
    return _Conv(below, conv.weight, conv.bias, conv.stride[0], conv.padding[0], mode)


def _halved(below: Rows, channels: int) -> _Conv:
    """The antialiasing filter, then every second pixel."""
    taps = torch.tensor(DOWN_TAPS)
    kernel = torch.outer(taps, taps).expand(channels, 1, 3, 3)
    return _Conv(below, kernel, None, 2, 1, "reflect", groups=channels)
