"""Batches for the trainers, determined by the seed and the number of examples seen.

So a resumed run gets the same batches as an uninterrupted one, and stores no position.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from gan_models.landscape.collage import Collage
from gan_models.landscape.roughen import roughen
from gan_models.media.tensors import Pixels, channels_first
from gan_models.training.optim import Batch


class Order:
    """The order of the examples: every epoch has each of them once, in a new random order."""

    def __init__(self, num_examples: int, salt: int = 0) -> None:
        if num_examples < 1:
            raise ValueError("There are no pictures to train on; render or choose some first.")
        self.num_examples, self.salt = num_examples, salt
        self._epoch, self._order = (-1, -1), np.zeros(0, np.int64)

    def after(self, seed: int, seen: int, size: int) -> NDArray[np.int64]:
        """The indices of the next `size` examples after `seen` examples."""
        return np.array([self._at(seed, seen + offset) for offset in range(size)])

    def _at(self, seed: int, position: int) -> int:
        epoch = (seed, position // self.num_examples)
        if epoch != self._epoch:
            random = np.random.RandomState([seed, self.salt, epoch[1]])
            self._epoch, self._order = epoch, random.permutation(self.num_examples)
        return int(self._order[position % self.num_examples])


def batch_random(seed: int, seen: int) -> np.random.RandomState:
    """The random stream for crops and flips of the next batch after `seen` examples."""
    return np.random.RandomState([seed, 7, seen])


def random_part(
    picture: Pixels, side_px: int, random: np.random.RandomState, *, mirror: bool = True
) -> Pixels:
    """A random square of a picture [H, W, 3], of side `side_px` or more, resized to `side_px`."""
    height, width = picture.shape[:2]
    side = random.randint(side_px, min(height, width) + 1)
    top, left = random.randint(height - side + 1), random.randint(width - side + 1)
    part = picture[top : top + side, left : left + side]
    if side != side_px:
        square = Image.fromarray(part).resize((side_px, side_px), Image.Resampling.BILINEAR)
        part = np.asarray(square)
    return part[:, ::-1] if mirror and random.rand() < 0.5 else part


class PictureData:
    """Pictures, mirrored at random, with classes or label maps if there are any.

    Args:
        pixels: [N, H, W, 3] uint8.
        class_index: [N], or None.
        label_maps: [N, H, W], or None; mirrored with the pictures.
    """

    def __init__(
        self,
        pixels: Pixels,
        class_index: NDArray | None = None,
        label_maps: NDArray | None = None,
        *,
        mirror: bool = True,
    ) -> None:
        self.pixels, self.class_index, self.label_maps = pixels, class_index, label_maps
        self.mirror, self.order = mirror, Order(len(pixels))

    def batch(self, seed: int, images_seen: int, size: int) -> Batch:
        """`images` [N, 3, H, W] uint8; `class_index` and `label_map` if there are any."""
        index = self.order.after(seed, images_seen, size)
        flip = batch_random(seed, images_seen).rand(size) < (0.5 if self.mirror else 0.0)
        batch = {"images": channels_first(_mirrored(self.pixels[index], flip))}
        if self.class_index is not None:
            batch["class_index"] = torch.from_numpy(self.class_index[index].astype(np.int64))
        if self.label_maps is not None:
            labels = _mirrored(self.label_maps[index], flip)
            batch["label_map"] = torch.from_numpy(labels.astype(np.int64))
        return batch


def _mirrored(arrays: NDArray, flip: NDArray[np.bool_]) -> NDArray:
    arrays = arrays.copy()
    arrays[flip] = arrays[flip, :, ::-1]
    return arrays


FIELD_SHARE = 0.3  # of the blob maps: filled with one label


class RoughPairData(PictureData):
    """Pictures and label maps, a share of the maps roughened like hand-painted ones.

    Args:
        blobs: [M, H, W] maps unlike those of scenes; every batch has as many as pictures, each with
            a collage of the scenes' textures.
        rough_share: share of the true maps that is roughened.
    """

    def __init__(
        self, pixels: Pixels, label_maps: NDArray, blobs: NDArray, rough_share: float = 0.5
    ) -> None:
        super().__init__(pixels, None, label_maps)
        self.blobs, self.rough_share = blobs, rough_share
        self.blob_order = Order(len(blobs), salt=1)
        self.collage = Collage(pixels, label_maps)

    def batch(self, seed: int, images_seen: int, size: int) -> Batch:
        """The parent's batch, and the unroughened `true_map`, `blob_map`, `blob_images`."""
        batch = super().batch(seed, images_seen, size)
        random = np.random.RandomState([seed, 11, images_seen])
        rough = random.rand(size) < self.rough_share
        batch["true_map"] = batch["label_map"].clone()
        labels = batch["label_map"].numpy()
        for i in np.flatnonzero(rough):
            labels[i] = roughen(labels[i], random)
        index = self.blob_order.after(seed, images_seen, size)
        blobs = self.blobs[index]
        fields = random.rand(size) < FIELD_SHARE
        blobs = np.where(fields[:, None, None], _one_label(blobs, random), blobs)
        batch["blob_map"] = torch.from_numpy(blobs.astype(np.int64))
        collages = np.stack([self.collage.fill(blob, random) for blob in blobs])
        batch["blob_images"] = channels_first(collages)
        return batch


