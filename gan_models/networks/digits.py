"""Small networks for handwritten digits of 28 px: perceptrons, a DCGAN, and a classifier.

The perceptrons are those of introductions to Goodfellow et al. 2014 (arXiv:1406.2661), the others
follow DCGAN (Radford et al. 2016, arXiv:1511.06434) at 28 px: 7, 14, 28.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gan_models.networks.base import Network

SIDE = 28  # px
SLOPE = 0.2  # of every leaky ReLU


class PerceptronGenerator(Network):
    """z -> grey pictures of 28 px: fully connected layers, leaky ReLU, tanh.

    Args:
        z_dim: size of z.
        widths: of the hidden layers.
    """

    family = "perceptron"
    img_resolution, img_channels, c_dim, num_classes = SIDE, 1, 0, 0

    def __init__(self, z_dim: int = 100, widths: Sequence[int] = (128, 256, 512)) -> None:
        super().__init__()
        self.z_dim, self.widths = z_dim, tuple(widths)
        sizes = (z_dim, *widths, SIDE * SIDE)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {"z_dim": self.z_dim, "widths": list(self.widths)}

    def forward(self, z: Tensor) -> Tensor:
        """z [N, z_dim] -> [N, 1, 28, 28] in [-1, 1]."""
        x = z.flatten(1)
        for layer in self.layers[:-1]:
            x = F.leaky_relu(layer(x), SLOPE)
        return self.layers[-1](x).tanh().reshape(-1, 1, SIDE, SIDE)


class PerceptronDiscriminator(Network):
    """Grey pictures of 28 px -> logits: the mirror of `PerceptronGenerator`."""

    family = "perceptron-discriminator"
    c_dim = num_classes = 0

    def __init__(self, widths: Sequence[int] = (512, 256, 128)) -> None:
        super().__init__()
        self.widths = tuple(widths)
        sizes = (SIDE * SIDE, *widths, 1)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in itertools.pairwise(sizes))

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {"widths": list(self.widths)}

    def forward(self, images: Tensor, c: Tensor | None = None) -> Tensor:
        """images [N, 1, 28, 28] in [-1, 1] -> logits [N]; c is not used."""
        x = images.flatten(1)
        for layer in self.layers[:-1]:
            x = F.leaky_relu(layer(x), SLOPE)
        return self.layers[-1](x).flatten()


class DigitGenerator(Network):
    """z, and a class where there are any, -> grey pictures of 28 px: a DCGAN.

    Args:
        z_dim: size of z without the class.
        width: channels at 7 px; half of it at 14 px.
        num_classes: 0, or the length of the one-hot class behind z (Mirza and Osindero 2014,
            arXiv:1411.1784).
        hidden: 0, or the width of a fully connected layer before the convolutions, as InfoGAN has
            it for these digits (Chen et al. 2016, arXiv:1606.03657, appendix C.1): without it and
            without classes a picture between two digits is one of neither.
    """

    family = "dcgan-28"
    img_resolution, img_channels = SIDE, 1

    def __init__(
        self, z_dim: int = 100, width: int = 128, num_classes: int = 0, hidden: int = 0
    ) -> None:
        super().__init__()
        self.z_dim, self.width, self.num_classes, self.hidden = z_dim, width, num_classes, hidden
        self.c_dim = num_classes
        if hidden:
            self.first = nn.Linear(z_dim + num_classes, hidden, bias=False)
            self.norm0 = nn.BatchNorm1d(hidden)
        self.project = nn.Linear(hidden or z_dim + num_classes, 49 * width, bias=False)
        self.norm1 = nn.BatchNorm2d(width)
        self.conv1 = nn.ConvTranspose2d(width, width // 2, 4, 2, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(width // 2)
        self.conv2 = nn.ConvTranspose2d(width // 2, 1, 4, 2, 1)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "z_dim": self.z_dim,
            "width": self.width,
            "num_classes": self.num_classes,
            "hidden": self.hidden,
        }

    @property
    def class_embedding(self) -> Tensor:
        """The first layer's weights behind the class, [num_classes, 49 width or hidden]."""
        first = self.first if self.hidden else self.project
        return first.weight[:, self.z_dim :].T

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        """z [N, z_dim], c [N, num_classes] -> [N, 1, 28, 28] in [-1, 1].

        Raises:
            ValueError: a class is missing, or given to a network without classes.
        """
        if (c is not None) != bool(self.num_classes):
            raise ValueError(f"This network has {self.num_classes} classes: give c if it has any.")
        x = z.flatten(1) if c is None else torch.cat([z.flatten(1), c.to(z)], dim=1)
        if self.hidden:
            x = self.norm0(self.first(x)).relu()
        x = self.norm1(self.project(x).reshape(-1, self.width, 7, 7)).relu()
        x = self.norm2(self.conv1(x)).relu()  # [N, width / 2, 14, 14]
        return self.conv2(x).tanh()


