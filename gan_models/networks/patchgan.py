"""PatchGAN discriminator: Isola et al. 2017 (arXiv:1611.07004), section 3.2.2."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import Network
from gan_models.networks.norms import NormKind, initialise, make_norm


class PatchDiscriminator(Network):
    """Pictures -> a map of logits, each for one patch (70 px with three layers).

    Args:
        in_channels: of the pictures, with those of the condition where there is one.
        width: channels after the first layer.
        num_layers: strided layers.
        norm: "instance", "instance-affine" or "batch"; the first and last layer have none.
        num_classes: 0 for none; classes enter by projection (Miyato and Koyama 2018,
            arXiv:1802.05637), at every patch.
    """

    family = "patchgan"

    def __init__(
        self,
        in_channels: int = 3,
        width: int = 64,
        num_layers: int = 3,
        norm: NormKind = "instance",
        num_classes: int = 0,
    ) -> None:
        super().__init__()
        self.in_channels, self.width, self.num_layers, self.norm = (
            in_channels,
            width,
            num_layers,
            norm,
        )
        self.num_classes = num_classes
        bias = norm != "batch"
        widths = [width * 2 ** min(i, 3) for i in range(num_layers + 1)]
        self.convs = nn.ModuleList([nn.Conv2d(in_channels, width, 4, 2, 1)])
        self.norms = nn.ModuleList([nn.Identity()])
        for i in range(1, num_layers + 1):
            stride = 2 if i < num_layers else 1
            self.convs.append(nn.Conv2d(widths[i - 1], widths[i], 4, stride, 1, bias=bias))
            self.norms.append(make_norm(norm, widths[i]))
        self.to_logits = nn.Conv2d(widths[-1], 1, 4, 1, 1)
        self.apply(initialise)
        self.embed = nn.Embedding(num_classes, widths[-1]) if num_classes else None
        if self.embed is not None:
            nn.init.zeros_(self.embed.weight)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "in_channels": self.in_channels,
            "width": self.width,
            "num_layers": self.num_layers,
            "norm": self.norm,
            "num_classes": self.num_classes,
        }

    def forward(self, images: Tensor, c: Tensor | None = None) -> Tensor:
        """Pictures -> logits.

        Args:
            images: [N, in_channels, H, W] in [-1, 1].
            c: class indices [N]; only where the network is conditional.

        Returns:
            [N, 1, about H / 8, about W / 8].

        Raises:
            ValueError: the network is conditional and c is None.
        """
        x = images
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.leaky_relu(norm(conv(x)), 0.2)
        logits = self.to_logits(x)
        if self.embed is None:
            return logits
        if c is None:
            raise ValueError("This discriminator is conditional; pass class indices [N] as c.")
        likely = torch.einsum("nchw,nc->nhw", x, self.embed(c))[:, None]
        return logits + F.avg_pool2d(likely, 4, 1, 1, count_include_pad=False)
