"""StyleGAN2 generator: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN"
(arXiv:1912.04958), with the class conditioning of StyleGAN2-ADA (arXiv:2006.06676)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import Network, Synthesis, typed_modules
from gan_models.networks.mapping import SQRT2, MappingNetwork
from gan_models.networks.modulated_conv import ModulatedConv
from gan_models.networks.resampling import BINOMIAL, fir_taps, upsample2

NoiseMode = Literal["const", "none", "random"]
ONE_BY_ONE_FROM_PX = 64


class SynthesisLayer(nn.Module):
    """Modulated 3x3 convolution, noise, bias, leaky ReLU."""

    noise_const: Tensor

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        w_dim: int,
        resolution: int,
        *,
        up: bool = False,
        conv_clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.resolution, self.conv_clamp = resolution, conv_clamp
        self.conv = ModulatedConv(in_channels, out_channels, 3, w_dim, demodulate=True, up=up)
        self.bias = nn.Parameter(torch.zeros(out_channels))
        self.noise_strength = nn.Parameter(torch.zeros([]))
        self.register_buffer("noise_const", torch.randn(resolution, resolution))

    def forward(self, x: Tensor, w: Tensor, taps: Tensor, noise: Tensor | NoiseMode) -> Tensor:
        """x [N, I, H, W], w [N, w_dim] -> [N, O, resolution, resolution]."""
        # leaky ReLU is homogeneous: its gain of sqrt(2) is applied before it
        x = self.conv(x, w, taps, self.bias, gain=SQRT2)
        added = self._noise(x, noise)
        if added is not None:
            added = added * (self.noise_strength * SQRT2).to(x.dtype)
        if x.requires_grad:
            x = F.leaky_relu(x if added is None else x + added, 0.2)
            return x if self.conv_clamp is None else x.clamp(-self.conv_clamp, self.conv_clamp)
        x = F.leaky_relu_(x if added is None else x.add_(added), 0.2)
        return x if self.conv_clamp is None else x.clamp_(-self.conv_clamp, self.conv_clamp)

    def _noise(self, x: Tensor, noise: Tensor | NoiseMode) -> Tensor | None:
        """Return noise that broadcasts to [N, 1, H, W], or None."""
        if isinstance(noise, Tensor):
            return noise.to(x).reshape(-1, 1, self.resolution, self.resolution)
        if noise == "none":
            return None
        if noise == "const":
            return self.noise_const.to(x.dtype)
        return torch.randn(x.shape[0], 1, *x.shape[2:], device=x.device, dtype=x.dtype)


class ToRGB(nn.Module):
    """Modulated 1x1 convolution to the picture's channels, without demodulation."""

    def __init__(
        self, in_channels: int, img_channels: int, w_dim: int, conv_clamp: float | None = None
    ) -> None:
        super().__init__()
        self.conv_clamp = conv_clamp
        self.conv = ModulatedConv(in_channels, img_channels, 1, w_dim, demodulate=False, up=False)
        self.bias = nn.Parameter(torch.zeros(img_channels))

    def forward(self, x: Tensor, w: Tensor, taps: Tensor) -> Tensor:
        """x [N, I, H, W], w [N, w_dim] -> [N, img_channels, H, W]."""
        x = self.conv(x, w, taps, self.bias)
        return x if self.conv_clamp is None else x.clamp(-self.conv_clamp, self.conv_clamp)


