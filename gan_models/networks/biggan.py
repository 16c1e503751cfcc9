"""BigGAN-deep generator: Brock et al. 2019, "Large Scale GAN Training for High Fidelity Natural
Image Synthesis" (arXiv:1809.11096), appendix B, for inference.

Spectral norm is folded into the weights when a checkpoint is read, and each batch norm with its
class-dependent scale and shift is one multiplication and one addition a channel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import typed_modules
from gan_models.networks.inference import (
    ChannelsLast,
    autocasts,
    bfloat16_twin,
    bias_of,
    doubling_kernel,
    is_frozen,
    one_by_one,
    pointwise,
    state_of,
)

ONE_BY_ONE_FROM_PX = 32
DOUBLE_IN_ONE_FROM_PX = 16


class TruncatedBatchNorm(nn.Module):
    """Batch norm whose statistics depend on the truncation, and whose affine part on the class.

    Statistics are stored for `num_stats` truncations from 0 to 1.
    """

    running_means: Tensor
    running_vars: Tensor

    def __init__(self, channels: int, num_stats: int, cond_dim: int, eps: float) -> None:
        super().__init__()
        self.eps = eps
        self.register_buffer("running_means", torch.zeros(num_stats, channels))
        self.register_buffer("running_vars", torch.ones(num_stats, channels))
        if cond_dim:
            self.scale = nn.Linear(cond_dim, channels, bias=False)
            self.offset = nn.Linear(cond_dim, channels, bias=False)
        else:
            self.weight = nn.Parameter(torch.ones(channels))
            self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, cond: Tensor, truncation: float) -> Tensor:
        """x [N, C, H, W], cond [N, cond_dim] -> relu of the normalised x."""
        mean, var = self._statistics(truncation)
        conditional = hasattr(self, "scale")
        weight = 1 + self.scale(cond) if conditional else self.weight[None]  # [N or 1, C]
        bias = self.offset(cond) if conditional else self.bias[None]
        weight = weight * torch.rsqrt(var + self.eps)
        bias = torch.addcmul(bias, mean, weight, value=-1)
        x = torch.addcmul(
            bias[:, :, None, None].to(x.dtype), x, weight[:, :, None, None].to(x.dtype)
        )
        return F.relu_(x)

    def _statistics(self, truncation: float) -> tuple[Tensor, Tensor]:
        """Return mean and variance [C] for a truncation between two stored ones.

        The published pictures mix them with the fraction on the lower row, the reverse of the usual
        interpolation, with the fraction as floating point rounds it.
        """
        fraction, row = math.modf(truncation / (1.0 / (len(self.running_means) - 1)))
        row = int(row)
        if fraction == 0.0:
            return self.running_means[row], self.running_vars[row]
        means, variances = self.running_means[row : row + 2], self.running_vars[row : row + 2]
        mixed = (rows[0] * fraction + rows[1] * (1 - fraction) for rows in (means, variances))
        return next(mixed), next(mixed)


class BottleneckBlock(nn.Module):
    """1x1, 3x3, 3x3, 1x1 convolutions beside a shortcut that drops channels and doubles pixels."""

    def __init__(
        self, before: int, after: int, cond_dim: int, up: bool, num_stats: int, eps: float
    ) -> None:
        super().__init__()
        self.up, self.drop = up, before != after
        self.cached_kernel: tuple[tuple[int, int], Tensor] | None = None
        middle = before // 4
        widths, kernels = (before, middle, middle, middle, after), (1, 3, 3, 1)
        self.norms = nn.ModuleList(
            TruncatedBatchNorm(w, num_stats, cond_dim, eps) for w in widths[:-1]
        )
        self.convs = nn.ModuleList(
            nn.Conv2d(widths[i], widths[i + 1], kernel, padding=kernel // 2)
            for i, kernel in enumerate(kernels)
        )

    def forward(self, x: Tensor, cond: Tensor, truncation: float) -> Tensor:
        """x [N, before, H, W] -> [N, after, H, W] or [N, after, 2H, 2W]."""
        y = x
        convs = typed_modules(self.convs, nn.Conv2d)
        for index, (norm, conv) in enumerate(zip(self.norms, convs, strict=True)):
            y = norm(y, cond, truncation)
            if self.up and index == 1:
                y = self._double(y)
                continue
            y = conv(y) if conv.kernel_size[0] > 1 else pointwise(conv, y)
        if self.drop:
            x = x[:, : x.shape[1] // 2]
        if self.up:  # each pixel of x is added to two by two of y
            x = x[:, :, :, None, :, None]
            halves = (y.shape[2] // 2, 2), (y.shape[3] // 2, 2)
            return (y.unflatten(3, halves[1]).unflatten(2, halves[0]) + x).view_as(y)
        return x + y

    def _double(self, y: Tensor) -> Tensor:
        """Double the size and convolve: y [N, C, H, W] -> [N, C, 2H, 2W]."""
        conv = typed_modules(self.convs, nn.Conv2d)[1]
        if y.device.type != "cpu" or y.shape[2] < DOUBLE_IN_ONE_FROM_PX or not is_frozen(self, y):
            return conv(F.interpolate(y, scale_factor=2, mode="nearest"))
        state = state_of(conv.weight)
        if self.cached_kernel is None or self.cached_kernel[0] != state:
            with torch.inference_mode(False), torch.no_grad():
                self.cached_kernel = (state, doubling_kernel(conv.weight.detach()))
        kernel = self.cached_kernel[1]
        return F.conv_transpose2d(y, kernel, conv.bias, stride=2, padding=1)


class SelfAttention(nn.Module):
    """Self-attention over all positions (Zhang et al., SAGAN, arXiv:1805.08318)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.theta = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.phi = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.g = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.out = nn.Conv2d(channels // 2, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor, cond: Tensor, truncation: float) -> Tensor:
        """x [N, C, H, W] -> the same shape, whatever the class and the truncation."""
        query = pointwise(self.theta, x).flatten(2)  # [N, C / 8, H W]
        key = F.max_pool2d(pointwise(self.phi, x), 2).flatten(2)  # [N, C / 8, H W / 4]
        value = F.max_pool2d(pointwise(self.g, x), 2).flatten(2)  # [N, C / 2, H W / 4]
        attention = (query.transpose(1, 2) @ key).softmax(dim=-1)  # [N, H W, H W / 4]
        seen = attention @ value.transpose(1, 2)  # [N, H W, C / 2]
        seen = seen.unflatten(1, x.shape[2:]).permute(0, 3, 1, 2)
        return torch.addcmul(x, self.gamma, pointwise(self.out, seen))


class BigGANDeepGenerator(ChannelsLast):
    """z and a class -> a picture.

    Args:
        layers: (doubles the size, in, out) for each block, in and out in units of `channel_width`.
        z_dim: size of z; the class embedding has the same.
        channel_width: channels before the last convolution; 128 in the published models.
        num_classes: ImageNet has 1000.
        attention_layer_position: index of the block that the attention precedes.
        eps, num_stats: of the batch norms.
    """

    family = "biggan-deep"

    def __init__(
        self,
        layers: Sequence[tuple[bool, int, int]],
        z_dim: int = 128,
        channel_width: int = 128,
        num_classes: int = 1000,
        attention_layer_position: int = 8,
        eps: float = 1e-4,
        num_stats: int = 51,
    ) -> None:
        super().__init__()
        self.layer_plan = [(bool(up), int(a), int(b)) for up, a, b in layers]
        self.z_dim, self.channel_width = z_dim, channel_width
        self.num_classes = self.c_dim = num_classes
        self.attention_layer_position, self.eps, self.num_stats = (
            attention_layer_position,
            eps,
            num_stats,
        )
        self.cached_twin = None
        self.img_channels = 3
        self.img_resolution = 4 * 2 ** sum(up for up, _, _ in self.layer_plan)
        cond_dim, first = 2 * z_dim, self.layer_plan[0][1] * channel_width
        self.embeddings = nn.Linear(num_classes, z_dim, bias=False)
        self.stem = nn.Linear(cond_dim, 16 * first)
        self.blocks = nn.ModuleList()
        for index, (up, before, after) in enumerate(self.layer_plan):
            if index == attention_layer_position:
                self.blocks.append(SelfAttention(before * channel_width))
            before, after = before * channel_width, after * channel_width
            self.blocks.append(BottleneckBlock(before, after, cond_dim, up, num_stats, eps))
        last = self.layer_plan[-1][2] * channel_width
        self.norm = TruncatedBatchNorm(last, num_stats, 0, eps)
        self.to_rgb = nn.Conv2d(last, last, 3, padding=1)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "layers": [list(layer) for layer in self.layer_plan],
            "z_dim": self.z_dim,
            "channel_width": self.channel_width,
            "num_classes": self.num_classes,
            "attention_layer_position": self.attention_layer_position,
            "eps": self.eps,
            "num_stats": self.num_stats,
        }

    def forward(self, z: Tensor, class_vector: Tensor, truncation: float = 1.0) -> Tensor:
        """z [N, z_dim], class_vector [N, num_classes] -> images [N, 3, H, H] in [-1, 1].

        Args:
            z: already truncated and multiplied by `truncation`.
            class_vector: one-hot, or a mixture of classes.
            truncation: 0 to 1; it chooses the batch norms' statistics.

        Raises:
            ValueError: the truncation is outside that range.
        """
        if not 0 <= truncation <= 1:
            raise ValueError(f"truncation must be from 0 to 1, not {truncation}.")
        if autocasts(self, z, class_vector):
            with torch.autocast("cpu", enabled=False):
                return bfloat16_twin(self)(z, class_vector, truncation)
        dtype = self.stem.weight.dtype
        cond = torch.cat([z.to(dtype), self.embeddings(class_vector.to(dtype))], dim=1)
        x = self.stem(cond).unflatten(1, (4, 4, -1)).permute(0, 3, 1, 2)  # [N, C, 4, 4]
        count = len(self.blocks)
        if len(x) == 1 or x.device.type != "cpu" or not is_frozen(self, z, class_vector):
            return self._run(range(count), x, cond, truncation)
        # where features are larger than the weights, one picture at a time fits the CPU's caches
        wide = self._first_wide_block()
        for block in self.blocks[:wide]:
            x = block(x, cond, truncation)
        run = lambda x, cond: self._run(range(wide, count), x, cond, truncation)
        return one_by_one(run, x, cond)

    def _first_wide_block(self) -> int:
        """Return the first block that works on `ONE_BY_ONE_FROM_PX` pixels or more."""
        size = 4
        for index, block in enumerate(self.blocks):
            size *= 2 if getattr(block, "up", False) else 1
            if size >= ONE_BY_ONE_FROM_PX:
                return index
        return len(self.blocks)

    def _run(self, blocks: range, x: Tensor, cond: Tensor, truncation: float) -> Tensor:
        """Apply the last of the blocks: x [N, C, h, w] -> images [N, 3, H, H]."""
        for index in blocks:
            x = self.blocks[index](x, cond, truncation)
        x = self.norm(x, cond, truncation)
        # the checkpoint has as many outputs as inputs here, of which three are the picture
        weight, bias = self.to_rgb.weight[:3], bias_of(self.to_rgb)[:3]
        return F.conv2d(x, weight, bias, padding=1).tanh()
