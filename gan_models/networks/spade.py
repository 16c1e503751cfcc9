"""SPADE generator and style encoder: Park et al. 2019, "Semantic Image Synthesis with
Spatially-Adaptive Normalization" (GauGAN, arXiv:1903.07291)."""

from __future__ import annotations

import itertools
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import spectral_norm

from gan_models.networks.base import Network
from gan_models.networks.inference import ChannelsLast, bias_of, is_frozen, one_by_one, pointwise
from gan_models.networks.label_map import LabelMap, window_sums
from gan_models.networks.norms import BatchNorm, InstanceNorm, running_statistics

Upsampling = Literal["normal", "more", "most"]
PIXELS_AT_ONCE = 8192  # so that the result of one look-up fits the cache
DOUBLINGS: dict[Upsampling, int] = {"normal": 5, "more": 6, "most": 7}


class SpadeNorm(nn.Module):
    """Normalise without parameters, then scale and shift each pixel by its label.

    Args:
        channels: of what is normalised.
        num_labels: planes of the semantic map.
        hidden: width of the convolution both scale and shift are made from; 128 in the paper.
        kernel: of the three convolutions on the map.
        norm: "batch" or "instance".
    """

    def __init__(self, channels: int, num_labels: int, hidden: int, kernel: int, norm: str) -> None:
        super().__init__()
        self.norm = (
            nn.BatchNorm2d(channels, affine=False) if norm == "batch" else InstanceNorm(channels)
        )
        self.shared = nn.Conv2d(num_labels, hidden, kernel, padding=kernel // 2)
        self.gamma = nn.Conv2d(hidden, channels, kernel, padding=kernel // 2)
        self.beta = nn.Conv2d(hidden, channels, kernel, padding=kernel // 2)

    def forward(self, x: Tensor, semantic_map: Tensor | LabelMap) -> Tensor:
        """x [N, C, H, W], semantic_map [N, num_labels, H, W] -> [N, C, H, W]."""
        if isinstance(semantic_map, LabelMap):
            return self._look_up(x, semantic_map)
        hidden = F.relu(self.shared(F.interpolate(semantic_map, x.shape[2:], mode="nearest")))
        return self.norm(x) * (1 + self.gamma(hidden)) + self.beta(hidden)

    def _look_up(self, x: Tensor, labels: LabelMap) -> Tensor:
        """x [1, C, H, W] -> the same shape, computing each kind of surroundings once."""
        _, channels, height, width = x.shape
        reach = self.shared.kernel_size[0] // 2
        kinds = labels.surroundings(height, width, 2 * reach)
        weight, bias = self._joint(x)
        if 2 * len(kinds.labels) > height * width:  # hardly any repeat
            hidden = self._hidden(labels.padded(height, width, reach))
            affine = F.conv2d(hidden, weight, bias, padding=reach)  # [1, 2 C, H, W]
            return torch.addcmul(affine[:, channels:], x, affine[:, :channels])
        table = self._of_windows(kinds.labels, weight, bias)  # [U, 2 C]
        pixels = x.permute(0, 2, 3, 1).reshape(-1, channels)  # [H W, C]
        out = torch.empty_like(pixels)
        for start in range(0, len(pixels), PIXELS_AT_ONCE):
            some = slice(start, start + PIXELS_AT_ONCE)
            affine = table.index_select(0, kinds.index[some])
            torch.addcmul(affine[:, channels:], pixels[some], affine[:, :channels], out=out[some])
        return out.view(1, height, width, channels).permute(0, 3, 1, 2)

    def _joint(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return weight [2 C, hidden, k, k] and bias of what x is multiplied by and added to.

        With a = 1 / deviation and b = -mean a, normalising and modulating is
        (a x + b) (1 + gamma) + beta, linear in gamma and beta: a and b go into their weights.
        """
        if isinstance(self.norm, InstanceNorm):
            var, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
            eps = 1e-5
        else:
            var, mean, eps = *running_statistics(self.norm), self.norm.eps
        a = torch.rsqrt(var + eps)
        b = -mean * a
        gamma, beta = self.gamma, self.beta
        a4, b4 = a[:, None, None, None], b[:, None, None, None]
        weight = torch.cat([gamma.weight * a4, torch.addcmul(beta.weight, gamma.weight, b4)])
        factor = 1 + bias_of(gamma)
        bias = torch.cat([factor * a, factor * b + bias_of(beta)])
        return weight.contiguous(memory_format=torch.channels_last), bias

    def _hidden(self, padded: Tensor) -> Tensor:
        """Return the hidden layer [1, hidden, H, W] of a padded map."""
        kernel = self.shared.kernel_size[0]
        windows = padded.unfold(0, kernel, 1).unfold(1, kernel, 1)  # [H, W, k, k]
        height, width = windows.shape[:2]
        flat = windows.reshape(-1, kernel, kernel)
        hidden = window_sums(flat, self.shared.weight, bias_of(self.shared))
        return hidden.relu_().view(1, height, width, -1).permute(0, 3, 1, 2)

    def _of_windows(self, windows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """windows [U, 2 k - 1, 2 k - 1] labels -> [U, 2 C]."""
        kernel = self.shared.kernel_size[0]
        inner = windows.unfold(1, kernel, 1).unfold(2, kernel, 1)  # [U, k, k, k, k]
        flat = inner.reshape(-1, kernel, kernel)
        hidden = window_sums(flat, self.shared.weight, bias_of(self.shared)).relu_()
        # outside the map the hidden layer is padded with zeros
        middle = flat[:, kernel // 2, kernel // 2]
        hidden.masked_fill_((middle == self.shared.in_channels)[:, None], 0)
        hidden = hidden.view(len(windows), -1)  # [U, k k hidden]
        return torch.addmm(bias, hidden, weight.permute(2, 3, 1, 0).reshape(hidden.shape[1], -1))


class SpadeResBlock(nn.Module):
    """Two SPADE-normalised 3x3 convolutions beside a shortcut, learned where the width changes."""

    def __init__(
        self, before: int, after: int, num_labels: int, hidden: int, kernel: int, norm: str
    ) -> None:
        super().__init__()
        middle = min(before, after)

        def make(channels: int) -> SpadeNorm:
            return SpadeNorm(channels, num_labels, hidden, kernel, norm)

        self.norm0, self.conv0 = make(before), nn.Conv2d(before, middle, 3, padding=1)
        self.norm1, self.conv1 = make(middle), nn.Conv2d(middle, after, 3, padding=1)
        self.learned = before != after
        if self.learned:
            self.norm_s, self.conv_s = make(before), nn.Conv2d(before, after, 1, bias=False)

    def forward(self, x: Tensor, semantic_map: Tensor | LabelMap) -> Tensor:
        """x [N, before, H, W], semantic_map [N, num_labels, H', W'] -> [N, after, H, W]."""
        shortcut = pointwise(self.conv_s, self.norm_s(x, semantic_map)) if self.learned else x
        act = F.leaky_relu_ if isinstance(semantic_map, LabelMap) else F.leaky_relu
        y = self.conv0(act(self.norm0(x, semantic_map), 0.2))
        return shortcut + self.conv1(act(self.norm1(y, semantic_map), 0.2))


class SpadeGenerator(ChannelsLast):
    """A semantic map, and a style where there is one -> a picture.

    Args:
        num_labels: planes of the semantic map.
        width: channels at full size (`ngf`); 64 in the paper.
        crop_size: width of its pictures in pixels.
        aspect_ratio: width / height.
        z_dim: size of the style; 0: no style, the stem's input is the map.
        hidden: width inside each normalisation; 128 in the paper.
        kernel: of the convolutions on the map; 3 in the paper.
        norm: "batch" or "instance", inside SPADE.
        num_upsampling_layers: "normal", "more" (one doubling more) or "most" (and one block more).
        spectral: spectral norm on the blocks' convolutions; see `fold_spectral_norm`.
    """

    family = "spade"

    def __init__(
        self,
        num_labels: int,
        width: int = 64,
        crop_size: int = 256,
        aspect_ratio: float = 1.0,
        z_dim: int = 256,
        hidden: int = 128,
        kernel: int = 3,
        norm: Literal["batch", "instance"] = "batch",
        num_upsampling_layers: Upsampling = "normal",
        spectral: bool = True,
        img_channels: int = 3,
    ) -> None:
        super().__init__()
        if num_upsampling_layers not in DOUBLINGS:
            raise ValueError(f"num_upsampling_layers is one of {', '.join(DOUBLINGS)}.")
        self.num_labels, self.num_classes, self.width = num_labels, num_labels, width
        self.crop_size, self.aspect_ratio, self.z_dim = crop_size, aspect_ratio, z_dim
        self.hidden, self.kernel, self.norm = hidden, kernel, norm
        self.num_upsampling_layers, self.img_channels = num_upsampling_layers, img_channels
        self.spectral = False
        self.stem_width = crop_size // 2 ** DOUBLINGS[num_upsampling_layers]
        self.stem_height = round(self.stem_width / aspect_ratio)
        if not self.stem_width or not self.stem_height:
            raise ValueError(f"crop_size {crop_size} is too small for this many doublings.")
        self.img_resolution = self.stem_height * 2 ** DOUBLINGS[num_upsampling_layers]
        w = 16 * width
        self.stem = (
            nn.Linear(z_dim, w * self.stem_height * self.stem_width)
            if z_dim
            else nn.Conv2d(num_labels, w, 3, padding=1)
        )
        widths = [w, w, w, w, w // 2, w // 4, w // 8, w // 16]
        if num_upsampling_layers == "most":
            widths.append(w // 32)
        # head, two in the middle, then one for each halving of the width
        self.blocks = nn.ModuleList(
            SpadeResBlock(a, b, num_labels, hidden, kernel, norm)
            for a, b in itertools.pairwise(widths)
        )
        self.to_rgb = nn.Conv2d(widths[-1], img_channels, 3, padding=1)
        self.apply(initialise)
        if spectral:
            add_spectral_norm(self.blocks, ("conv0", "conv1", "conv_s"))
            self.spectral = True

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "num_labels": self.num_labels,
            "width": self.width,
            "crop_size": self.crop_size,
            "aspect_ratio": self.aspect_ratio,
            "z_dim": self.z_dim,
            "hidden": self.hidden,
            "kernel": self.kernel,
            "norm": self.norm,
            "num_upsampling_layers": self.num_upsampling_layers,
            "spectral": self.spectral,
            "img_channels": self.img_channels,
        }

    def forward(self, semantic_map: Tensor, z: Tensor | None = None) -> Tensor:
        """semantic_map [N, num_labels, H, W] one-hot, z [N, z_dim] -> images [N, C, H', W'].

        The pictures' size is the network's own, in [-1, 1]. Without z the style is the mean one, 0.
        """
        if semantic_map.device.type == "cpu" and is_frozen(self, semantic_map, z):
            return one_by_one(self._paint, semantic_map, z)
        return self._run(semantic_map, semantic_map, z)

    def _paint(self, semantic_map: Tensor, z: Tensor | None) -> Tensor:
        """Make one picture, from look-ups where the map is one-hot."""
        labels = LabelMap.of(semantic_map)
        return self._run(semantic_map, semantic_map if labels is None else labels, z)

    def _run(self, planes: Tensor, semantic_map: Tensor | LabelMap, z: Tensor | None) -> Tensor:
        x = self._stem(planes, z)  # [N, 16 width, h, w]
        for index, block in enumerate(self.blocks):
            x = block(x, semantic_map)
            if self._doubles(index):
                x = F.interpolate(x, scale_factor=2, mode="nearest")
        return self.to_rgb(F.leaky_relu(x, 0.2)).tanh()

    def _stem(self, semantic_map: Tensor, z: Tensor | None) -> Tensor:
        size = (self.stem_height, self.stem_width)
        if not self.z_dim:
            return self.stem(F.interpolate(semantic_map, size, mode="nearest"))
        if z is None:
            z = semantic_map.new_zeros(semantic_map.shape[0], self.z_dim)
        x = self.stem(z).unflatten(1, (-1, *size))
        return x.contiguous(memory_format=torch.channels_last)

    def _doubles(self, index: int) -> bool:
        """Whether the size doubles after block `index`: head, middle, middle, ups."""
        if index == 1:
            return self.num_upsampling_layers != "normal"
        return index < len(self.blocks) - 1

    def fold_spectral_norm(self) -> SpadeGenerator:
        """Fold the spectral norm into the weights permanently; returns self.

        Afterwards it computes the same pictures faster, but no longer trains as before.
        """
        remove_spectral_norm(self)
        self.spectral = False
        return self


class StyleEncoder(Network):
    """A picture -> mean and log-variance of its style.

    Args:
        width: channels after the first convolution; 64 in the paper.
        z_dim: size of the style.
        img_size: pictures are resized to this square, 256 in the paper; with 128 or less it has
            one convolution fewer for each halving, so that 4x4 pixels are left.
        spectral: spectral norm on the convolutions; see `fold_spectral_norm`.
    """

    family = "spade-encoder"

    def __init__(
        self,
        width: int = 64,
        z_dim: int = 256,
        img_size: int = 256,
        norm: Literal["instance", "batch", "none"] = "instance",
        spectral: bool = True,
        img_channels: int = 3,
    ) -> None:
        super().__init__()
        if img_size < 16 or img_size & (img_size - 1):
            raise ValueError(f"img_size must be a power of two from 16, not {img_size}.")
        self.width, self.z_dim, self.img_size, self.norm = width, z_dim, img_size, norm
        self.img_channels, self.spectral = img_channels, False
        count = img_size.bit_length() - 3
        widths = [img_channels] + [width * min(2**i, 8) for i in range(count)]
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 3, 2, 1, bias=norm == "none") for a, b in itertools.pairwise(widths)
        )
        kinds = {"instance": InstanceNorm, "batch": BatchNorm, "none": lambda _: nn.Identity()}
        if norm not in kinds:
            raise ValueError(f"norm is one of {', '.join(kinds)}, not {norm!r}.")
        self.norms = nn.ModuleList(kinds[norm](w) for w in widths[1:])
        self.mu = nn.Linear(widths[-1] * 16, z_dim)
        self.logvar = nn.Linear(widths[-1] * 16, z_dim)
        self.apply(initialise)
        if spectral:
            add_spectral_norm(self.convs, None)
            self.spectral = True

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {
            "width": self.width,
            "z_dim": self.z_dim,
            "img_size": self.img_size,
            "norm": self.norm,
            "spectral": self.spectral,
            "img_channels": self.img_channels,
        }

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """images [N, C, H, W] in [-1, 1], any size -> mu, logvar [N, z_dim]."""
        size = (self.img_size, self.img_size)
        x = images if images.shape[2:] == size else F.interpolate(images, size, mode="bilinear")
        for index, (conv, norm) in enumerate(zip(self.convs, self.norms, strict=True)):
            x = norm(conv(x if index == 0 else F.leaky_relu(x, 0.2)))  # half the size each
        x = F.leaky_relu(x, 0.2).flatten(1)  # [N, 8 width * 4 * 4]
        return self.mu(x), self.logvar(x)

    def fold_spectral_norm(self) -> StyleEncoder:
        """Fold the spectral norm into the weights permanently; returns self."""
        remove_spectral_norm(self)
        self.spectral = False
        return self


def initialise(module: nn.Module) -> None:
    """Xavier's normal weights at gain 0.02, as in the paper's code."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_normal_(module.weight, gain=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def add_spectral_norm(modules: nn.Module, names: tuple[str, ...] | None) -> None:
    """Give the convolutions of these names (None: all) spectral norm (arXiv:1802.05957)."""
    for path, module in list(modules.named_modules()):
        if isinstance(module, nn.Conv2d) and (names is None or path.split(".")[-1] in names):
            spectral_norm(module, eps=1e-12)


def remove_spectral_norm(network: nn.Module) -> None:
    """Make every spectrally normalised weight a plain one of the same value."""
    was_training = network.training
    network.eval()  # in training the power iteration would continue
    for module in list(network.modules()):
        if parametrize.is_parametrized(module, "weight"):
            parametrize.remove_parametrizations(module, "weight", leave_parametrized=True)
    network.train(was_training)
