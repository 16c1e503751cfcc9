"""A small convolutional classifier of whole pictures, for measuring."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from gan_models.networks.base import Network


class Classifier(Network):
    """Picture of any size from 32 px -> one logit a class."""

    family = "classifier"

    def __init__(self, num_classes: int = 24, width: int = 32, depth: int = 4) -> None:
        super().__init__()
        self.num_classes, self.width, self.depth = num_classes, width, depth
        layers: list[nn.Module] = []
        c_in = 3
        for level in range(depth):
            c_out = min(width * 2**level, 8 * width)
            layers += [
                nn.Conv2d(c_in, c_out, 3, padding=1, bias=False),
                nn.BatchNorm2d(c_out),
                nn.ReLU(),
                nn.Conv2d(c_out, c_out, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(c_out),
                nn.ReLU(),
            ]
            c_in = c_out
        self.body = nn.Sequential(*layers)
        self.fc = nn.Linear(c_in, num_classes)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {"num_classes": self.num_classes, "width": self.width, "depth": self.depth}

    def forward(self, images: Tensor) -> Tensor:
        """Images [N, 3, H, W] in [-1, 1] -> logits [N, num_classes]."""
        return self.fc(self.body(images).mean(dim=(2, 3)))
