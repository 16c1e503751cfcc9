"""DCGAN: Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional GANs"
(arXiv:1511.06434); the layer plan is that of pytorch/examples, `dcgan/main.py`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import Network


class UpBlock(nn.Sequential):
    """4x4 transposed convolution, batch norm, ReLU."""

    def __init__(self, in_channels: int, out_channels: int, stride: int, padding: int) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(in_channels, out_channels, 4, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)
        self.act = nn.ReLU(inplace=True)


class DCGANGenerator(Network):
    """z, and a class where there are any, -> pictures of 4 * 2**len(widths) pixels.

    Args:
        z_dim: size of z without the class.
        img_channels: 1 for grey, 3 for colour.
        widths: channels after each block, from the 4x4 block on.
        num_classes: 0, or how many planes of one-hot class follow z.
        dropout: rate after the first block, in training only.
    """

    family = "dcgan"

    def __init__(
        self,
        z_dim: int = 100,
        img_channels: int = 3,
        widths: Sequence[int] = (512, 256, 128, 64),
        num_classes: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if not widths:
            raise ValueError("A DCGAN needs at least one block. Give `widths` one number a block.")
        self.z_dim, self.img_channels, self.widths = z_dim, img_channels, tuple(widths)
        self.num_classes = self.c_dim = num_classes
        self.dropout = dropout
        self.img_resolution = 4 * 2 ** len(self.widths)
        self.blocks = nn.ModuleList([UpBlock(z_dim + num_classes, widths[0], 1, 0)])
        for before, after in itertools.pairwise(widths):
            self.blocks.append(UpBlock(before, after, 2, 1))
        self.to_rgb = nn.ConvTranspose2d(widths[-1], img_channels, 4, 2, 1, bias=False)
        self.apply(initialise)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "z_dim": self.z_dim,
            "img_channels": self.img_channels,
            "widths": list(self.widths),
            "num_classes": self.num_classes,
            "dropout": self.dropout,
        }

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, z_dim] or [N, z_dim, 1, 1], c [N, num_classes] -> [N, img_channels, H, H].

        Raises:
            ValueError: a class is missing, or given to a network without classes.
        """
        z = z.flatten(1)
        if (c is not None) != bool(self.num_classes):
            raise ValueError(
                f"This DCGAN has {self.num_classes} classes: give c exactly if it has any."
            )
        x = z if c is None else torch.cat([z, c.to(z)], dim=1)
        x = x[:, :, None, None]
        for index, block in enumerate(self.blocks):
            x = block(x)  # [N, widths[index], 4 * 2**index, 4 * 2**index]
            if index == 0 and self.dropout:
                x = F.dropout(x, self.dropout, self.training)
        return self.to_rgb(x).tanh()


class DCGANDiscriminator(Network):
    """Pictures of 4 * 2**len(widths) pixels, and a class where there are any -> logits [N].

    The mirror of the generator, for training: strided 4x4 convolutions, batch norm from the second
    on, leaky ReLU 0.2; the class comes in as constant one-hot planes (Mirza and Osindero 2014).
    """

    family = "dcgan-discriminator"

    def __init__(
        self,
        img_channels: int = 3,
        widths: Sequence[int] = (64, 128, 256, 512),
        num_classes: int = 0,
        batch_norm: bool = True,
    ) -> None:
        super().__init__()
        self.img_channels, self.widths = img_channels, tuple(widths)
        self.num_classes = self.c_dim = num_classes
        self.batch_norm = batch_norm
        self.img_resolution = 4 * 2 ** len(self.widths)
        layers: list[nn.Module] = []
        before = img_channels + num_classes
        for index, after in enumerate(widths):
            with_norm = batch_norm and index > 0
            layers.append(nn.Conv2d(before, after, 4, 2, 1, bias=not with_norm))
            if with_norm:
                layers.append(nn.BatchNorm2d(after))
            layers.append(nn.LeakyReLU(0.2))
            before = after
        self.features = nn.Sequential(*layers)
        self.to_logit = nn.Conv2d(before, 1, 4, bias=False)
        self.apply(initialise)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "img_channels": self.img_channels,
            "widths": list(self.widths),
            "num_classes": self.num_classes,
            "batch_norm": self.batch_norm,
        }

    def forward(self, images: Tensor, c: Tensor | None = None) -> Tensor:
        """images [N, img_channels, H, H] in [-1, 1], c [N, num_classes] -> logits [N]."""
        if c is not None:
            planes = c.to(images)[:, :, None, None].expand(-1, -1, *images.shape[2:])
            images = torch.cat([images, planes], dim=1)
        return self.to_logit(self.features(images)).flatten()


def initialise(module: nn.Module) -> None:
    """Normal weights of deviation 0.02, as the paper's section 4 gives them."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)