def _one_label(label_maps: NDArray, random: np.random.RandomState) -> NDArray:
    """A random label [M, 1, 1] for each map, uniform over those that occur in any of them."""
    labels = random.choice(np.unique(label_maps), len(label_maps))
    return labels[:, None, None].astype(label_maps.dtype)


class CollagedData(PictureData):
    """Pictures and label maps; every second pair is a collage with labels in unusual places.

    Args:
        blobs: [M, H, W] maps to fill.
    """

    def __init__(self, pixels: Pixels, label_maps: NDArray, blobs: NDArray) -> None:
        super().__init__(pixels, None, label_maps)
        self.blobs, self.blob_order = blobs, Order(len(blobs), salt=1)
        self.collage = Collage(pixels, label_maps)

    def batch(self, seed: int, images_seen: int, size: int) -> Batch:
        """`images` and `label_map`, as in the parent."""
        batch = super().batch(seed, images_seen, size)
        random = np.random.RandomState([seed, 13, images_seen])
        blobs = self.blobs[self.blob_order.after(seed, images_seen, size)[1::2]]
        if len(blobs):
            collages = np.stack([self.collage.fill(blob, random) for blob in blobs])
            batch["images"][1::2] = channels_first(collages)
            batch["label_map"][1::2] = torch.from_numpy(blobs.astype(np.int64))
        return batch


class UnpairedData:
    """Two collections of unpaired pictures; random parts of them, mirrored at random.

    A part may be the whole picture, shrunk: only the whole distinguishes a sea from a lake.

    Args:
        pixels_a: [N, H, W, 3] uint8, each sampled equally often.
        pixels_b: [M, H, W, 3] uint8.
        crop_px: side of the parts; larger ones are shrunk to it.
        kinds: the kind of scene of each picture [N], [M]; each of `pixels_a` is combined with one
            of `pixels_b` of the same kind, or with any if there is none.
    """

    def __init__(
        self, pixels_a: Pixels, pixels_b: Pixels, crop_px: int, kinds: tuple[NDArray, NDArray]
    ) -> None:
        if min(*pixels_a.shape[1:3], *pixels_b.shape[1:3]) < crop_px:
            raise ValueError(f"The pictures are smaller than the crop of {crop_px} px.")
        self.sides = {"a": pixels_a, "b": pixels_b}
        self.order, self.kinds, self.crop_px = Order(len(pixels_a), salt=2), kinds, crop_px
        self.of_kind = {kind: np.flatnonzero(kinds[1] == kind) for kind in np.unique(kinds[1])}

    def batch(self, seed: int, images_seen: int, size: int) -> Batch:
        """`a` and `b`, each [N, 3, crop, crop] uint8, and `kind` [N], that of `a`."""
        random = batch_random(seed, images_seen)
        index = {"a": self.order.after(seed, images_seen, size)}
        kinds = self.kinds[0][index["a"]]
        anything = np.arange(len(self.sides["b"]))
        chosen = [random.choice(self.of_kind.get(kind, anything)) for kind in kinds]
        index["b"] = np.array(chosen, np.int64)
        batch = {"kind": torch.from_numpy(kinds.astype(np.int64))}
        for side, pixels in self.sides.items():
            crops = [random_part(pixels[i], self.crop_px, random) for i in index[side]]
            batch[side] = channels_first(np.stack(crops))
        return batch


class UpscalerData:
    """Parts of large pictures with their label maps, and parts of small generated pictures.

    Args:
        pixels: [N, H, W, 3] uint8, with `label_maps` [N, H, W].
        made: [M, H / factor, W / factor, 3] uint8, generated.
        crop_px: side of the parts of the large pictures.
        factor: how much larger the large ones are.
    """

    def __init__(
        self, pixels: Pixels, label_maps: NDArray, made: Pixels, crop_px: int, factor: int
    ) -> None:
        if min(pixels.shape[1:3]) < crop_px:
            raise ValueError(f"The pictures are smaller than the crop of {crop_px} px.")
        self.pixels, self.label_maps, self.made = pixels, label_maps, made
        self.crop_px, self.factor = crop_px, factor
        self.order, self.made_order = Order(len(pixels)), Order(len(made), salt=3)

    def batch(self, seed: int, images_seen: int, size: int) -> Batch:
        """`large` [N, 3, crop, crop] uint8, `label_map` [N, crop, crop], and as many `made`."""
        random = batch_random(seed, images_seen)
        large, maps, made = [], [], []
        for index in self.order.after(seed, images_seen, size):
            part = self._part(self.pixels.shape[1:3], self.crop_px, self.factor, random)
            large.append(self.pixels[index][part])
            maps.append(self.label_maps[index][part])
        for index in self.made_order.after(seed, images_seen, size):
            part = self._part(self.made.shape[1:3], self.crop_px // self.factor, 1, random)
            made.append(self.made[index][part])
        return {
            "large": channels_first(np.stack(large)),
            "label_map": torch.from_numpy(np.stack(maps).astype(np.int64)),
            "made": channels_first(np.stack(made)),
        }

    @staticmethod
    def _part(
        size: tuple[int, int], side: int, step: int, random: np.random.RandomState
    ) -> tuple[slice, slice]:
        """A random square at a multiple of `step`, mirrored with probability 0.5."""
        top, left = (step * random.randint((length - side) // step + 1) for length in size)
        if random.rand() < 0.5:
            return slice(top, top + side), slice(left, left + side)
        return slice(top, top + side), slice(left + side - 1, left - 1 if left else None, -1)
