"""A base and an upscaler as one generator: GigaGAN (Kang et al. 2023, arXiv:2303.05511), figure 4.

Both kinds have the interface of the base; only their pictures are larger.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from gan_models.networks.base import Network, Synthesis
from gan_models.networks.stylegan2 import NoiseMode

BASE_PX = 64  # side of what the upscaler is trained on


def cascade(base: Network, upscaler: Network) -> CascadeGenerator | CascadePainter:
    """A base with an upscaler behind it: a semantic generator, or else a StyleGAN2."""
    if hasattr(base, "num_labels"):
        return CascadePainter(base, upscaler)
    return CascadeGenerator(base, upscaler)


class CascadeSynthesis(Synthesis):
    """The base's synthesis, then the upscaler; one picture at a time, the fastest for both."""

    def __init__(self, base: Synthesis, upscaler: Network) -> None:
        super().__init__()
        self.base, self.upscaler = base, upscaler
        self.num_ws, self.w_dim = base.num_ws, base.w_dim
        self.img_resolution = base.img_resolution * upscaler.factor

    def forward(
        self,
        ws: Tensor,
        noise_mode: NoiseMode = "const",
        noise: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """ws [N, num_ws, w_dim] -> images [N, 3, H, W]; `noise_mode` and `noise` are the base's."""
        return self.upscaler(self.base(ws, noise_mode, noise))


class CascadeGenerator(Network):
    """A StyleGAN2 with an upscaler behind it.

    Args:
        base: the StyleGAN2 generator of small pictures.
        upscaler: an `Upscaler`, which enlarges them.
    """

    family = "stylegan2"

    def __init__(self, base: Network, upscaler: Network) -> None:
        super().__init__()
        self.base, self.upscaler = base, upscaler
        self.z_dim, self.c_dim, self.w_dim = base.z_dim, base.c_dim, base.w_dim
        self.num_ws, self.num_classes, self.img_channels = base.num_ws, base.num_classes, 3
        self.mapping = base.mapping
        self.synthesis = CascadeSynthesis(base.synthesis, upscaler)
        self.img_resolution = self.synthesis.img_resolution

    def forward(
        self,
        z: Tensor,
        c: Tensor | None = None,
        truncation_psi: float = 1.0,
        truncation_cutoff: int | None = None,
        noise_mode: NoiseMode = "const",
        noise: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """z [N, z_dim], c [N, c_dim] -> images [N, 3, H, H], about [-1, 1]."""
        ws = self.mapping(z, c, truncation_psi, truncation_cutoff)
        return self.synthesis(ws, noise_mode, noise)


class CascadePainter(Network):
    """A semantic generator with an upscaler behind it.

    Args:
        base: semantic maps of its own size -> pictures, which are resized to the upscaler's input.
        upscaler: an `Upscaler`, which enlarges them.
    """

    def __init__(self, base: Network, upscaler: Network) -> None:
        super().__init__()
        self.base, self.upscaler = base, upscaler
        self.crop_size = self.img_resolution = BASE_PX * upscaler.factor
        self.z_dim, self.num_labels = base.z_dim, base.num_labels
        self.num_classes = base.num_classes

    def preview(self, semantic_map: Tensor, z: Tensor | None = None) -> Tensor:
        """The base's picture alone, enlarged by bicubic interpolation: a fast draft."""
        small = self.base(self._shrunk(semantic_map), z)
        size = semantic_map.shape[2:]
        return F.interpolate(small, size=size, mode="bicubic", align_corners=False)

    def forward(self, semantic_map: Tensor, z: Tensor | None = None) -> Tensor:
        """semantic_map [N, num_labels, H, W] one-hot, z [N, z_dim] -> images [N, 3, H, W]."""
        images = self.base(self._shrunk(semantic_map), z)
        images = F.interpolate(
            images, size=(BASE_PX, BASE_PX), mode="bilinear", antialias=True, align_corners=False
        )
        return self.upscaler(images)  # trained also without label maps

    def _shrunk(self, semantic_map: Tensor) -> Tensor:
        """The map at the base's size, by nearest neighbour."""
        size = self.base.img_resolution, self.base.crop_size
        return F.interpolate(semantic_map, size=size, mode="nearest-exact")
