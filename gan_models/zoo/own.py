"""Our own models: trained by the recipes in `training/`, stored in `checkpoints/`. No I/O."""

from __future__ import annotations

from typing import Any

from gan_models.zoo.spec import Checkpoint, ModelSpec

BIOMES = ("alpine", "coast", "desert", "forest", "meadow", "tundra")
SEASONS = ("spring", "summer", "autumn", "winter")
CLASSES = tuple(f"{biome}-{season}" for biome in BIOMES for season in SEASONS)
LABELS = (
    *("sky", "cloud", "mountain", "hill", "rock", "snow"),
    *("grass", "forest", "flowers", "sand", "water", "path"),
)
UPSCALER_ID = "landscapes-upscaler"  # of all models of ours but the translators
PAPERS = {
    "upscaler": "cascades: GigaGAN, Kang et al. 2023, arXiv:2303.05511",
    "stylegan2": "StyleGAN2: Karras et al. 2020, arXiv:1912.04958",
    "spade": "SPADE: Park et al. 2019, arXiv:1903.07291",
    "resnet": "CycleGAN: Zhu et al. 2017, arXiv:1703.10593",
}
LATENT_CONFIG = {
    "z_dim": 128,
    "w_dim": 256,
    "img_resolution": 64,
    "img_channels": 3,
    "channels": [256, 256, 192, 96, 48],
    "num_mapping_layers": 2,
    "layer_features": 256,
    "conv_clamp": None,
}
PAINTER_CONFIG = {
    "num_labels": len(LABELS),
    "width": 14,
    "crop_size": 128,
    "aspect_ratio": 1.0,
    "z_dim": 32,
    "hidden": 24,
    "kernel": 3,
    "norm": "batch",
    "num_upsampling_layers": "normal",
    "spectral": False,
    "img_channels": 3,
}
TRANSLATOR_CONFIG = {
    "in_channels": 3,
    "out_channels": 3,
    "width": 24,
    "num_blocks": 6,
    "norm": "instance",
    "dropout": False,
    "antialias_down": False,
    "antialias_up": False,
    "mask": True,
}


def _own(id: str, title: str, **facts: Any) -> ModelSpec:
    """The entry of a model of ours; `facts` are the fields that differ."""
    return ModelSpec(
        id=id,
        title=title,
        source=Checkpoint(f"{id}.safetensors"),
        licence="CC0-1.0",
        attribution=f"Ganvas; {PAPERS[facts['family']]}",
        trained_on="landscapes that Ganvas renders",
        **facts,
    )


UPSCALER_CONFIG = {
    "num_labels": len(LABELS),
    "widths": [48, 32, 16],
    "num_blocks": [6, 1],
    "label_width": 16,
}


def _translator(id: str, title: str, sha256: str) -> ModelSpec:
    """The entry of a translator between seasons."""
    return _own(
        id,
        title,
        task="translation",
        family="resnet",
        resolution=128,
        sha256=sha256,
        size_bytes=2_223_800,
        num_params=1_108_636,
        config=TRANSLATOR_CONFIG,
    )


OWN_MODELS: tuple[ModelSpec, ...] = (
    _own(
        "landscapes",
        "Landscapes",
        task="latent",
        family="stylegan2",
        resolution=256,
        upscaler=UPSCALER_ID,
        sha256="2d425803838278a39e4a41ce92704a8bf7c1e992aec59c728f7b963a526475e8",
        size_bytes=7_246_992,
        num_params=3_603_048,
        config=LATENT_CONFIG | {"c_dim": 0, "embed_features": None},
    ),
    _own(
        "landscapes-classes",
        "Landscapes by class",
        task="class",
        family="stylegan2",
        resolution=256,
        upscaler=UPSCALER_ID,
        sha256="4d384d06e44c3355dc6082c7aeb78cb23fc9570ae297925516a45efd360d0514",
        size_bytes=7_391_720,
        num_params=3_674_984,
        config=LATENT_CONFIG | {"c_dim": len(CLASSES), "embed_features": 256},
        classes=CLASSES,
    ),
    _own(
        "paint",
        "Paint a landscape",
        task="semantic",
        family="spade",
        resolution=256,
        upscaler=UPSCALER_ID,
        sha256="b45fe6ce14a09988ec8af211e90d02b6cfc3dd23b77046a99585b807f4b9f572",
        size_bytes=8_857_760,
        num_params=4_399_145,
        config=PAINTER_CONFIG,
        labels=LABELS,
    ),
    _translator(
        "summer2winter",
        "Summer to winter",
        "6f4b1937842e5f2789b8b1eba270f17be201d305183b9534b8222ed5e36f824f",
    ),
    _translator(
        "winter2summer",
        "Winter to summer",
        "f0e0665744aca310112f4c929b571d179472221bca58e6b5465fd93d20c8164b",
    ),
)

UPSCALER = _own(
    UPSCALER_ID,
    "Upscaler of landscapes, 64 to 256 px",
    task="upscaler",
    family="upscaler",
    resolution=256,
    sha256="4944e9ee5506dd05670c62893b59d79cfa0b1919b7fee64472a6dc19ae975851",
    size_bytes=886_340,
    num_params=354_067,
    config=UPSCALER_CONFIG,
    labels=LABELS,
)