class SynthesisBlock(nn.Module):
    """One resolution: the layers, and the picture so far, upsampled, plus this block's RGB."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        w_dim: int,
        resolution: int,
        img_channels: int,
        conv_clamp: float | None,
    ) -> None:
        super().__init__()
        self.resolution = resolution
        make = SynthesisLayer
        self.conv0 = (
            make(in_channels, out_channels, w_dim, resolution, up=True, conv_clamp=conv_clamp)
            if resolution > 4
            else None
        )
        self.conv1 = make(out_channels, out_channels, w_dim, resolution, conv_clamp=conv_clamp)
        self.to_rgb = ToRGB(out_channels, img_channels, w_dim, conv_clamp)
        self.num_convs = 1 if self.conv0 is None else 2

    def forward(
        self,
        x: Tensor,
        images: Tensor | None,
        ws: Tensor,
        taps: Tensor,
        noise: Sequence[Tensor | NoiseMode],
    ) -> tuple[Tensor, Tensor]:
        """Make x [N, C, H, W], images [N, 3, H, W] twice as large; ws [N, num_convs + 1, w_dim]."""
        w, noises = iter(ws.unbind(dim=1)), iter(noise)
        if self.conv0 is not None:
            x = self.conv0(x, next(w), taps, next(noises))
        x = self.conv1(x, next(w), taps, next(noises))
        rgb = self.to_rgb(x, next(w), taps).to(taps.dtype)
        if images is None:
            return x, rgb
        with torch.autocast(x.device.type, enabled=False):  # rounding would add up
            return x, upsample2(images, taps) + rgb


class SynthesisNetwork(Synthesis):
    """ws -> pictures; the learned 4x4 constant, then one block a resolution with skip outputs."""

    resample_filter: Tensor

    def __init__(
        self,
        w_dim: int,
        img_resolution: int,
        img_channels: int,
        channels: Sequence[int],
        conv_clamp: float | None,
        resample_filter: Sequence[float] = BINOMIAL,
    ) -> None:
        super().__init__()
        self.w_dim, self.img_resolution = w_dim, img_resolution
        self.const = nn.Parameter(torch.randn(channels[0], 4, 4))
        self.blocks = nn.ModuleList(
            SynthesisBlock(
                channels[max(i - 1, 0)], width, w_dim, 4 * 2**i, img_channels, conv_clamp
            )
            for i, width in enumerate(channels)
        )
        self.num_convs = sum(block.num_convs for block in self._typed_blocks())
        self.num_ws = self.num_convs + 1
        self.register_buffer("resample_filter", fir_taps(resample_filter))

    def forward(
        self,
        ws: Tensor,
        noise_mode: NoiseMode = "const",
        noise: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """ws [N, num_ws, w_dim] -> images [N, img_channels, H, H], about [-1, 1].

        Args:
            ws: one w for each layer.
            noise_mode: "const" the stored noise, "random" new noise, "none" no noise.
            noise: one [1 or N, 1, H, H] for each convolution, instead of `noise_mode`.

        Raises:
            ValueError: another shape of `ws`, length of `noise`, or `noise_mode`.
        """
        if ws.shape[1:] != (self.num_ws, self.w_dim):
            raise ValueError(f"ws must be [N, {self.num_ws}, {self.w_dim}], not {list(ws.shape)}.")
        if noise_mode not in ("const", "none", "random"):
            raise ValueError(f'noise_mode is "const", "none" or "random", not {noise_mode!r}.')
        noises: list[Tensor | NoiseMode] = (
            [noise_mode] * self.num_convs if noise is None else list(noise)
        )
        if len(noises) != self.num_convs:
            raise ValueError(f"noise must hold {self.num_convs} tensors, not {len(noises)}.")
        x = self.const.expand(len(ws), -1, -1, -1)  # [N, C, 4, 4]
        x = x.contiguous(memory_format=torch.channels_last)
        blocks = self._typed_blocks()
        count = len(blocks)
        alone = len(ws) == 1 or x.device.type != "cpu"
        if alone or ws.requires_grad or self.const.requires_grad:
            return self._run(range(count), x, None, ws, noises)[1]
        # where features are larger than the weights, one picture at a time fits the CPU's caches
        narrow = sum(block.resolution < ONE_BY_ONE_FROM_PX for block in blocks)
        x, images = self._run(range(narrow), x, None, ws, noises)
        pictures = []
        for i in range(len(ws)):
            noise_i: list[Tensor | NoiseMode] = [_noise_of(each, i) for each in noises]
            one = slice(i, i + 1)
            wide = range(narrow, count)
            pictures.append(self._run(wide, x[one], images[one], ws[one], noise_i)[1])
        return torch.cat(pictures)

    def _typed_blocks(self) -> list[SynthesisBlock]:
        return typed_modules(self.blocks, SynthesisBlock)

    def _run(
        self,
        blocks: range,
        x: Tensor,
        images: Tensor | None,
        ws: Tensor,
        noises: Sequence[Tensor | NoiseMode],
    ) -> tuple[Tensor, Tensor]:
        """Apply some of the blocks: x [N, C, H, W], images [N, 3, H, W], both larger after.

        Raises:
            ValueError: there are neither blocks nor images.
        """
        modules = self._typed_blocks()
        at = sum(block.num_convs for block in modules[: blocks.start])
        for index in blocks:
            block = modules[index]
            last = at + block.num_convs
            # the picture's w is also that of the next block's first convolution
            own_ws = ws[:, at : last + 1]
            x, images = block(x, images, own_ws, self.resample_filter, noises[at:last])
            at = last
        if images is None:
            raise ValueError("There are no blocks to apply.")
        return x, images


def _noise_of(noise: Tensor | NoiseMode, index: int) -> Tensor | NoiseMode:
    """Return one picture's share of the noise for a batch."""
    if isinstance(noise, Tensor) and noise.ndim == 4 and len(noise) > 1:
        return noise[index : index + 1]
    return noise


