"""FastGAN generator: Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity
Few-shot Image Synthesis" (arXiv:2101.04775), in the plan of the huggan few-shot models (1024 px).

Known: the channels, the blocks and their order, the skip-layer excitations and the names of all
tensors but those of the first layer. Derived: the first layer, a transposed 4x4 convolution with
batch norm and GLU as in the paper, named like the other layers; the sum of all tensors fits the
published file size. Not verified: no published file has been opened. Those models draw their noise
anew at every call; here "const" noise is drawn once for all, so that a seed stays a picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import Network
from gan_models.networks.stylegan2 import NoiseMode

WIDTHS = (1024, 512, 256, 128, 128, 64, 32, 16, 8)  # at 4, 8, … 1024 px
EXCITED = {4: 0, 5: 1, 6: 2, 7: 3}  # block that is excited -> block that excites it


class GatedConv(nn.Module):
    """Convolution, noise where there is any, batch norm, gated linear unit."""

    def __init__(self, before: int, after: int, *, noisy: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(before, 2 * after, 3, padding=1, bias=False)
        self.noise_strength = nn.Parameter(torch.zeros(1)) if noisy else None
        self.norm = nn.BatchNorm2d(2 * after)

    def forward(self, x: Tensor, noise_mode: NoiseMode) -> Tensor:
        """x [N, before, H, W] -> [N, after, H, W]."""
        x = self.conv(x)
        if self.noise_strength is not None and noise_mode != "none":
            x = x + self.noise_strength * self._noise(x, noise_mode)
        return F.glu(self.norm(x), dim=1)

    def _noise(self, x: Tensor, noise_mode: NoiseMode) -> Tensor:
        """Return noise [N or 1, 1, H, W]; "const" is always the same."""
        if noise_mode == "random":
            return torch.randn(x.shape[0], 1, *x.shape[2:], device=x.device, dtype=x.dtype)
        source = torch.Generator().manual_seed(x.shape[1] * x.shape[2])
        return torch.randn(1, 1, *x.shape[2:], generator=source).to(x)


class UpBlock(nn.Module):
    """Double the size; every second block has two noisy convolutions instead of one."""

    def __init__(self, before: int, after: int, *, double: bool) -> None:
        super().__init__()
        self.convs = nn.ModuleList([GatedConv(before, after, noisy=double)])
        if double:
            self.convs.append(GatedConv(after, after, noisy=True))

    def forward(self, x: Tensor, noise_mode: NoiseMode) -> Tensor:
        """x [N, before, H, W] -> [N, after, 2H, 2W]."""
        x = F.interpolate(x, scale_factor=2, mode="nearest")
        for conv in self.convs:
            x = conv(x, noise_mode)
        return x


class Excitation(nn.Module):
    """Scale the channels of a large feature map by what a small one holds (section 3.1)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(before, after, 4, bias=False)
        self.weigh = nn.Conv2d(after, after, 1, bias=False)

    def forward(self, small: Tensor, large: Tensor) -> Tensor:
        """small [N, before, h, w], large [N, after, H, W] -> [N, after, H, W]."""
        x = self.squeeze(F.adaptive_avg_pool2d(small, 4))  # [N, after, 1, 1]
        return large * self.weigh(F.silu(x)).sigmoid()


class FastGANGenerator(Network):
    """z -> pictures of 1024 px.

    Args:
        z_dim: size of z; 256 in the published models.
        widths: channels at 4, 8, … 1024 px.
        img_channels: 3 in the published models.
    """

    family = "fastgan"

    def __init__(
        self, z_dim: int = 256, widths: Sequence[int] = WIDTHS, img_channels: int = 3
    ) -> None:
        super().__init__()
        if len(widths) != len(WIDTHS):
            raise ValueError(f"widths needs {len(WIDTHS)} numbers, not {len(widths)}.")
        self.z_dim, self.widths, self.img_channels = z_dim, list(widths), img_channels
        self.c_dim = self.num_classes = 0
        self.img_resolution = 4 * 2 ** (len(widths) - 1)
        self.stem = nn.ConvTranspose2d(z_dim, 2 * widths[0], 4, bias=False)
        self.stem_norm = nn.BatchNorm2d(2 * widths[0])
        self.blocks = nn.ModuleList(
            UpBlock(widths[i], widths[i + 1], double=i % 2 == 0) for i in range(len(widths) - 1)
        )
        self.excitations = nn.ModuleDict(
            {str(to): Excitation(widths[by], widths[to]) for to, by in EXCITED.items()}
        )
        self.to_small_rgb = nn.Conv2d(widths[5], img_channels, 1, bias=False)
        self.to_rgb = nn.Conv2d(widths[-1], img_channels, 3, padding=1, bias=False)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {"z_dim": self.z_dim, "widths": self.widths, "img_channels": self.img_channels}

    def forward(self, z: Tensor, noise_mode: NoiseMode = "const") -> Tensor:
        """z [N, z_dim] -> images [N, img_channels, 1024, 1024] in [-1, 1]."""
        x = self.stem(z.flatten(1)[:, :, None, None])
        x = F.glu(self.stem_norm(x), dim=1)  # [N, widths[0], 4, 4]
        seen = [x]
        for index, block in enumerate(self.blocks, start=1):
            x = block(x, noise_mode)  # [N, widths[index], 4 * 2**index, …]
            if index in EXCITED:
                x = self.excitations[str(index)](seen[EXCITED[index]], x)
            seen.append(x)
        return self.to_rgb(x).tanh()
