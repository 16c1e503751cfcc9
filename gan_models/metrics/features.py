"""Frozen ImageNet features: EfficientNet-Lite0 for training, Lite2 for published measures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as TF

from gan_models import networks, weights, zoo
from gan_models.device import fitting, mixed_precision
from gan_models.media.tensors import channels_last, to_float
from gan_models.metrics.measures import psnr
from gan_models.networks.efficientnet_lite import EfficientNetLite

MEASURE_PX = 224  # the input size of Lite0
PUBLISHED_PX = 256  # pictures are resized to this first for published measures


def load_features(device: torch.device) -> EfficientNetLite:
    """The frozen feature network for training, EfficientNet-Lite0; downloaded the first time.

    Raises:
        WeightsError: the weights cannot be had.
    """
    return _load(zoo.FEATURES, device)


def load_measuring_features(device: torch.device) -> EfficientNetLite:
    """The frozen feature network for published measures, EfficientNet-Lite2; downloaded once.

    Raises:
        WeightsError: the weights cannot be had.
    """
    return _load(zoo.MEASURING_FEATURES, device)


def _load(spec: zoo.ModelSpec, device: torch.device) -> EfficientNetLite:
    path = weights.ensure(spec)
    network = networks.build(spec.family, {})
    if not isinstance(network, EfficientNetLite):
        raise TypeError(f"{spec.id} is not a feature network.")
    network.load_published(weights.read_tensors(path))
    network = network.freeze().to(device)
    return network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]  # not in torch's stubs


def resize(images: Tensor, side_px: int) -> Tensor:
    """Resize images [N, C, H, W] to a square: bilinear, antialiased."""
    if images.shape[-2:] == (side_px, side_px):
        return images
    return F.interpolate(
        images, size=(side_px, side_px), mode="bilinear", antialias=True, align_corners=False
    )


@dataclass(frozen=True)
class FeatureMaps:
    """Feature maps of the frozen network for a batch, for several losses."""

    images: Tensor  # [N, 3, side, side], the input of the network
    scales: list[Tensor]  # the output of `multi_scale`, float32

    @classmethod
    def of(cls, network: EfficientNetLite, images: Tensor, side_px: int) -> FeatureMaps:
        """The maps of images [N, 3, H, W] in [-1, 1], resized to `side_px`."""
        images = resize(images, side_px).contiguous(memory_format=torch.channels_last)
        with mixed_precision(images.device):
            scales = network.multi_scale(images)
        return cls(images, [scale.float() for scale in scales])

    def detach(self) -> FeatureMaps:
        """The same without gradients."""
        return FeatureMaps(self.images.detach(), [scale.detach() for scale in self.scales])

    def first(self, num: int) -> FeatureMaps:
        """The maps of the first `num` pictures."""
        return FeatureMaps(self.images[:num], [scale[:num] for scale in self.scales])


def pooled_features(
    network: EfficientNetLite, images: Tensor, batch: int = 32
) -> NDArray[np.float32]:
    """Images [N, 3, H, W] in [-1, 1] -> features [N, 1280], unscaled.

    Images are clamped to [-1, 1] and rounded to 256 levels, as in a file.
    """

    @torch.no_grad()
    def features_of(part: Tensor) -> Tensor:
        pixels = part.to(network.mean.device).float().mul(127.5).add(127.5).round().clamp(0, 255)
        return network.features(resize(pixels / 127.5 - 1, MEASURE_PX)).cpu()

    in_batches = lambda size: torch.cat([features_of(part) for part in images.split(size)])
    return fitting(in_batches, batch).numpy()


def measuring_features(
    network: EfficientNetLite, pixels: Tensor, batch: int = 32
) -> NDArray[np.float32]:
    """uint8 pictures [N, 3, H, W] -> features [N, 1280] of Lite2, unscaled.

    Every picture is first resized to `PUBLISHED_PX` by bicubic interpolation and rounded to 256
    levels, so that pictures of all sizes are measured alike, then to the input size of the network.
    """
    device, side_px = network.mean.device, network.img_resolution

    @torch.no_grad()
    def features_of(part: Tensor) -> Tensor:
        part = TF.resize(part, [PUBLISHED_PX] * 2, InterpolationMode.BICUBIC, antialias=True)
        images = part.to(device).float() / 127.5 - 1
        return network.features(resize(images, side_px)).cpu()

    in_batches = lambda size: torch.cat([features_of(part) for part in pixels.split(size)])
    return fitting(in_batches, batch).numpy()


@torch.no_grad()
def perceptual_distances(
    network: EfficientNetLite, images: Tensor, targets: Tensor, batch: int = 32
) -> NDArray[np.float32]:
    """Perceptual distances of pairs of pictures [N, 3, H, W] -> [N].

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


def nearer_to_truth(
    features: EfficientNetLite, inputs: Tensor, outputs: Tensor, truths: Tensor
) -> dict[str, float]:
    """How often outputs are nearer to the truth than inputs, in PSNR and in the features.

    All are uint8 [N, 3, H, W]; `psnr_gain` is the mean in dB.
    """
    before, after = (psnr(channels_last(x), channels_last(truths)) for x in (inputs, outputs))
    far, near = (
        perceptual_distances(features, to_float(x), to_float(truths)) for x in (inputs, outputs)
    )
    return {
        "nearer_psnr": float((after > before).mean()),
        "nearer_features": float((near < far).mean()),
        "psnr_gain": float((after - before).mean()),
    }