def channel_plan(img_resolution: int, channel_base: int, channel_max: int) -> list[int]:
    """Return the channels at 4, 8, … pixels: `channel_base` / pixels, at most `channel_max`.

    Raises:
        ValueError: the resolution is no power of two from 4.
    """
    if img_resolution < 4 or img_resolution & (img_resolution - 1):
        raise ValueError(f"img_resolution must be a power of two from 4, not {img_resolution}.")
    sizes = [2**power for power in range(2, img_resolution.bit_length())]
    return [max(min(channel_base // size, channel_max), 1) for size in sizes]


class StyleGAN2Generator(Network):
    """Mapping and synthesis in one.

    Args:
        z_dim, c_dim, w_dim: sizes of noise, class and intermediate latent; c_dim 0: no classes.
        img_resolution: a power of two.
        img_channels: 1 grey, 3 colour.
        channel_base, channel_max: see `channel_plan`; the published config F is 32768 and 512.
        channels: channels at 4, 8, … pixels, instead of the two before.
        num_mapping_layers: depth of the mapping; 8 in the paper, 2 in ADA's smaller set-ups.
        embed_features, layer_features: inner sizes of the mapping; None: w_dim.
        conv_clamp: clamp of every layer's output; None: none.
    """

    family = "stylegan2"

    def __init__(
        self,
        z_dim: int = 512,
        c_dim: int = 0,
        w_dim: int = 512,
        img_resolution: int = 256,
        img_channels: int = 3,
        channel_base: int = 32768,
        channel_max: int = 512,
        channels: Sequence[int] | None = None,
        num_mapping_layers: int = 8,
        embed_features: int | None = None,
        layer_features: int | None = None,
        conv_clamp: float | None = None,
    ) -> None:
        super().__init__()
        plan = channel_plan(img_resolution, channel_base, channel_max)
        self.channels = list(channels or plan)
        if len(self.channels) != len(plan):
            raise ValueError(f"channels needs {len(plan)} numbers at {img_resolution} px.")
        self.z_dim, self.c_dim, self.w_dim = z_dim, c_dim, w_dim
        self.num_classes = c_dim
        self.img_resolution, self.img_channels = img_resolution, img_channels
        self.conv_clamp = conv_clamp
        self.synthesis = SynthesisNetwork(
            w_dim, img_resolution, img_channels, self.channels, conv_clamp
        )
        self.num_ws = self.synthesis.num_ws
        self.mapping = MappingNetwork(
            z_dim, c_dim, w_dim, self.num_ws, num_mapping_layers, embed_features, layer_features
        )

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "z_dim": self.z_dim,
            "c_dim": self.c_dim,
            "w_dim": self.w_dim,
            "img_resolution": self.img_resolution,
            "img_channels": self.img_channels,
            "channels": self.channels,
            "num_mapping_layers": len(self.mapping.layers),
            "embed_features": self.mapping.embed_features or None,
            "layer_features": self.mapping.layer_features,
            "conv_clamp": self.conv_clamp,
        }

    def forward(
        self,
        z: Tensor,
        c: Tensor | None = None,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
        noise_mode: NoiseMode = "const",
        noise: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """z [N, z_dim], c [N, c_dim] -> images [N, img_channels, H, H], about [-1, 1]."""
        ws = self.mapping(z, c, truncation_psi, truncation_cutoff)
        return self.synthesis(ws, noise_mode, noise)
