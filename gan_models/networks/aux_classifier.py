"""An auxiliary classifier: pooled features of pictures -> logits of their classes."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from gan_models.networks.base import Network


class AuxClassifier(Network):
    """Classifier with one hidden layer, for training.

    A linear classifier is nearly as accurate, but its gradient is constant.

    Args:
        num_classes: of the pictures.
        num_features: of a picture.
        hidden: of the layer between.
        dropout: rate on the features and on the hidden layer, in training only.
    """

    family = "aux-classifier"

    def __init__(
        self, num_classes: int, num_features: int, hidden: int = 256, dropout: float = 0.3
    ) -> None:
        super().__init__()
        self.num_classes, self.num_features = num_classes, num_features
        self.hidden, self.dropout = hidden, dropout
        self.body = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(num_features, hidden),
            nn.LeakyReLU(0.2),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        names = ("num_classes", "num_features", "hidden", "dropout")
        return {name: getattr(self, name) for name in names}

    def forward(self, features: Tensor) -> Tensor:
        """Features [N, num_features], each of deviation about 1 -> [N, num_classes]."""
        return self.body(features)
