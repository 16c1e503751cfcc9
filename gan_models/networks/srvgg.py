"""SRVGGNetCompact, the small network of Real-ESRGAN's later releases (Wang et al. 2021,
arXiv:2107.10833, and its repository's notes on "realesr-animevideov3"): convolutions of one width
at the size of the input, a pixel shuffle, and the enlarged input added."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import typed_modules
from gan_models.networks.inference import ChannelsLast, result_of

SLOPE = 0.1  # of the leaky ReLU, where it is the activation
ACTIVATIONS = ("prelu", "relu", "leakyrelu")
MAX_SCALE = 16


def _activation(kind: str, channels: int) -> nn.Module:
    if kind == "prelu":
        return nn.PReLU(channels)
    return nn.ReLU() if kind == "relu" else nn.LeakyReLU(SLOPE)


class SRVGGNetCompact(ChannelsLast):
    """Pictures -> the same pictures, `scale` times the size.

    Args:
        in_channels, out_channels: 3 in the published models; always the same number.
        scale: 1 to 16; 4 in the published models.
        num_feat: channels between the convolutions.
        num_convs: convolutions between the first and the last; 16 or 32 in the published models.
        act_type: "prelu" (a slope a channel), "relu" or "leakyrelu".
    """

    family = "srvgg"
    img_resolution = 256  # shorter side of the patches that it was trained on
    unshuffle = 1  # sides of the input are divisible by it

    def __init__(
        self,
        in_channels: int = 3,
        out_channels: int = 3,
        scale: int = 4,
        num_feat: int = 64,
        num_convs: int = 16,
        act_type: str = "prelu",
    ) -> None:
        super().__init__()
        if act_type not in ACTIVATIONS:
            raise ValueError(f"act_type is one of {', '.join(ACTIVATIONS)}, not {act_type!r}.")
        if not 1 <= scale <= MAX_SCALE:
            raise ValueError(f"The factor is 1 to {MAX_SCALE}, not {scale}.")
        if in_channels != out_channels:
            raise ValueError("The enlarged input is added, so it needs as many channels as comes.")
        self.in_channels, self.out_channels = in_channels, out_channels
        self.scale, self.img_channels = scale, out_channels
        self.num_feat, self.num_convs, self.act_type = num_feat, num_convs, act_type
        self.cached_twin = None
        layers: list[nn.Module] = []
        for k in range(num_convs + 1):
            layers.append(nn.Conv2d(num_feat if k else in_channels, num_feat, 3, padding=1))
            layers.append(_activation(act_type, num_feat))
        layers.append(nn.Conv2d(num_feat, out_channels * scale**2, 3, padding=1))
        self.body = nn.ModuleList(layers)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "in_channels": self.in_channels,
            "out_channels": self.out_channels,
            "scale": self.scale,
            "num_feat": self.num_feat,
            "num_convs": self.num_convs,
            "act_type": self.act_type,
        }

    def convs(self) -> list[nn.Conv2d]:
        """The convolutions, each but the last before its activation in `body`."""
        return typed_modules(self.body[0::2], nn.Conv2d)

    def forward(self, images: Tensor) -> Tensor:
        """images [N, in_channels, H, W] in [0, 1] -> [N, out_channels, scale H, scale W], about
        [0, 1], not clamped.
        """
        return result_of(self.steps(images))

    def steps(self, images: Tensor) -> Generator[float, None, Tensor]:
        """`forward` in steps: yields the share that is done, 0 to 1; returns the result.

        The enlarged input that is added at the end keeps its precision.
        """
        x = images.to(self.convs()[0].weight.dtype)
        for index, layer in enumerate(self.body):
            x = layer(x)
            yield (index + 1) / len(self.body)
        enlarged = F.interpolate(images, scale_factor=self.scale, mode="nearest")
        return F.pixel_shuffle(x, self.scale) + enlarged
