"""Descriptions of pictures by a frozen network's features -> which class they show."""

from __future__ import annotations

from torch import Tensor, nn


class FeatureReader(nn.Module):
    """One hidden layer; a linear one reads nearly as well, but the gradient of this one varies.

    Only training needs it.

    Args:
        num_classes: of the pictures.
        num_features: of a description.
        hidden: of the layer between.
        dropout: share of the features, and of the hidden layer, that is left out in training.
    """

    family = "feature-reader"

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
    def config(self) -> dict:
        """Constructor arguments that rebuild this network."""
        names = ("num_classes", "num_features", "hidden", "dropout")
        return {name: getattr(self, name) for name in names}

    def forward(self, description: Tensor) -> Tensor:
        """Descriptions [N, num_features], each feature about as wide as 1 -> [N, num_classes]."""
        return self.body(description)
