"""EfficientNet-Lite0 and 2, ImageNet classifiers: 0 gives features to train with, 2 to measure.

EfficientNet (Tan and Le 2019, arXiv:1905.11946) without squeeze-and-excitation and with ReLU6.
Stem, head, and the repeats of the first and last stage are those of Lite0 in all sizes.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from gan_models.networks.base import Network

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

# of Lite0 (repeats, kernel, stride of the first, expansion, channels): table 1 of the paper
STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


class SameConv2d(nn.Conv2d):
    """Convolution that pads like TensorFlow's "SAME": the odd pixel goes right and below."""

    def forward(self, input: Tensor) -> Tensor:
        (kernel, _), (stride, _) = self.kernel_size, self.stride
        if stride == 1:
            return F.conv2d(input, self.weight, self.bias, 1, kernel // 2, 1, self.groups)
        sides = input.shape[2:]
        down, across = (max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in sides)
        top, left = down // 2, across // 2
        x = F.pad(input, (left, across - left, top, down - top))
        return F.conv2d(x, self.weight, self.bias, stride, 0, 1, self.groups)


def _batch_norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


class InvertedResidual(nn.Module):
    """Expand, convolve each channel by itself, project back; a skip where the shape allows it."""

    def __init__(self, c_in: int, c_out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        c_mid = c_in * expansion
        self.has_skip = stride == 1 and c_in == c_out
        self.has_expansion = expansion != 1
        if self.has_expansion:
            self.expand_conv = SameConv2d(c_in, c_mid, 1, bias=False)
            self.bn0 = _batch_norm(c_mid)
        self.depthwise_conv = SameConv2d(c_mid, c_mid, kernel, stride, groups=c_mid, bias=False)
        self.bn1 = _batch_norm(c_mid)
        self.project_conv = SameConv2d(c_mid, c_out, 1, bias=False)
        self.bn2 = _batch_norm(c_out)

    def forward(self, x: Tensor) -> Tensor:
        y = x
        if self.has_expansion:
            y = F.relu6(self.bn0(self.expand_conv(y)))
        y = F.relu6(self.bn1(self.depthwise_conv(y)))
        y = self.bn2(self.project_conv(y))
        return x + y if self.has_skip else y


def scale_stages(width: float, depth: float) -> list[tuple[int, int, int, int, int]]:
    """`STAGES` with channels times `width`, to multiples of 8, and repeats times `depth`."""
    stages = []
    for index, (repeats, kernel, stride, expansion, channels) in enumerate(STAGES):
        inner = 0 < index < len(STAGES) - 1
        repeats = math.ceil(repeats * depth) if inner else repeats
        rounded = max(8, int(channels * width + 4) // 8 * 8)
        if rounded < 0.9 * channels * width:  # never down by more than a tenth
            rounded += 8
        stages.append((repeats, kernel, stride, expansion, rounded))
    return stages


class EfficientNetLite(Network):
    """Classifier of 1000 ImageNet classes; takes pictures from 32 px.

    Args:
        width, depth: what multiplies the channels and the repeats of Lite0.
    """

    num_features = 1280
    mean: Tensor
    std: Tensor

    def __init__(self, width: float, depth: float, num_classes: int = 1000) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.conv_stem = SameConv2d(3, 32, 3, 2, bias=False)
        self.bn0 = _batch_norm(32)
        blocks, c_in = [], 32
        self.scale_blocks: list[int] = []  # the last block at 1/4, 1/8, 1/16 and 1/32 of the size
        for repeats, kernel, stride, expansion, channels in scale_stages(width, depth):
            if stride == 2 and len(blocks) > 1:
                self.scale_blocks.append(len(blocks) - 1)
            for index in range(repeats):
                first = index == 0
                blocks.append(
                    InvertedResidual(c_in, channels, kernel, stride if first else 1, expansion)
                )
                c_in = channels
        self.scale_blocks.append(len(blocks) - 1)
        self.blocks = nn.ModuleList(blocks)
        self.conv_head = SameConv2d(c_in, self.num_features, 1, bias=False)
        self.bn1 = _batch_norm(self.num_features)
        self.fc = nn.Linear(self.num_features, num_classes)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(3, 1, 1), persistent=False)

    @property
    def config(self) -> dict[str, Any]:
        """The constructor arguments that build this network again."""
        return {"num_classes": self.num_classes}

    def _stem(self, images: Tensor) -> Tensor:
        x = (images * 0.5 + 0.5 - self.mean) / self.std
        return F.relu6(self.bn0(self.conv_stem(x)))

    def multi_scale(self, images: Tensor) -> list[Tensor]:
        """Images [N, 3, H, W] in [-1, 1] -> four maps [N, channels of the scale, H/2^(i+2), ...].

        Lite0's have 24, 40, 112 and 320 channels, Lite2's 24, 48, 120 and 352.
        """
        x, scales = self._stem(images), []
        for start, end in pairwise((-1, *self.scale_blocks)):
            for block in self.blocks[start + 1 : end + 1]:
                x = block(x)
            scales.append(x)
        return scales

    def features(self, images: Tensor) -> Tensor:
        """Images [N, 3, H, W] in [-1, 1] -> pooled features [N, 1280], as they are."""
        return self.pool(self.multi_scale(images)[-1])

    def pool(self, x: Tensor) -> Tensor:
        """The last map of `multi_scale` -> pooled features [N, 1280]."""
        return F.relu6(self.bn1(self.conv_head(x))).mean(dim=(2, 3))

    def forward(self, images: Tensor) -> Tensor:
        """Images [N, 3, H, W] in [-1, 1] -> logits [N, num_classes]."""
        return self.fc(self.features(images))

    def load_published(self, tensors: dict[str, Tensor]) -> None:
        """Load the published state dict, whose module names start with an underscore; strict."""
        own = {
            ".".join(part.removeprefix("_") for part in key.split(".")): tensor
            for key, tensor in tensors.items()
        }
        self.load_state_dict(own, strict=True)

    def freeze(self) -> Self:
        """Fold the batch norms into the convolutions and stop all gradients; for features only."""
        self.eval().requires_grad_(False)
        pairs: list[tuple[nn.Module, str, str]] = []
        pairs += [(self, "conv_stem", "bn0"), (self, "conv_head", "bn1")]
        for block in self.blocks:
            pairs += [(block, "depthwise_conv", "bn1"), (block, "project_conv", "bn2")]
            if block.has_expansion:
                pairs.append((block, "expand_conv", "bn0"))
        for owner, conv, norm in pairs:
            setattr(owner, conv, fuse_conv_bn_eval(getattr(owner, conv), getattr(owner, norm)))
            setattr(owner, norm, nn.Identity())
        return self.requires_grad_(False)


class EfficientNetLite0(EfficientNetLite):
    """The smallest: 4.7 million parameters."""

    family = "efficientnet_lite0"
    img_resolution = 224

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__(1.0, 1.0, num_classes)


class EfficientNetLite2(EfficientNetLite):
    """6.1 million parameters."""

    family = "efficientnet_lite2"
    img_resolution = 260

    def __init__(self, num_classes: int = 1000) -> None:
        super().__init__(1.1, 1.2, num_classes)
