"""Measures on arrays of features [N, D], such as the 1280 pooled features of EfficientNet-Lite.

With those of Lite0 they are named KID-effl0 and so on: values depend on the features.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]


def _kernel(x: NDArray, y: NDArray) -> NDArray:
    return (x @ y.T / x.shape[1] + 1.0) ** 3


def kid(real: Features, fake: Features) -> float:
    """Kernel inception distance (Binkowski et al. 2018, arXiv:1801.01401): unbiased MMD², degree 3.

    Over all pictures at once, no subsets. May fall slightly under 0 for equal distributions.

    Raises:
        ValueError: fewer than two pictures on either side.
    """
    if min(len(real), len(fake)) < 2:
        raise ValueError("KID needs two pictures or more on either side.")
    x, y = real.astype(np.float64), fake.astype(np.float64)
    m, n = len(x), len(y)
    k_xx, k_yy = _kernel(x, x), _kernel(y, y)
    within = (k_xx.sum() - np.trace(k_xx)) / (m * (m - 1))
    within += (k_yy.sum() - np.trace(k_yy)) / (n * (n - 1))
    return float(within - 2 * _kernel(x, y).mean())


def fid(real: Features, fake: Features) -> float:
    """Frechet distance of two Gaussians (Heusel et al. 2017, arXiv:1706.08500), equation 6."""
    x, y = real.astype(np.float64), fake.astype(np.float64)
    mean_gap = np.square(x.mean(0) - y.mean(0)).sum()
    cov_x, cov_y = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    # tr sqrt(A B) = tr sqrt(sqrt(A) B sqrt(A)), where the inner matrix is symmetric
    values, vectors = np.linalg.eigh(cov_x)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ cov_y @ root).clip(0)).sum()
    return float(mean_gap + np.trace(cov_x) + np.trace(cov_y) - 2 * cross)


def pairwise_distances(x: NDArray, y: NDArray) -> NDArray:
    """Euclidean distances [len(x), len(y)]."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    squared = np.square(x).sum(1)[:, None] + np.square(y).sum(1)[None] - 2 * x @ y.T
    return np.sqrt(squared.clip(0))


def _radii(features: NDArray, k: int) -> NDArray:
    distances = pairwise_distances(features, features)
    return np.partition(distances, k, axis=1)[:, k]  # the picture itself is the 0th neighbour


def precision_recall(real: Features, fake: Features, k: int = 3) -> tuple[float, float]:
    """Improved precision and recall (Kynkäänniemi et al. 2019, arXiv:1904.06991), equation 2."""
    distances = pairwise_distances(real, fake)
    precision = (distances <= _radii(real, k)[:, None]).any(0).mean()
    recall = (distances <= _radii(fake, k)[None]).any(1).mean()
    return float(precision), float(recall)


def density_coverage(real: Features, fake: Features, k: int = 5) -> tuple[float, float]:
    """Density and coverage (Naeem et al. 2020, arXiv:2002.09797), equations 3 and 5."""
    inside = pairwise_distances(real, fake) <= _radii(real, k)[:, None]  # [real, fake]
    return float(inside.sum(0).mean() / k), float(inside.any(1).mean())


def diversity(features: Features) -> float:
    """Mean Euclidean distance between two different pictures."""
    n = len(features)
    return float(pairwise_distances(features, features).sum() / (n * (n - 1)))


def color_statistics(pixels: NDArray[np.uint8]) -> NDArray:
    """Pictures [N, H, W, 3] -> [N, 6]: mean and standard deviation of each channel, in 0 to 1."""
    x = pixels.astype(np.float32) / 255
    return np.concatenate([x.mean(axis=(1, 2)), x.std(axis=(1, 2))], axis=1)


def style_accuracy(pixels: NDArray[np.uint8], styles: NDArray[np.uint8]) -> float:
    """How often a picture is nearer in colour to its style picture than to another one.

    All are [N, H, W, 3], N at least 4; picture i was made with the style of `styles[i - 1]`.
    """
    made, references = color_statistics(pixels), color_statistics(styles)
    distance = lambda shift: np.linalg.norm(made - np.roll(references, shift, 0), axis=1)
    return float((distance(1) < distance(len(references) // 2)).mean())


def psnr(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray:
    """Peak signal to noise ratio in dB of each pair of pictures [N, H, W, 3] -> [N]."""
    error = np.square(a.astype(np.float64) - b.astype(np.float64)).mean(axis=(1, 2, 3))
    return 10 * np.log10(255**2 / np.maximum(error, 1e-10))


def confusion(truth: NDArray, guess: NDArray, num_classes: int) -> NDArray[np.int64]:
    """Counts [num_classes, num_classes] of true label (row) and predicted label (column)."""
    index = truth.astype(np.int64).ravel() * num_classes + guess.astype(np.int64).ravel()
    return np.bincount(index, minlength=num_classes**2).reshape(num_classes, num_classes)


def mean_iou(counts: NDArray[np.int64]) -> float:
    """Mean intersection over union of the labels that occur, from a confusion matrix."""
    hit = np.diag(counts)
    union = counts.sum(0) + counts.sum(1) - hit
    return float((hit[union > 0] / union[union > 0]).mean())
