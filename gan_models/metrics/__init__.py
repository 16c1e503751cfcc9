"""Measures of pictures: KID and the like on features, and the tables that are published."""

from gan_models.metrics.measures import (
    color_statistics,
    confusion,
    density_coverage,
    diversity,
    fid,
    kid,
    lent_colors,
    mean_iou,
    pairwise_distances,
    precision_recall,
    psnr,
)

__all__ = [
    "color_statistics",
    "confusion",
    "density_coverage",
    "diversity",
    "fid",
    "kid",
    "lent_colors",
    "mean_iou",
    "pairwise_distances",
    "precision_recall",
    "psnr",
]
