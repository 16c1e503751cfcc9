"""The quality of finished models: measures beside their reference values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from gan_models import metrics, seeds
from gan_models.media.tensors import channels_last, to_byte, to_float
from gan_models.metrics.features import measuring_features, nearer_to_truth, resize
from gan_models.networks.base import Network
from gan_models.networks.efficientnet_lite import EfficientNetLite


@dataclass(frozen=True)
class Figure:
    """A line of the table; `reference` is a floor, ceiling or limit, described in `beside`."""

    model: str
    metric: str
    value: float
    reference: float | None = None
    beside: str = ""


@dataclass(frozen=True)
class Reference:
    """Real pictures to compare with, in the features that are not used in training."""

    features: EfficientNetLite  # of `load_measuring_features`
    reals: NDArray[np.float32]  # [N, 1280]

    @classmethod
    def of(cls, features: EfficientNetLite, reals: Tensor) -> Reference:
        """A reference of renders of unseen scenes, uint8 [N, 3, H, W]."""
        return cls(features, measuring_features(features, reals))

    @property
    def floor(self) -> float:
        """KID of one half of the reals against the other."""
        half = len(self.reals) // 2
        return metrics.kid(self.reals[:half], self.reals[half:])


@dataclass(frozen=True)
class Goal:
    """The goals of a generator: maximum KID, minimum recall and share of diversity."""

    kid: float
    recall: float
    diversity: float = 0.9


def resize_bytes(images: Tensor, side_px: int) -> Tensor:
    """Resize uint8 pictures to a square, antialiased."""
    return to_byte(resize(to_float(images), side_px))


@torch.no_grad()
def sample_latent(
    generator: Network, num: int, class_index: Sequence[int] | None = None, batch: int = 32
) -> Tensor:
    """Pictures of the seeds 0 to num - 1, uint8 [num, 3, H, W]."""
    device = next(generator.parameters()).device
    pictures = []
    for start in range(0, num, batch):
        z = seeds.sample_z(range(start, min(start + batch, num)), generator.z_dim).to(device)
        c = None
        if class_index is not None:
            index = torch.tensor(class_index[start : start + batch], device=device)
            c = F.one_hot(index, generator.num_classes).float()
        pictures.append(to_byte(generator(z, c)).cpu())
    return torch.cat(pictures)


def measure_pictures(
    model: str, reference: Reference, pictures: Tensor, goal: Goal
) -> list[Figure]:
    """KID-effl2-256 and FID, precision and recall, density and coverage, diversity of pictures."""
    real, fake = reference.reals, measuring_features(reference.features, pictures)
    counted = f"{len(fake):,} against {len(real):,}"
    precision, recall = metrics.precision_recall(real[:2000], fake[:2000])
    density, coverage = metrics.density_coverage(real[:2000], fake[:2000])
    share = metrics.diversity(fake) / metrics.diversity(real)
    beside = f"at most; floor {reference.floor:.4f}"
    return [
        Figure(model, f"KID-effl2-256, {counted}", metrics.kid(real, fake), goal.kid, beside),
        Figure(model, "FID-effl2-256", metrics.fid(real, fake)),
        Figure(model, "precision", precision),
        Figure(model, "recall", recall, goal.recall, "at least"),
        Figure(model, "density", density),
        Figure(model, "coverage", coverage),
        Figure(model, "diversity / that of the reals", share, goal.diversity, "at least"),
    ]


@torch.no_grad()
def predict(network: Network, pictures: Tensor, batch: int = 32) -> NDArray[np.int64]:
    """Predictions of a segmenter or classifier for uint8 pictures: [N, H, W] or [N]."""
    device = next(network.parameters()).device
    parts = [network(to_float(x.to(device))).argmax(1).cpu() for x in pictures.split(batch)]
    return torch.cat(parts).numpy()


def classes_figures(
    model: str,
    classifier: Network,
    pictures: Tensor,
    class_index: Sequence[int],
    held_out: tuple[Tensor, NDArray],
) -> list[Figure]:
    """How often the classifier predicts the class asked for; as reference, on true renders."""
    side = pictures.shape[-1]
    truth = held_out[1]
    ceiling = (predict(classifier, resize_bytes(held_out[0], side)) == truth).mean()
    agreed = (predict(classifier, pictures) == np.asarray(class_index)).mean()
    metric = "classifier sees the class asked for"
    return [
        Figure(model, metric, float(agreed), float(ceiling), "ceiling: true renders; goal 0.85")
    ]


def paint_figures(
    model: str,
    segmenter: Network,
    paint: Callable[[Tensor, Tensor], Tensor],
    encode: Callable[[Tensor], Tensor],
    z_dim: int,
    held_out: dict[str, Tensor],
) -> list[Figure]:
    """How well pictures follow their label maps and their styles.

    Args:
        model: the name for the table.
        segmenter: predicts label maps.
        paint: maps [N, H, W] and styles [N, z_dim] -> uint8 pictures.
        encode: uint8 pictures -> styles.
        z_dim: of the styles.
        held_out: `World.held_out_batch`, and as `relit` the result of `World.relit`.
    """
    images, maps, blobs = (held_out[name] for name in ("images", "label_map", "blob_map"))
    num_classes = segmenter.num_classes
    styles = seeds.sample_z(range(len(maps)), z_dim)

    def iou(pictures: Tensor, truth: Tensor) -> float:
        return metrics.mean_iou(
            metrics.confusion(truth.numpy(), predict(segmenter, pictures), num_classes)
        )

    ceiling = iou(images, maps)
    on_maps, on_blobs = (iou(paint(target, styles), target) for target in (maps, blobs))
    accuracy = lambda pictures: metrics.style_accuracy(
        channels_last(pictures), channels_last(images[: len(pictures)])
    )
    return [
        Figure(model, "segmenter's mIoU on true renders", ceiling),
        Figure(
            model, "mIoU on held-out maps", on_maps, 0.85 * ceiling, "at least: 0.85 of renders'"
        ),
        Figure(model, "mIoU on blob maps", on_blobs, 0.6 * ceiling, "at least: 0.6 of renders'"),
        Figure(
            model,
            "colours nearer to the style asked",
            accuracy(paint(maps, encode(images.roll(1, 0)))),
            0.9,
            "at least",
        ),
        Figure(model, "the same of renders in the style's light", accuracy(held_out["relit"])),
    ]


def translation_figures(
    model: str,
    features: EfficientNetLite,
    translate: Callable[[Tensor], Tensor],
    translate_back: Callable[[Tensor], Tensor],
    pairs: tuple[Tensor, Tensor],
) -> list[Figure]:
    """Measures against the same scenes rendered in the other season; all pictures uint8."""
    source, truth = pairs
    output = translate(source)
    found = nearer_to_truth(features, source, output, truth)
    cycle = metrics.psnr(channels_last(source), channels_last(translate_back(output))).mean()
    return [
        Figure(
            model,
            "nearer to the truth than the input, features",
            found["nearer_features"],
            0.85,
            "at least",
        ),
        Figure(
            model,
            "nearer to the truth than the input, PSNR",
            found["nearer_psnr"],
            0.85,
            "at least",
        ),
        Figure(model, "PSNR gained, dB", found["psnr_gain"]),
        Figure(model, "cycle PSNR, dB", float(cycle), 22.0, "at least"),
    ]
