"""Batches are determined by seed and count."""

from __future__ import annotations

import numpy as np
import torch

from gan_models.landscape.roughen import roughen
from gan_models.media.tensors import shrink
from gan_models.training.data import CollagedData, Order, PictureData, RoughPairData, UnpairedData


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_every_epoch_shows_each_example_once_in_another_order():
    order = Order(10)
    first, second = order.after(0, 0, 10), order.after(0, 10, 10)
    assert sorted(first) == sorted(second) == list(range(10))
    assert list(first) != list(second)
    assert list(order.after(0, 5, 10)) == [*first[5:], *second[:5]]


def test_batches_do_not_depend_on_what_was_asked_before(pictures):
    maps = np.zeros(pictures.shape[:3], np.uint8)
    for make in (
        lambda: PictureData(pictures, np.arange(40)),
        lambda: RoughPairData(pictures, maps, maps[:5]),
        lambda: CollagedData(pictures, maps, maps[:5]),
        lambda: UnpairedData(pictures[:20], pictures[20:], 16, (np.arange(20) % 3,) * 2),
    ):
        used = make()
        used.batch(1, 0, 4)
        assert same(used.batch(1, 8, 4), make().batch(1, 8, 4))
        assert not same(used.batch(1, 8, 4), used.batch(2, 8, 4))


def test_every_second_picture_is_a_collage_of_its_map(pictures):
    maps = np.zeros(pictures.shape[:3], np.uint8)
    maps[:, : maps.shape[1] // 2] = 1
    flat = np.where(maps[..., None] == 1, np.uint8(200), np.uint8(50)).repeat(3, axis=-1)
    wide = np.zeros((5, *maps.shape[1:]), np.uint8)
    batch = CollagedData(flat, maps, wide).batch(0, 0, 8)
    for place in range(8):
        expected = torch.where(batch["label_map"][place] == 1, 200, 50)
        assert torch.equal(batch["images"][place, 0].long(), expected)
    assert not batch["label_map"][1::2].any()
    assert batch["label_map"][0::2].any()


def test_both_sides_of_a_pair_have_the_same_kind(pictures):
    kinds = np.arange(40) % 4
    marked = np.broadcast_to(kinds[:, None, None, None], pictures.shape).astype(np.uint8)
    data = UnpairedData(marked[:20], marked[20:39:2], 16, (kinds[:20], kinds[20:39:2]))
    batch = data.batch(0, 0, 20)  # of the other side's pictures only kinds 0 and 2 are there
    assert torch.equal(batch["a"][:, 0, 0, 0].long(), batch["kind"])
    even = batch["kind"] % 2 == 0
    assert torch.equal(batch["b"][even, 0, 0, 0].long(), batch["kind"][even])
    assert even.sum() == 10


def test_maps_are_mirrored_with_their_pictures(pictures):
    data = PictureData(pictures, label_maps=pictures[..., 0])
    batch = data.batch(0, 0, 8)
    assert torch.equal(batch["images"][:, 0].long(), batch["label_map"])


def test_a_roughened_map_is_alike_but_not_the_same_and_invents_no_label():
    random = np.random.RandomState(0)
    truth = np.zeros((64, 64), np.uint8)
    truth[30:], truth[40:, 20:40] = 6, 10
    truth[random.rand(64, 64) < 0.05] = 3
    rough = roughen(truth, random)
    assert rough.shape == truth.shape
    assert set(np.unique(rough)) <= {0, 3, 6, 10}
    assert 0.8 < (rough == truth).mean() < 1
    assert (rough == 3).mean() < (truth == 3).mean()


def test_shrinking_keeps_the_mean(pictures):
    small = shrink(pictures, 8)
    assert small.shape == (40, 8, 8, 3)
    assert abs(small.mean() - pictures.mean()) < 0.6
