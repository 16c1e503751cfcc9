"""Well-known public checkpoints, downloaded on first use: Hugging Face Hub and plain URLs.

Revisions and hashes are pinned where they are published; a hash that is not is recorded at the
first download and checked from then on.
"""

from __future__ import annotations

import dataclasses

from gan_models.zoo.spec import Hub, ModelSpec, Source, Url

_NVIDIA = "NVIDIA Source Code License"
_STYLEGAN2 = "Karras et al. 2020, arXiv:1912.04958"
_ADA = "Karras et al. 2020, arXiv:2006.06676"
_NADA = "StyleGAN-NADA: Gal et al. 2021, arXiv:2108.00946"
_CYCLEGAN = "CycleGAN: Zhu et al. 2017, arXiv:1703.10593, junyanz/pytorch-CycleGAN-and-pix2pix"
_NOT_STATED = "not stated for the weights"
_STYLEGAN2_PARAMS = {256: 30_034_338, 512: 30_276_583, 1024: 30_370_060}
_RESNET_CONFIG: dict[str, object] = {"width": 64, "num_blocks": 9, "norm": "instance"}


def _stylegan2(
    model_id: str,
    title: str,
    source: Source,
    sha256: str,
    size_bytes: int,
    trained_on: str,
    attribution: str,
    licence: str = _NVIDIA,
) -> ModelSpec:
    """A StyleGAN2 config-f generator in rosinality's layout; the id ends in its resolution."""
    resolution = int(model_id.rpartition("-")[2])
    return ModelSpec(
        id=model_id,
        title=title,
        task="latent",
        family="stylegan2",
        resolution=resolution,
        source=source,
        sha256=sha256,
        size_bytes=size_bytes,
        licence=licence,
        attribution=attribution,
        trained_on=trained_on,
        num_params=_STYLEGAN2_PARAMS[resolution],
        config={"img_resolution": resolution},
        format="stylegan2-rosinality",
        non_commercial=True,
    )


def _lai(path: str) -> Hub:
    """A file of ZeqiangLai's collection of official StyleGAN2 generators."""
    return Hub("ZeqiangLai/StyleGAN2", path, "bb4e00dc8ac0afbb9e0a5b6f72754c679673ee2e")


_STYLEGANS = (
    _stylegan2(
        "sg2-afhq-cat-512",
        "Cats",
        _lai("ada/afhqcat.pt"),
        "c61fbf6e67a065f40ebcbabe4500abf6a5e2ed057375f51d988fa67d8e163ae1",
        123_950_925,
        "AFHQ cats",
        _ADA,
    ),
    _stylegan2(
        "sg2-afhq-dog-512",
        "Dogs",
        _lai("ada/afhqdog.pt"),
        "f1d99b40eaa983bd043bb19878aa6f3ede34bebf19ec176c530897263078c533",
        123_950_925,
        "AFHQ dogs",
        _ADA,
    ),
    _stylegan2(
        "sg2-afhq-wild-512",
        "Wild animals",
        _lai("ada/afhqwild.pt"),
        "92c614909f6fb4834b3a9d18d19ce8211b748669aa7aeabf00dc6343f0bc3d0d",
        123_950_925,
        "AFHQ wild animals",
        _ADA,
    ),
    _stylegan2(
        "sg2-church-256",
        "Churches",
        _lai("stylegan2-church-config-f.pt"),
        "596f59f0ab72d3d5e821846dbf53fff0406c0103ff4fa46ae0a2508d80b3a2d0",
        120_878_283,
        "LSUN churches",
        _STYLEGAN2,
    ),
    _stylegan2(
        "sg2-horse-256",
        "Horses",
        _lai("stylegan2-horse-config-f.pt"),
        "894bc6a08a6bbe4c22bf91195dd4fdd4ee7f6859e06ce3517e7b3bfa9a8b2565",
        120_878_283,
        "LSUN horses",
        _STYLEGAN2,
    ),
    _stylegan2(
        "sg2-ffhq-1024",
        "Portraits",
        _lai("ada/ffhq.pt"),
        "1a0c25c17013e0bb99bd3de4e80ea52cb3efc2b71224ff902e0a29bafac9c531",
        132_719_017,
        "FFHQ portraits",
        _ADA,
    ),
    _stylegan2(
        "sg2-metfaces-1024",
        "Museum faces",
        _lai("ada/metfaces.pt"),
        "c697c5a89ae36cce628171212e23f79dd4e3ed01a44e9500e27d30df58c18da3",
        132_719_017,
        "MetFaces, faces in works of art",
        _ADA,
    ),
    _stylegan2(
        "nada-ukiyoe-1024",
        "Ukiyo-e portraits",
        Hub("rinong/stylegan-nada-models", "ukiyoe.pt", "abfcaeee8b378d6f79cbe064d6b8f175ce47c462"),
        "220fedd0fd51f965d9b166978ba41602146cc8f84b617066b3d45c7fab2e43a8",
        132_724_587,
        "FFHQ portraits, then steered by text",
        _NADA,
        "MIT on the card, on NVIDIA's weights",
    ),
    _stylegan2(
        "nada-ghibli-1024",
        "Animated-film portraits",
        Hub("rinong/stylegan-nada-models", "ghibli.pt", "154b7654000f170daf8bbdf4590e8873de204938"),
        "94c25e6a83a14fb90e6f39741f93eb7217dbbe357abc37619955c102a899a075",
        132_724_587,
        "FFHQ portraits, then steered by text",
        _NADA,
        "MIT on the card, on NVIDIA's weights",
    ),
)

