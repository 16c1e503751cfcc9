"""The generators of handwritten digits of the Learn tab: trained by the recipes in `learning/`.

No I/O.
"""

from __future__ import annotations

from typing import Any

from gan_models.zoo.spec import Checkpoint, ModelSpec

DIGITS = tuple("0123456789")
PERCEPTRON = {"z_dim": 100, "widths": [128, 256, 512]}
CONVOLUTIONAL = {"z_dim": 100, "width": 24, "num_classes": 0, "hidden": 192}
CONDITIONAL = {"z_dim": 100, "width": 48, "num_classes": 10, "hidden": 0}
GAN = "GAN: Goodfellow et al. 2014, arXiv:1406.2661"


def _digits(id: str, title: str, paper: str, **facts: Any) -> ModelSpec:
    """The entry of a generator of digits; `facts` are the fields that differ from a DCGAN's."""
    convolutional = {
        "task": "latent",
        "family": "dcgan-28",
        "config": CONVOLUTIONAL,
        "num_params": 250_249,
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


DIGIT_MODELS: tuple[ModelSpec, ...] = (
    _digits(
        "digits-gan",
        "Digits, perceptrons",
        GAN,
        sha256="90b69e4aa04d09772dfe4a27db9920e692b7609111a9051d51d070be94a48108",
        size_bytes=1_164_000,
        num_params=579_728,
        task="latent",
        family="perceptron",
        config=PERCEPTRON,
    ),
    _digits(
        "digits-dcgan",
        "Digits, DCGAN",
        "DCGAN: Radford et al. 2016, arXiv:1511.06434",
        sha256="5306997a298b493af147dd3e60f1c0cf70bedcaaa11166f2e2ebb6c56b3573f2",
        size_bytes=505_340,
    ),
    _digits(
        "digits-wgan",
        "Digits, WGAN",
        "WGAN: Arjovsky et al. 2017, arXiv:1701.07875",
        sha256="a2309dafca194ec974304ad1444467de2580e14c1b4f79ea745c7d5afed6d664",
        size_bytes=505_340,
    ),
    _digits(
        "digits-wgan-gp",
        "Digits, WGAN-GP",
        "WGAN-GP: Gulrajani et al. 2017, arXiv:1704.00028",
        sha256="19883daea483fc4200f115bc69c975b84c3e1be9c11c64b2737d27acfd4bd39c",
        size_bytes=505_340,
    ),
    _digits(
        "digits-cgan",
        "Digits by class, conditional GAN",
        "conditional GAN: Mirza and Osindero 2014, arXiv:1411.1784",
        sha256="a8b6d9453e467baf75c343141487fd1ed669f9a48647755f67b2e2043eb13790",
        size_bytes=557_964,
        num_params=277_681,
        task="class",
        config=CONDITIONAL,
        classes=DIGITS,
    ),
    _digits(
        "digits-gan-collapsed",
        "Digits, a collapsed GAN",
        GAN,
        sha256="907713d437fd5cb854c20afbf8b6bb9301788373457bc949b0dcf9fc04dd4283",
        size_bytes=505_348,
    ),
)
