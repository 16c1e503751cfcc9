"""Full-size networks have the published number of parameters."""

from __future__ import annotations

import pytest
import torch

from gan_models import networks

BIGGAN = {
    128: [(0, 16, 16), (1, 16, 16), (0, 16, 16), (1, 16, 8), (0, 8, 8), (1, 8, 4), (0, 4, 4)],
    256: [(0, 16, 16), (1, 16, 16), (0, 16, 16), (1, 16, 8), (0, 8, 8), (1, 8, 8), (0, 8, 8)],
}
BIGGAN[128] += [(1, 4, 2), (0, 2, 2), (1, 2, 1)]
BIGGAN[256] += [(1, 8, 4), (0, 4, 4), (1, 4, 2), (0, 2, 2), (1, 2, 1)]
BIGGAN[512] = [*BIGGAN[256], (0, 1, 1), (1, 1, 1)]
R = {"channel_base": 65536, "channel_max": 1024, "conv_kernel": 1, "use_radial_filters": True}
PLAIN = {"spectral": False}  # spectral norm has no parameters, but its iterations take time


def count(family: str, **config) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in networks.build(family, config).parameters())


@pytest.mark.parametrize(
    ("family", "config", "published"),
    [
        # the summary NVIDIA's training prints for config F
        ("stylegan2", {"img_resolution": 1024}, 30_370_060),
        ("stylegan2-discriminator", {"img_resolution": 1024}, 29_012_513),
        # papers: 22.3 M (StyleGAN3-T); 50.4 M, 55.9 M, 56.2 M (BigGAN-deep, table 5 and 7 to 9)
        ("stylegan3", {"img_resolution": 1024}, 22_313_167),
        ("biggan-deep", {"layers": BIGGAN[128]}, 50_388_609),
        ("biggan-deep", {"layers": BIGGAN[256]}, 55_880_833),
        ("biggan-deep", {"layers": BIGGAN[512]}, 56_163_905),
        # what junyanz's code prints: 11.378 M, 54.414 M, 2.765 M
        ("resnet", {}, 11_378_179),
        ("unet", {}, 54_413_955),
        ("patchgan", {}, 2_764_737),
        # CLADE's paper and NVlabs' training print 97.5 M (COCO-Stuff), 96.5 M (ADE20K), 93.0 M
        # (Cityscapes). Without a style, width 64, L planes: 18 normalisations see the map, of
        # 10,944 channels in all: 18 (9 128 L + 128) + 10,944 2 (9 128 + 1); three blocks of 1,024
        # channels: 6 (9 1,024^2 + 1,024); four that halve the width to b = 512, 256, 128, 64:
        # 29 b^2 + 2 b each; stem 9 1,024 L + 1,024; to RGB 9 64 3 + 3: 91,969,731 + 29,952 L
        ("spade", PLAIN | {"num_labels": 184, "z_dim": 0}, 97_480_899),
        ("spade", PLAIN | {"num_labels": 151, "z_dim": 0}, 96_492_483),
        ("spade", PLAIN | {"num_labels": 36, "z_dim": 0}, 93_048_003),
        # its training prints 10.5 M and, with 36 planes, 5.6 M: 9 (3 64 + 64 128 + 128 256 +
        # 256 512 + 2 512^2) + 2 (8,192 256 + 256); 2 (16 (39 64 + 64 128 + 128 256 + 256 512)
        # + 64 + 16 512 + 1)
        ("spade-encoder", PLAIN, 10_463_424),
        ("spade-discriminator", PLAIN | {"num_labels": 36}, 5_601_410),
        # the files: 14.3 MB faces, 51.7 MB eyes, 45.6 MB vintage
        ("dcgan", {}, 3_576_704),
        ("dcgan", {"widths": [1024, 512, 256, 128, 64], "num_classes": 8}, 12_917_632),
        ("resnet", {"norm": "instance-affine"}, 11_388_675),
    ],
    ids=str,
)
def test_the_number_of_parameters_is_the_published_one(family, config, published):
    assert count(family, **config) == published


@pytest.mark.parametrize(
    ("family", "config", "file_bytes"),
    [("animegan2", {}, 8_601_086), ("fastgan", {}, 117e6), ("stylegan3", R, 66.7e6)],
    ids=str,
)
def test_the_size_fits_the_published_file(family, config, file_bytes):
    if family == "stylegan3":
        config = config | {"img_resolution": 512}
    assert count(family, **config) * 4 == pytest.approx(file_bytes, rel=0.02)


@pytest.mark.parametrize(("size", "file_bytes"), [(1024, 132_664_944), (512, 123_902_428)])
def test_stylegan2_with_its_noise_has_the_size_of_the_published_file(size, file_bytes):
    noise = sum(4**power * (1 if power == 2 else 2) for power in range(2, size.bit_length()))
    assert (count("stylegan2", img_resolution=size) + noise) * 4 == pytest.approx(file_bytes, 1e-4)