_BIGGAN = ModelSpec(
    id="biggan-deep-128",
    title="ImageNet",
    task="class",
    family="biggan-deep",
    resolution=128,
    source=Hub(
        "osanseviero/BigGAN-deep-128",
        "pytorch_model.bin",
        "c98e5e826ec6dc3dabaa01b7703d86c34fad5342",
    ),
    sha256="b86146a8cfcde4cda135adba4b2806f78b3abe2dac9d0fd090cc3ab318604ad9",
    size_bytes=211_000_000,
    licence=_NOT_STATED,
    attribution="BigGAN: Brock et al. 2019, arXiv:1809.11096; port: pytorch-pretrained-BigGAN",
    trained_on="ImageNet, 1000 classes",
    num_params=50_388_609,
    config={
        "layers": (
            *((False, 16, 16), (True, 16, 16), (False, 16, 16), (True, 16, 8), (False, 8, 8)),
            *((True, 8, 4), (False, 4, 4), (True, 4, 2), (False, 2, 2), (True, 2, 1)),
        )
    },
    format="biggan-deep-hf",
)


def _cyclegan(model_id: str, title: str, source: Source, trained_on: str) -> ModelSpec:
    """A ResNet-9 translator of the CycleGAN authors."""
    return ModelSpec(
        id=model_id,
        title=title,
        task="translation",
        family="resnet",
        resolution=256,
        source=source,
        sha256=None,
        size_bytes=45_575_747,
        licence=_NOT_STATED,
        attribution=_CYCLEGAN,
        trained_on=trained_on,
        num_params=11_378_179,
        config=_RESNET_CONFIG,
        format="cyclegan-junyanz",
    )


def _piscasio(name: str) -> Hub:
    """A file of the Space that stores six of the authors' translators."""
    path = f"checkpoints/{name}_pretrained/latest_net_G.pth"
    revision = "3ce13dcd9fafca8f086ff5a532cf2cc34431995e"
    return Hub("davidpiscasio/unpaired-img2img", path, revision, "space")


def _authors(name: str, title: str, trained_on: str) -> ModelSpec:
    """A translator at the authors' own address."""
    host = "http://efrosgans.eecs.berkeley.edu/cyclegan/pretrained_models"
    model_id = "cyclegan-" + name.removeprefix("style_").replace("_", "-")
    return _cyclegan(model_id, title, Url(f"{host}/{name}.pth"), trained_on)


# the labels of the data sets of these two, by their own names
_STREET_LABELS = (
    *("road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign"),
    *("vegetation", "terrain", "sky", "person", "rider", "car", "truck", "bus", "train"),
    *("motorcycle", "bicycle", "static"),
)
_FACADE_LABELS = (
    *("background", "facade", "window", "door", "cornice", "sill", "balcony", "blind"),
    *("deco", "molding", "pillar", "shop"),
)


