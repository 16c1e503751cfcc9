"""The published generators written the plain way, in the tensor names their checkpoints have.

They are what `speed.py` compares with, since the authors' code cannot be installed beside ours, and
what the tests draw checkpoints of any size from. Each follows its paper literally: grouped
convolutions for modulation, spectral norm at every call, one-hot maps through convolutions.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import spectral_norm


@torch.no_grad()
def settle(network: nn.Module, iterations: int = 3) -> nn.Module:
    """Run the power iterations of a network's spectral norms, as training would; eval mode."""
    network.train()
    for module in network.modules():
        for hook in list(module._forward_pre_hooks.values()) * iterations:
            hook(module, ())
    return network.eval()


class Scaled(nn.Module):
    """Linear layer with run-time weight scale."""

    def __init__(
        self, inputs: int, outputs: int, multiplier: float, act: bool, start: float
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / multiplier)
        self.bias = nn.Parameter(torch.full((outputs,), start / multiplier))
        self.multiplier, self.act = multiplier, act

    def forward(self, x: Tensor) -> Tensor:
        """[N, inputs] -> [N, outputs]."""
        gain = self.multiplier / math.sqrt(self.weight.shape[1])
        x = F.linear(x, self.weight * gain, self.bias * self.multiplier)
        return F.leaky_relu(x, 0.2) * math.sqrt(2) if self.act else x


