"""The generators of handwritten digits of the Learn tab: trained by the recipes in `learning/`.

No I/O.
"""

from __future__ import annotations

from typing import Any

from gan_models.zoo.spec import Checkpoint, ModelSpec

DIGITS = tuple("0123456789")
PERCEPTRON = {"z_dim": 100, "widths": [128, 256, 512]}
CONVOLUTIONAL = {"z_dim": 100, "width": 48, "num_classes": 0}
GAN = "GAN: Goodfellow et al. 2014, arXiv:1406.2661"


def _digits(id: str, title: str, paper: str, **facts: Any) -> ModelSpec:
    """The entry of a generator of digits; `facts` are the fields that differ from a DCGAN's."""
    convolutional = {
        "task": "latent",
        "family": "dcgan-28",
        "config": CONVOLUTIONAL,
        "num_params": 254_161,
    }
    return ModelSpec(
        id=id,
        title=title,
        resolution=28,
        source=Checkpoint(f"{id}.safetensors"),
        licence="CC BY-SA 3.0",
        attribution=f"Ganvas; {paper}",
        trained_on="9,000 digits of MNIST (LeCun, Cortes and Burges)",
        **(convolutional | facts),
    )