def _painter(name: str, title: str, trained_on: str, labels: tuple[str, ...]) -> ModelSpec:
    """A translator of the authors for label maps in colours."""
    spec = _authors(name, title, trained_on)
    return dataclasses.replace(spec, task="semantic", labels=labels)


_TRANSLATORS = (
    _cyclegan(
        "cyclegan-horse2zebra",
        "Horse to zebra",
        _piscasio("horse2zebra"),
        "ImageNet horses and zebras",
    ),
    _cyclegan(
        "cyclegan-monet", "Photo to Monet", _piscasio("style_monet"), "photos and Monet paintings"
    ),
    dataclasses.replace(
        _cyclegan(
            "cyclegan-apple2orange",
            "Apple to orange",
            _piscasio("apple2orange"),
            "ImageNet apples and oranges",
        ),
        sha256="ff989c98f3a077cd11c2623ed8742e2ef147e81d10b4e4c2ee6935796bda957a",
    ),
    ModelSpec(
        id="animegan2-face",
        title="Face to drawing",
        task="translation",
        family="animegan2",
        resolution=512,
        source=Hub("akhaliq/AnimeGANv2-pytorch", "face_paint_512_v2.pt", "5f2c6e4"),
        sha256=None,
        size_bytes=8_601_086,
        licence=_NOT_STATED,
        attribution="AnimeGANv2: Chen et al. 2020; port: bryandlee/animegan2-pytorch",
        trained_on="faces and drawn faces",
        num_params=2_143_552,
        format="animegan2-bryandlee",
    ),
    _authors("zebra2horse", "Zebra to horse", "ImageNet zebras and horses"),
    _authors("orange2apple", "Orange to apple", "ImageNet oranges and apples"),
    _authors("summer2winter_yosemite", "Summer to winter", "photos of Yosemite"),
    _authors("winter2summer_yosemite", "Winter to summer", "photos of Yosemite"),
    _authors("monet2photo", "Monet to photo", "Monet paintings and photos"),
    _authors("style_cezanne", "Photo to Cézanne", "photos and Cézanne paintings"),
    _authors("style_ukiyoe", "Photo to ukiyo-e", "photos and ukiyo-e prints"),
    _authors("style_vangogh", "Photo to Van Gogh", "photos and Van Gogh paintings"),
    _authors("sat2map", "Aerial photo to map", "aerial photos and maps"),
    _authors("map2sat", "Map to aerial photo", "maps and aerial photos"),
    _authors("cityscapes_photo2label", "Street photo to labels", "Cityscapes"),
    _painter("cityscapes_label2photo", "Street", "Cityscapes", _STREET_LABELS),
    _authors("facades_photo2label", "Facade photo to labels", "CMP Facades"),
    _painter("facades_label2photo", "Facade", "CMP Facades", _FACADE_LABELS),
    _authors("iphone2dslr_flower", "Flower with soft background", "phone and camera photos"),
)


def _fastgan(name: str, title: str, revision: str, sha256: str) -> ModelSpec:
    """A FastGAN of the huggan few-shot series."""
    return ModelSpec(
        id=f"fastgan-{name}",
        title=title,
        task="latent",
        family="fastgan",
        resolution=1024,
        source=Hub(f"huggan/fastgan-few-shot-{name}", "pytorch_model.bin", revision),
        sha256=sha256,
        size_bytes=117_000_000,
        licence="MIT",
        attribution="FastGAN: Liu et al. 2021, arXiv:2101.04775; huggan",
        trained_on=f"few-shot {name} pictures",
        num_params=29_176_512,
        format="fastgan-huggan",
    )


_FASTGANS = (
    _fastgan(
        "shells",
        "Shells",
        "698843e8a0c88fb7384898ca5f09f82b55b26a93",
        "931a404dc1763761e7e04af6548c00dfe85b010aef0ec24628bb893ff7e02355",
    ),
    _fastgan(
        "moongate",
        "Moon gates",
        "eb7a4b7db30267de2f0c90e576a502b298832bd8",
        "9def6bd29c7fadc55798ed70609401e3fadfb615325292e68e9d4416b726b776",
    ),
)

PUBLIC_MODELS: tuple[ModelSpec, ...] = (*_STYLEGANS, *_FASTGANS, _BIGGAN, *_TRANSLATORS)
