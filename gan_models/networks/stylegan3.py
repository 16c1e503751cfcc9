"""StyleGAN3 generator: Karras et al. 2021, "Alias-Free Generative Adversarial Networks"
(arXiv:2106.12423), configurations T and R, for inference."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import Network, Synthesis
from gan_models.networks.mapping import EqualLinear, MappingNetwork
from gan_models.networks.resampling import (
    fir_downsample,
    fir_upsample,
    kaiser_lowpass,
    radial_lowpass,
)
from gan_models.networks.stylegan2 import NoiseMode

FIRST_CUTOFF, FIRST_STOPBAND, LAST_STOPBAND_REL = 2.0, 2**2.1, 2**0.3
LRELU_UPSAMPLING, FILTER_SIZE, NUM_CRITICAL = 2, 6, 2
OUTPUT_SCALE = 0.25


@dataclass(frozen=True)
class Band:
    """Bandwidth and size of one layer's output (the paper's section 3.2 and appendix B)."""

    cutoff: float  # cycles per picture
    half_width: float  # of the transition band
    sampling_rate: int
    size: int  # pixels, with the margin
    channels: int


def plan_bands(
    img_resolution: int,
    img_channels: int,
    num_layers: int,
    margin_size: int,
    channel_base: int,
    channel_max: int,
) -> list[Band]:
    """Return the bands after each of num_layers + 1 layers; cutoffs grow geometrically."""
    last_cutoff = img_resolution / 2
    last_stopband = last_cutoff * LAST_STOPBAND_REL
    bands = []
    for index in range(num_layers + 1):
        progress = min(index / (num_layers - NUM_CRITICAL), 1.0)
        cutoff = FIRST_CUTOFF * (last_cutoff / FIRST_CUTOFF) ** progress
        stopband = FIRST_STOPBAND * (last_stopband / FIRST_STOPBAND) ** progress
        rate = 2 ** math.ceil(math.log2(min(stopband * 2, img_resolution)))
        bands.append(
            Band(
                cutoff,
                max(stopband, rate / 2) - cutoff,
                rate,
                img_resolution if index >= num_layers - 1 else rate + 2 * margin_size,
                img_channels
                if index == num_layers
                else round(min(channel_base / 2 / cutoff, channel_max)),
            )
        )
    return bands


class FourierInput(nn.Module):
    """Sine waves, moved and turned by w and by the live buffer `transform`."""

    freqs: Tensor
    phases: Tensor
    transform: Tensor

    def __init__(self, w_dim: int, band: Band) -> None:
        super().__init__()
        self.band = band
        freqs = torch.randn(band.channels, 2)
        radii = freqs.norm(dim=1, keepdim=True)
        freqs = freqs / (radii * radii.square().exp().pow(0.25)) * band.cutoff
        self.weight = nn.Parameter(torch.randn(band.channels, band.channels))
        self.affine = EqualLinear(w_dim, 4)
        with torch.no_grad():
            self.affine.weight.zero_()
            self.affine.bias.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0]))
        self.register_buffer("freqs", freqs)
        self.register_buffer("phases", torch.rand(band.channels) - 0.5)
        self.register_buffer("transform", torch.eye(3))

    def forward(self, w: Tensor) -> Tensor:
        """w [N, w_dim] -> [N, C, size, size]."""
        matrix = self._placement(w) @ self.transform  # [N, 3, 3]
        phases = self.phases + (self.freqs @ matrix[:, :2, 2:]).squeeze(2)  # [N, C]
        freqs = self.freqs @ matrix[:, :2, :2]  # [N, C, 2]
        # waves too fast for the sampling rate fade out
        room = self.band.sampling_rate / 2 - self.band.cutoff
        amplitudes = (1 - (freqs.norm(dim=2) - self.band.cutoff) / room).clamp(0, 1)
        size = self.band.size
        reach = 0.5 * size / self.band.sampling_rate
        at = (torch.arange(size, device=w.device, dtype=w.dtype) * 2 + 1 - size) / size * reach
        # the angle is a sum of a part along x and one along y
        along_x = freqs[:, :, :1] * at + phases[:, :, None]  # [N, C, size]
        along_y = freqs[:, :, 1:] * at
        waves = torch.sin((along_x[:, :, None, :] + along_y[:, :, :, None]) * (2 * math.pi))
        weight = self.weight / self.weight.shape[1] ** 0.5
        mixed = weight * amplitudes[:, None, :]  # [N, C, C]
        return (mixed @ waves.flatten(2)).unflatten(2, (size, size))

    def _placement(self, w: Tensor) -> Tensor:
        """Return the rotation and translation that w gives, [N, 3, 3]."""
        t = self.affine(w)  # [N, 4]: cosine, sine, x, y
        t = t / t[:, :2].norm(dim=1, keepdim=True)
        cosine, sine, x, y = t.unbind(dim=1)
        zero, one = torch.zeros_like(x), torch.ones_like(x)
        turn = torch.stack([cosine, -sine, zero, sine, cosine, zero, zero, zero, one], dim=1)
        move = torch.stack([one, zero, -x, zero, one, -y, zero, zero, one], dim=1)
        return turn.view(-1, 3, 3) @ move.view(-1, 3, 3)


class SynthesisLayer(nn.Module):
    """Modulated convolution, then a leaky ReLU at a higher sampling rate."""

    magnitude_ema: Tensor
    up_filter: Tensor | None
    down_filter: Tensor | None

    def __init__(
        self,
        w_dim: int,
        before: Band,
        after: Band,
        *,
        to_rgb: bool,
        conv_kernel: int,
        radial: bool,
        conv_clamp: float | None,
    ) -> None:
        super().__init__()
        self.to_rgb, self.conv_clamp = to_rgb, conv_clamp
        self.kernel = 1 if to_rgb else conv_kernel
        self.out_size = after.size
        self.affine = EqualLinear(w_dim, before.channels, bias_init=1.0)
        self.weight = nn.Parameter(
            torch.randn(after.channels, before.channels, self.kernel, self.kernel)
        )
        self.bias = nn.Parameter(torch.zeros(after.channels))
        self.register_buffer("magnitude_ema", torch.ones([]))
        rate = max(before.sampling_rate, after.sampling_rate)
        rate *= 1 if to_rgb else LRELU_UPSAMPLING
        self.up, self.down = rate // before.sampling_rate, rate // after.sampling_rate
        up_taps = 1 if to_rgb or self.up == 1 else FILTER_SIZE * self.up
        down_taps = 1 if to_rgb or self.down == 1 else FILTER_SIZE * self.down
        design = radial_lowpass if radial else kaiser_lowpass
        up = kaiser_lowpass(up_taps, before.cutoff, before.half_width * 2, rate)
        down = design(down_taps, after.cutoff, after.half_width * 2, rate)
        self.register_buffer("up_filter", up if up_taps > 1 else None)
        self.register_buffer("down_filter", down if down_taps > 1 else None)
        total = (after.size - 1) * self.down + 1 - (before.size + self.kernel - 1) * self.up
        total += up_taps + down_taps - 2
        low = (total + self.up) // 2
        self.padding = (low, total - low)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """x [N, I, size, size], w [N, w_dim] -> [N, O, out_size, out_size]."""
        style = self.affine(w)  # [N, I]
        gain = self.magnitude_ema.rsqrt()
        if self.to_rgb:
            scale = gain / (self.weight[0].numel()) ** 0.5
            x = F.conv2d(x * (style * scale)[:, :, None, None], self.weight, self.bias)
            return self._clamp(x)
        weight = self.weight * self.weight.square().mean(dim=(1, 2, 3), keepdim=True).rsqrt()
        style = style * style.square().mean(dim=1, keepdim=True).rsqrt()
        power = weight.square().sum(dim=(2, 3))  # [O, I]
        demodulation = torch.rsqrt(style.square() @ power.t() + 1e-8) * gain  # [N, O]
        x = F.conv2d(x * style[:, :, None, None], weight, padding=self.kernel - 1)
        x = torch.addcmul(self.bias[:, None, None], x, demodulation[:, :, None, None])
        x = fir_upsample(x, self.up_filter, self.up, self.padding)
        x = self._clamp(F.leaky_relu(x, 0.2) * 2**0.5)
        return fir_downsample(x, self.down_filter, self.down)

    def _clamp(self, x: Tensor) -> Tensor:
        return x if self.conv_clamp is None else x.clamp(-self.conv_clamp, self.conv_clamp)


class SynthesisNetwork(Synthesis):
    """ws -> pictures; ws[0] places the input, the others modulate one layer each."""

    def __init__(
        self,
        w_dim: int,
        bands: Sequence[Band],
        conv_kernel: int,
        use_radial_filters: bool,
        conv_clamp: float | None,
    ) -> None:
        super().__init__()
        self.w_dim, self.num_ws, self.bands = w_dim, len(bands) + 1, list(bands)
        self.input = FourierInput(w_dim, bands[0])
        last = len(bands) - 1
        self.layers = nn.ModuleList(
            SynthesisLayer(
                w_dim,
                bands[max(index - 1, 0)],
                band,
                to_rgb=index == last,
                conv_kernel=conv_kernel,
                radial=use_radial_filters and index < last - NUM_CRITICAL,
                conv_clamp=conv_clamp,
            )
            for index, band in enumerate(bands)
        )

    def forward(self, ws: Tensor, noise_mode: NoiseMode = "const") -> Tensor:
        """ws [N, num_ws, w_dim] -> images [N, C, H, H], about [-1, 1].

        `noise_mode` changes nothing: this network has no noise.

        Raises:
            ValueError: another shape of `ws`.
        """
        if ws.shape[1:] != (self.num_ws, self.w_dim):
            raise ValueError(f"ws must be [N, {self.num_ws}, {self.w_dim}], not {list(ws.shape)}.")
        first, *others = ws.unbind(dim=1)
        x = self.input(first)
        for layer, w in zip(self.layers, others, strict=True):
            x = layer(x, w)
        return x * OUTPUT_SCALE


class StyleGAN3Generator(Network):
    """Mapping and synthesis in one.

    Args:
        z_dim, c_dim, w_dim: sizes of noise, class and intermediate latent.
        img_resolution: a power of two.
        num_layers, margin_size: of the synthesis; 14 and 10 in the paper.
        channel_base, channel_max: 32768 and 512 for T, twice that for R.
        channels: of each of the num_layers + 1 layers, instead of the two before.
        conv_kernel, use_radial_filters: 3 and False for T, 1 and True for R.
        num_mapping_layers: 2 in the paper.
        conv_clamp: clamp of every layer's output; None: none.
    """

    family = "stylegan3"

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
        num_layers: int = 14,
        margin_size: int = 10,
        conv_kernel: int = 3,
        use_radial_filters: bool = False,
        num_mapping_layers: int = 2,
        embed_features: int | None = None,
        layer_features: int | None = None,
        conv_clamp: float | None = 256.0,
    ) -> None:
        super().__init__()
        bands = plan_bands(
            img_resolution, img_channels, num_layers, margin_size, channel_base, channel_max
        )
        if channels is not None:
            bands = [
                Band(b.cutoff, b.half_width, b.sampling_rate, b.size, width)
                for b, width in zip(bands, channels, strict=True)
            ]
        self.z_dim, self.c_dim, self.w_dim, self.num_classes = z_dim, c_dim, w_dim, c_dim
        self.img_resolution, self.img_channels = img_resolution, img_channels
        self.num_layers, self.margin_size = num_layers, margin_size
        self.conv_kernel, self.use_radial_filters = conv_kernel, use_radial_filters
        self.conv_clamp, self.bands = conv_clamp, bands
        self.synthesis = SynthesisNetwork(w_dim, bands, conv_kernel, use_radial_filters, conv_clamp)
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
            "channels": [band.channels for band in self.bands],
            "num_layers": self.num_layers,
            "margin_size": self.margin_size,
            "conv_kernel": self.conv_kernel,
            "use_radial_filters": self.use_radial_filters,
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
    ) -> Tensor:
        """z [N, z_dim], c [N, c_dim] -> images [N, img_channels, H, H], about [-1, 1]."""
        ws = self.mapping(z, c, truncation_psi, truncation_cutoff)
        return self.synthesis(ws, noise_mode)
