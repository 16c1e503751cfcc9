"""The measures agree with values computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from gan_models import metrics

RANDOM = np.random.RandomState(0)
A, B = (RANDOM.randn(200, 16).astype(np.float32) for _ in range(2))


def test_kid_is_about_zero_for_one_distribution_and_large_for_two():
    assert abs(metrics.kid(A, B)) < 0.05
    assert metrics.kid(A, B + 1) > 1


def test_kid_agrees_with_a_double_loop():
    a, b = A[:5].astype(float), B[:4].astype(float)
    kernel = lambda x, y: (x @ y / 16 + 1) ** 3
    within_a = np.mean([kernel(x, y) for i, x in enumerate(a) for j, y in enumerate(a) if i != j])
    within_b = np.mean([kernel(x, y) for i, x in enumerate(b) for j, y in enumerate(b) if i != j])
    across = np.mean([kernel(x, y) for x in a for y in b])
    assert metrics.kid(a, b) == pytest.approx(within_a + within_b - 2 * across)


def test_fid_of_a_shift_is_its_squared_length():
    assert metrics.fid(A, A) == pytest.approx(0, abs=1e-6)
    assert metrics.fid(A, A + 2) == pytest.approx(16 * 4, rel=1e-4)


def test_precision_falls_for_strangers_and_recall_for_a_collapse():
    assert metrics.precision_recall(A, A + 100) == (0, 0)
    precision, recall = metrics.precision_recall(A, np.repeat(A[:1], 50, axis=0))
    assert precision == 1
    assert recall < 0.1


def test_density_and_coverage_are_one_for_the_same_pictures():
    density, coverage = metrics.density_coverage(A, A)
    assert density >= 1
    assert coverage == 1


def test_diversity_of_two_pictures_is_their_distance():
    assert metrics.diversity(np.array([[0.0, 0.0], [3.0, 4.0]])) == pytest.approx(5)


def test_mean_iou_leaves_out_labels_that_do_not_occur():
    truth, guess = np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])
    counts = metrics.confusion(truth, guess, 3)
    assert metrics.mean_iou(counts) == pytest.approx((1 / 2 + 2 / 3) / 2)


def test_psnr_and_color_statistics():
    black, grey = np.zeros((1, 4, 4, 3), np.uint8), np.full((1, 4, 4, 3), 51, np.uint8)
    assert metrics.psnr(black, grey)[0] == pytest.approx(20 * np.log10(5))
    assert metrics.color_statistics(grey)[0] == pytest.approx([0.2, 0.2, 0.2, 0, 0, 0], abs=1e-6)


def test_style_accuracy_compares_with_the_picture_before():
    random = np.random.RandomState(0)
    styles = random.randint(0, 256, (6, 1, 1, 3)) + random.randint(-20, 21, (6, 8, 8, 3))
    styles = styles.clip(0, 255).astype(np.uint8)
    assert metrics.style_accuracy(np.roll(styles, 1, 0), styles) == 1
    assert metrics.style_accuracy(np.roll(styles, 3, 0), styles) == 0