class DigitDiscriminator(Network):
    """Grey pictures of 28 px, and a class where there are any, -> logits.

    The class comes in as constant planes.

    Args:
        width: channels at 14 px; twice as many at 7 px.
        num_classes: 0, or the number of classes.
        norm: batch norm behind all convolutions but the first, as DCGAN has it. A gradient penalty
            needs each picture's own gradient and goes without (Gulrajani et al. 2017,
            arXiv:1704.00028, section 4).
        deep: a third convolution, to four times `width` channels at 4 px.
    """

    family = "dcgan-28-discriminator"

    def __init__(
        self, width: int = 32, num_classes: int = 0, norm: bool = False, deep: bool = False
    ) -> None:
        super().__init__()
        self.width, self.num_classes, self.deep = width, num_classes, deep
        self.c_dim = num_classes
        self.norm = nn.BatchNorm2d(2 * width) if norm else nn.Identity()
        self.conv1 = nn.Conv2d(1 + num_classes, width, 4, 2, 1)
        self.conv2 = nn.Conv2d(width, 2 * width, 4, 2, 1)
        size = 98 * width
        if deep:
            self.conv3 = nn.Conv2d(2 * width, 4 * width, 3, 2, 1)
            self.norm3 = nn.BatchNorm2d(4 * width) if norm else nn.Identity()
            size = 64 * width
        self.project = nn.Linear(size, 1)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        norm = isinstance(self.norm, nn.BatchNorm2d)
        return {
            "width": self.width,
            "num_classes": self.num_classes,
            "norm": norm,
            "deep": self.deep,
        }

    def forward(self, images: Tensor, c: Tensor | None = None) -> Tensor:
        """images [N, 1, 28, 28] in [-1, 1], c [N, num_classes] -> logits [N]."""
        x = images
        if c is not None:
            x = torch.cat([x, c.to(x)[:, :, None, None].expand(-1, -1, SIDE, SIDE)], dim=1)
        x = F.leaky_relu(self.conv1(x), SLOPE)
        x = F.leaky_relu(self.norm(self.conv2(x)), SLOPE)
        if self.deep:
            x = F.leaky_relu(self.norm3(self.conv3(x)), SLOPE)
        return self.project(x.flatten(1)).flatten()


class DigitClassifier(Network):
    """Grey pictures of 28 px -> logits of the ten digits; its features measure the generators."""

    family = "digit-classifier"
    num_classes, num_features = 10, 128

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.width = width
        widths = (1, width, 2 * width, 2 * width)
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=1) for a, b in itertools.pairwise(widths)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(count) for count in widths[1:])
        self.hidden = nn.Linear(2 * width * 9, self.num_features)
        self.out = nn.Linear(self.num_features, self.num_classes)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {"width": self.width}

    def features(self, images: Tensor) -> Tensor:
        """images [N, 1, 28, 28] in [-1, 1] -> [N, 128]."""
        x = images
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.max_pool2d(norm(conv(x)).relu(), 2)  # 14, 7, 3 px
        x = F.dropout(x.flatten(1), 0.3, self.training)
        return self.hidden(x).relu()

    def forward(self, images: Tensor) -> Tensor:
        """images [N, 1, 28, 28] in [-1, 1] -> logits [N, 10]."""
        return self.out(F.dropout(self.features(images), 0.3, self.training))
