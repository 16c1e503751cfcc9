"""The modulated convolution of StyleGAN2 (Karras et al. 2020, arXiv:1912.04958, section 2.2).

Modulation scales the activations instead of the weights (the paper's equations 1 and 3 rearranged:
scale the input by s, convolve once for the whole batch, scale the output by the demodulation), so
that no grouped convolution is needed.
"""

from __future__ import annotations

from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.inference import state_of
from gan_models.networks.mapping import EqualLinear
from gan_models.networks.resampling import blur


class ModulatedConv(nn.Module):
    """A convolution whose input channels are scaled by a style, without bias.

    Args:
        demodulate: bring each output channel back to unit variance.
        up: double the size first.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        w_dim: int,
        *,
        demodulate: bool,
        up: bool,
    ) -> None:
        super().__init__()
        self.demodulate, self.up, self.kernel = demodulate, up, kernel
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, kernel, kernel))
        self.affine = EqualLinear(w_dim, in_channels, bias_init=1.0)
        self.cached_power: tuple[tuple[int, int], Tensor] | None = None
        self.is_channels_last = False

    def forward(
        self, x: Tensor, w: Tensor, taps: Tensor, bias: Tensor, gain: float = 1.0
    ) -> Tensor:
        """x [N, I, H, W], w [N, w_dim], bias [O] -> (conv(x) + bias) * gain [N, O, H', W']."""
        if not (self.training or self.is_channels_last or torch.compiler.is_compiling()):
            self._store_channels_last()
        style = self.affine(w)  # [N, I]
        if self.demodulate:
            scale = torch.rsqrt(style.square() @ self._power().t() + 1e-8) * gain  # [N, O]
        else:
            style = style * (gain / self.weight[0].numel() ** 0.5)
            scale = None
        style, bias = style.to(x.dtype), (bias * gain).to(x.dtype)
        weight = self.weight.to(x.dtype)
        if len(x) == 1 and 2 * x.numel() > weight.numel():
            # one picture with more pixels than weights: scale the weights
            factors = style if scale is None else scale[0, :, None] * style
            return self._convolve(x, weight * factors[:, :, None, None], taps, bias)
        x = x * style[:, :, None, None]
        if scale is None:
            return self._convolve(x, weight, taps, bias)
        x = self._convolve(x, weight, taps, None)
        return torch.addcmul(bias[:, None, None], x, scale.to(x.dtype)[:, :, None, None])

    def _convolve(self, x: Tensor, weight: Tensor, taps: Tensor, bias: Tensor | None) -> Tensor:
        """Convolve, or double the size, convolve and blur; the bias comes last."""
        if not self.up:
            return F.conv2d(x, weight, bias, padding=self.kernel // 2)
        x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)  # [N, O, 2H + 1, 2W + 1]
        pads = taps.shape[0] - 2
        return blur(x, taps, ((pads + 1) // 2, pads // 2), gain=4.0, bias=bias)

    def _power(self) -> Tensor:
        """Return the squared weights summed over the kernel, [O, I]; cached in eval mode."""
        if self.training or torch.compiler.is_compiling():
            return self.weight.square().sum(dim=(2, 3))
        state = state_of(self.weight)
        if self.cached_power is None or self.cached_power[0] != state:
            with torch.inference_mode(False), torch.no_grad():
                self.cached_power = (state, self.weight.square().sum(dim=(2, 3)))
        return self.cached_power[1]

    def train(self, mode: bool = True) -> Self:
        """Switch modes and clear what is cached for inference."""
        super().train(mode)
        self.cached_power, self.is_channels_last = None, False
        return self

    def _store_channels_last(self) -> None:
        """Store the weights with the channels last, once, when they are first used."""
        with torch.inference_mode(False), torch.no_grad():
            axes = self.weight.data.transpose(0, 1) if self.up else self.weight.data
            weight = axes.contiguous(memory_format=torch.channels_last)
            weight = weight.transpose(0, 1) if self.up else weight
            if self.weight.is_inference():  # its data cannot be replaced
                self.weight = nn.Parameter(weight.clone(), self.weight.requires_grad)
            else:
                self.weight.data = weight
        self.is_channels_last = True
