"""Measures of pictures: KID and others on features, and the published tables."""

from gan_models.metrics.measures import (
    color_statistics,
    confusion,
    density_coverage,
    diversity,
    fid,
    kid,
    mean_iou,
    pairwise_distances,
    precision_recall,
    psnr,
    style_accuracy,
)

__all__ = [
    "color_statistics",
    "confusion",
    "density_coverage",
    "diversity",
    "fid",
    "kid",
    "mean_iou",
    "pairwise_distances",
    "precision_recall",
    "psnr",
    "style_accuracy",
]
