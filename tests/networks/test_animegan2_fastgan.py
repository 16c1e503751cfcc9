"""AnimeGANv2 and FastGAN against plain implementations in their own tensor names."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import spectral_norm

from gan_models import convert, networks
from tests.networks.test_configurations import assert_same, converted, randomise, seeded
from tests.reference.textbook import settle


def unit(a: int, b: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    reach = (0, 1, 0, 1) if stride == 2 else (kernel // 2,) * 4
    conv = nn.Conv2d(a, b, kernel, stride, groups=groups, bias=groups > 1)
    return [nn.ReflectionPad2d(reach), conv, nn.GroupNorm(1, b), nn.LeakyReLU(0.2)]


class Inverted(nn.Module):
    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.same = a == b
        widen, filtered = nn.Sequential(*unit(a, 2 * a, 1)), unit(2 * a, 2 * a, 3, groups=2 * a)
        narrow = [nn.Conv2d(2 * a, b, 1, bias=False), nn.GroupNorm(1, b)]
        self.layers = nn.Sequential(widen, nn.Sequential(*filtered), *narrow)

    def forward(self, x):
        return x + self.layers(x) if self.same else self.layers(x)


class AnimeGAN(nn.Module):
    def __init__(self, w: int, blocks: int) -> None:
        super().__init__()
        make = lambda *sizes: nn.Sequential(*unit(*sizes))
        self.block_a = nn.Sequential(make(3, w, 7), make(w, 2 * w, 3, 2), make(2 * w, 2 * w, 3))
        self.block_b = nn.Sequential(make(2 * w, 4 * w, 3, 2), make(4 * w, 4 * w, 3))
        middle = [Inverted(8 * w if i else 4 * w, 8 * w) for i in range(blocks)]
        self.block_c = nn.Sequential(make(4 * w, 4 * w, 3), *middle, make(8 * w, 4 * w, 3))
        self.block_d = nn.Sequential(make(4 * w, 4 * w, 3), make(4 * w, 4 * w, 3))
        self.block_e = nn.Sequential(
            make(4 * w, 2 * w, 3), make(2 * w, 2 * w, 3), make(2 * w, w, 7)
        )
        self.out_layer = nn.Sequential(nn.Conv2d(w, 3, 1, bias=False), nn.Tanh())

    def forward(self, images):
        half = self.block_a(images)
        x = self.block_c(self.block_b(half))
        for size, block in ((half.shape[2:], self.block_d), (images.shape[2:], self.block_e)):
            x = block(F.interpolate(x, size, mode="bilinear", align_corners=True))
        return self.out_layer(x)


@pytest.mark.parametrize(("width", "blocks", "size"), [(4, 4, (32, 40)), (6, 2, (33, 27))])
def test_animegan_of_any_size(tmp_path, width, blocks, size):
    torch.manual_seed(0)
    theirs = AnimeGAN(width, blocks).eval()
    ours = converted(theirs, tmp_path, "animegan2-bryandlee")
    images = seeded(2, 3, *size).tanh()
    with torch.no_grad():
        assert_same(ours(images), theirs(images))


class Wrapped(nn.Module):
    def __init__(self, conv: nn.Module) -> None:
        super().__init__()
        self._conv = spectral_norm(conv)

    def forward(self, x):
        return self._conv(x)


class Noise(nn.Module):
    """The noise layer without noise: the published code draws new noise at every call."""

    def __init__(self) -> None:
        super().__init__()
        self._weight = nn.Parameter(torch.rand(1))

    def forward(self, x):
        return x


class Layers(nn.Module):
    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self._layers = nn.Sequential(*layers)

    def forward(self, x):
        return self._layers(x)


class FastGAN(nn.Module):
    def __init__(self, z_dim: int, widths: list[int]) -> None:
        super().__init__()
        conv = lambda a, b, k, pad: Wrapped(nn.Conv2d(a, b, k, padding=pad, bias=False))
        first = Wrapped(nn.ConvTranspose2d(z_dim, 2 * widths[0], 4, bias=False))
        self._init = Layers(first, nn.BatchNorm2d(2 * widths[0]), nn.GLU(1))
        for i in range(1, 9):
            a, b = widths[i - 1], widths[i]
            tail = [nn.BatchNorm2d(2 * b), nn.GLU(1)]
            layers = [nn.Upsample(scale_factor=2), conv(a, 2 * b, 3, 1)]
            if i % 2:
                layers += [Noise(), *tail, conv(b, 2 * b, 3, 1), Noise(), nn.BatchNorm2d(2 * b)]
                layers += [nn.GLU(1)]
            else:
                layers += tail
            self.add_module(f"_upsample_{4 << i}", Layers(*layers))
        for i in range(4):
            a, b = widths[i], widths[i + 4]
            layers = [nn.AdaptiveAvgPool2d(4), conv(a, b, 4, 0), nn.SiLU(), conv(b, b, 1, 0)]
            self.add_module(f"_sle_{64 << i}", Layers(*layers, nn.Sigmoid()))
        self._out_128 = nn.Sequential(conv(widths[5], 3, 1, 0), nn.Tanh())
        self._out_1024 = nn.Sequential(conv(widths[8], 3, 3, 1), nn.Tanh())

    def forward(self, z):
        seen = [self._init(z[:, :, None, None])]
        for i in range(1, 9):
            x = getattr(self, f"_upsample_{4 << i}")(seen[-1])
            if 4 <= i < 8:
                x = x * getattr(self, f"_sle_{4 << i}")(seen[i - 4])
            seen.append(x)
        return self._out_1024(seen[-1])


def test_fastgan(tmp_path):
    torch.manual_seed(0)
    theirs = randomise(settle(FastGAN(12, [16, 12, 8, 8, 6, 4, 4, 2, 2])))
    ours = converted(theirs, tmp_path, "fastgan-huggan")
    z = seeded(1, 12)
    with torch.no_grad():
        assert_same(ours(z, noise_mode="none"), theirs(z))
        assert torch.equal(ours(z), ours(z))  # a seed stays a picture
        assert not torch.equal(ours(z), ours(z, noise_mode="none"))


def test_a_fastgan_without_one_tensor_is_refused(tmp_path):
    theirs = FastGAN(12, [16, 12, 8, 8, 6, 4, 4, 2, 2])
    del theirs._sle_128._layers[1]._conv.weight_u
    with pytest.raises(convert.FormatError, match=r"_sle_128\._layers\.1\._conv\.weight_u"):
        converted(theirs, tmp_path, "fastgan-huggan")


def test_fastgan_has_the_published_facts():
    with torch.device("meta"):
        network = networks.build("fastgan", {})
    assert (network.z_dim, network.img_resolution, network.num_classes) == (256, 1024, 0)