def grouped(x: Tensor, weight: Tensor, style: Tensor, demodulate: bool, up: bool) -> Tensor:
    """Modulate the weights of each sample and convolve sample by sample, as one grouped call."""
    batch, outputs = len(x), len(weight)
    kernels = weight[None] * style[:, None, :, None, None]  # [N, O, I, k, k]
    if demodulate:
        kernels = kernels * kernels.square().sum((2, 3, 4), keepdim=True).add(1e-8).rsqrt()
    x = x.reshape(1, -1, *x.shape[2:])
    if up:
        kernels = kernels.transpose(1, 2).flatten(0, 1)
        x = F.conv_transpose2d(x, kernels, stride=2, groups=batch)
    else:
        x = F.conv2d(x, kernels.flatten(0, 1), padding=weight.shape[-1] // 2, groups=batch)
    return x.reshape(batch, outputs, *x.shape[2:])


def fir(x: Tensor, kernel: Tensor, up: int, before: int, after: int) -> Tensor:
    """Zero insertion, padding and a 4x4 filter a channel."""
    batch, channels, height, width = x.shape
    if up > 1:
        spread = x.new_zeros(batch, channels, height, up, width, up)
        spread[:, :, :, 0, :, 0] = x
        x = spread.reshape(batch, channels, height * up, width * up)
    x = F.pad(x, (before, after, before, after))
    return F.conv2d(x, kernel.flip(0, 1)[None, None].repeat(channels, 1, 1, 1), groups=channels)


def binomial() -> Tensor:
    """The [1, 3, 3, 1] filter as a 4x4 kernel of sum 1."""
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    return taps[:, None] * taps[None, :]


class StyleConv(nn.Module):
    """One modulated layer of StyleGAN2."""

    def __init__(self, inputs: int, outputs: int, w_dim: int, size: int, up: bool) -> None:
        super().__init__()
        self.affine = Scaled(w_dim, inputs, 1, False, 1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.noise_strength = nn.Parameter(torch.tensor(0.3))
        self.bias = nn.Parameter(torch.randn(outputs) * 0.1)
        self.register_buffer("noise_const", torch.randn(size, size))
        self.register_buffer("resample_filter", binomial())
        self.up = up

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """[N, I, H, W] -> [N, O, H', W']."""
        x = grouped(x, self.weight, self.affine(w), True, self.up)
        if self.up:
            x = fir(x, self.resample_filter * 4, 1, 1, 1)
        x = x + self.noise_const * self.noise_strength + self.bias[:, None, None]
        return (F.leaky_relu(x, 0.2) * math.sqrt(2)).clamp(-256, 256)


class StyleRGB(nn.Module):
    """Output layer of one resolution of StyleGAN2."""

    def __init__(self, inputs: int, colours: int, w_dim: int) -> None:
        super().__init__()
        self.affine = Scaled(w_dim, inputs, 1, False, 1.0)
        self.weight = nn.Parameter(torch.randn(colours, inputs, 1, 1))
        self.bias = nn.Parameter(torch.randn(colours) * 0.1)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """[N, I, H, W] -> [N, colours, H, W]."""
        style = self.affine(w) / math.sqrt(self.weight.shape[1])
        x = grouped(x, self.weight, style, False, False) + self.bias[:, None, None]
        return x.clamp(-256, 256)


class StyleBlock(nn.Module):
    """One resolution of StyleGAN2."""

    def __init__(self, inputs: int, outputs: int, w_dim: int, size: int, colours: int) -> None:
        super().__init__()
        self.register_buffer("resample_filter", binomial())
        if size == 4:
            self.const = nn.Parameter(torch.randn(outputs, 4, 4))
        else:
            self.conv0 = StyleConv(inputs, outputs, w_dim, size, True)
        self.conv1 = StyleConv(outputs, outputs, w_dim, size, False)
        self.torgb = StyleRGB(outputs, colours, w_dim)


class StyleGAN2(nn.Module):
    """StyleGAN2 in NVIDIA's tensor names."""

    def __init__(
        self,
        channels: list[int],
        z_dim: int = 512,
        c_dim: int = 0,
        w_dim: int = 512,
        colours: int = 3,
        depth: int = 8,
    ) -> None:
        super().__init__()
        self.sizes = [4 << i for i in range(len(channels))]
        self.synthesis, self.mapping = nn.Module(), nn.Module()
        for i, size in enumerate(self.sizes):
            block = StyleBlock(channels[max(i - 1, 0)], channels[i], w_dim, size, colours)
            self.synthesis.add_module(f"b{size}", block)
        if c_dim:
            self.mapping.embed = Scaled(c_dim, w_dim, 1, False, 0.0)
        for i in range(depth):
            inputs = w_dim if i else z_dim + (w_dim if c_dim else 0)
            self.mapping.add_module(f"fc{i}", Scaled(inputs, w_dim, 0.01, True, 0.0))
        self.mapping.register_buffer("w_avg", torch.randn(w_dim) * 0.1)
        self.depth = depth

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """[N, z_dim] -> [N, colours, H, H]."""
        unit = lambda x: x * x.square().mean(1, keepdim=True).add(1e-8).rsqrt()
        x = unit(z)
        if c is not None:
            x = torch.cat([x, unit(self.mapping.embed(c))], 1)
        for i in range(self.depth):
            x = getattr(self.mapping, f"fc{i}")(x)
        w, x, images = x, None, None
        for size in self.sizes:
            block = getattr(self.synthesis, f"b{size}")
            x = block.const.repeat(len(z), 1, 1, 1) if size == 4 else block.conv0(x, w)
            x = block.conv1(x, w)
            if images is not None:
                images = fir(images, block.resample_filter * 4, 2, 2, 1)
            rgb = block.torgb(x, w)
            images = rgb if images is None else images + rgb
        return images


class TruncatedNorm(nn.Module):
    """BigGAN-deep's batch norm at one of 51 truncations (here: one that is stored)."""

    def __init__(self, channels: int, cond: int) -> None:
        super().__init__()
        self.register_buffer("running_means", torch.randn(51, channels) * 0.1)
        self.register_buffer("running_vars", torch.rand(51, channels) + 0.5)
        if cond:
            self.scale = spectral_norm(nn.Linear(cond, channels, bias=False))
            self.offset = spectral_norm(nn.Linear(cond, channels, bias=False))
        else:
            self.weight = nn.Parameter(torch.rand(channels) + 0.5)
            self.bias = nn.Parameter(torch.randn(channels) * 0.1)

    def forward(self, x: Tensor, cond: Tensor, row: int) -> Tensor:
        """[N, C, H, W] -> the same shape."""
        mean, var = self.running_means[row], self.running_vars[row]
        if not hasattr(self, "scale"):
            return F.batch_norm(x, mean, var, self.weight, self.bias, eps=1e-4)
        x = (x - mean[:, None, None]) / torch.sqrt(var[:, None, None] + 1e-4)
        return x * (1 + self.scale(cond)[:, :, None, None]) + self.offset(cond)[:, :, None, None]


class BigBlock(nn.Module):
    """One bottleneck block of BigGAN-deep."""

    def __init__(self, before: int, after: int, cond: int, up: bool) -> None:
        super().__init__()
        self.up, self.drop = up, before != after
        middle = before // 4
        plan = ((before, middle, 1), (middle, middle, 3), (middle, middle, 3), (middle, after, 1))
        for i, (a, b, kernel) in enumerate(plan):
            self.add_module(f"bn_{i}", TruncatedNorm(a, cond))
            conv = nn.Conv2d(a, b, kernel, padding=kernel // 2)
            self.add_module(f"conv_{i}", spectral_norm(conv))

    def forward(self, x: Tensor, cond: Tensor, row: int) -> Tensor:
        """[N, before, H, W] -> [N, after, H', W']."""
        y = x
        for i in range(4):
            y = F.relu(getattr(self, f"bn_{i}")(y, cond, row))
            if i == 1 and self.up:
                y = F.interpolate(y, scale_factor=2)
            y = getattr(self, f"conv_{i}")(y)
        x = x[:, : x.shape[1] // 2] if self.drop else x
        return y + (F.interpolate(x, scale_factor=2) if self.up else x)


class BigAttention(nn.Module):
    """BigGAN-deep's self-attention."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        make = lambda a, b: spectral_norm(nn.Conv2d(a, b, 1, bias=False))
        self.snconv1x1_theta = make(channels, channels // 8)
        self.snconv1x1_phi = make(channels, channels // 8)
        self.snconv1x1_g = make(channels, channels // 2)
        self.snconv1x1_o_conv = make(channels // 2, channels)
        self.gamma = nn.Parameter(torch.full((1,), 0.4))

    def forward(self, x: Tensor, cond: Tensor, row: int) -> Tensor:
        """[N, C, H, W] -> the same shape."""
        query = self.snconv1x1_theta(x).flatten(2)
        key = F.max_pool2d(self.snconv1x1_phi(x), 2).flatten(2)
        value = F.max_pool2d(self.snconv1x1_g(x), 2).flatten(2)
        seen = torch.softmax(query.transpose(1, 2) @ key, -1)
        seen = (value @ seen.transpose(1, 2)).reshape(len(x), -1, *x.shape[2:])
        return x + self.gamma * self.snconv1x1_o_conv(seen)


class BigGANDeep(nn.Module):
    """BigGAN-deep in Hugging Face's tensor names."""

    def __init__(
        self,
        plan: list[tuple[bool, int, int]],
        width: int = 128,
        z_dim: int = 128,
        classes: int = 1000,
        attention: int = 8,
    ) -> None:
        super().__init__()
        self.embeddings = nn.Linear(classes, z_dim, bias=False)
        self.generator = nn.Module()
        first = plan[0][1] * width
        self.generator.gen_z = spectral_norm(nn.Linear(2 * z_dim, 16 * first))
        layers: list[nn.Module] = []
        for i, (up, before, after) in enumerate(plan):
            if i == attention:
                layers.append(BigAttention(before * width))
            layers.append(BigBlock(before * width, after * width, 2 * z_dim, up))
        self.generator.layers = nn.ModuleList(layers)
        self.generator.bn = TruncatedNorm(width, 0)
        self.generator.conv_to_rgb = spectral_norm(nn.Conv2d(width, width, 3, padding=1))

    def forward(self, z: Tensor, classes: Tensor, row: int = 50) -> Tensor:
        """[N, z_dim], [N, classes] -> [N, 3, H, H]; `row` / 50 is the truncation."""
        cond = torch.cat([z, self.embeddings(classes)], 1)
        x = self.generator.gen_z(cond).reshape(len(z), 4, 4, -1).permute(0, 3, 1, 2).contiguous()
        for layer in self.generator.layers:
            x = layer(x, cond, row)
        x = F.relu(self.generator.bn(x, cond, row))
        return torch.tanh(self.generator.conv_to_rgb(x)[:, :3])
