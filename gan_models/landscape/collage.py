"""Pictures for label maps that no scene has: every region filled with its label's own texture.

In scenes a hill is a band on the horizon; a visitor paints it over half the canvas. A painter that
only ever saw bands has no idea of such a field, and answers it with stripes.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from gan_models.media.tensors import Pixels

WINDOWS = ((48, 64), (32, 48), (24, 32), (16, 32), (12, 24), (8, 16))  # px, best first
PURITY = 0.97  # share of a window that has its label

Textures = dict[int, Pixels]  # by label, [h, w, 3] uint8


class Collage:
    """Fills label maps with textures cut out of scenes.

    Args:
        pixels: [N, H, W, 3] uint8.
        label_maps: [N, H, W], as large.
    """

    def __init__(self, pixels: Pixels, label_maps: NDArray) -> None:
        found = [textures_of(*scene) for scene in zip(pixels, label_maps, strict=True)]
        self.scenes = [textures for textures in found if textures]
        labels = {label for textures in self.scenes for label in textures}
        self.holders = {label: self._holders(label) for label in labels}

    def _holders(self, label: int) -> tuple[list[int], NDArray]:
        """The scenes that show a label, and how often each is to be used: wide windows more."""
        scenes = [k for k, textures in enumerate(self.scenes) if label in textures]
        sides = np.sqrt([self.scenes[k][label][..., 0].size for k in scenes])
        return scenes, sides / sides.sum()

    def _draw(self, label: int, random: np.random.RandomState) -> Textures:
        """One of the scenes that show a label; nothing where none does."""
        if label not in self.holders:
            return {}
        scenes, shares = self.holders[label]
        return self.scenes[random.choice(scenes, p=shares)]

    def fill(self, label_map: NDArray, random: np.random.RandomState) -> Pixels:
        """A picture [H, W, 3] uint8 of a map [H, W], filled as one scene fills it, as far as it has
        the labels; it has the one that covers most, if any scene shows that.

        A label that no scene shows widely enough is left grey.
        """
        picture = np.full((*label_map.shape, 3), 128, np.uint8)
        labels, areas = np.unique(label_map, return_counts=True)
        own = self._draw(int(labels[areas.argmax()]), random)
        for label in labels.tolist():
            texture = own.get(label)
            if texture is None:
                texture = self._draw(label, random).get(label)
            if texture is not None:
                region = label_map == label
                picture[region] = _tiled(texture, label_map.shape, random)[region]
        return picture


def textures_of(picture: Pixels, label_map: NDArray) -> Textures:
    """The largest window of each label in a scene, for labels that fill any."""
    found = {int(label): _cut(picture, label_map == label) for label in np.unique(label_map)}
    return {label: texture for label, texture in found.items() if texture is not None}


def _cut(picture: Pixels, region: NDArray[np.bool_]) -> Pixels | None:
    sums = np.pad(region.cumsum(0, dtype=np.int32).cumsum(1), ((1, 0), (1, 0)))
    for height, width in _fitting(region.shape):
        inside = sums[height:, width:] - sums[:-height, width:]
        inside = inside - sums[height:, :-width] + sums[:-height, :-width]
        top, left = np.unravel_index(inside.argmax(), inside.shape)
        if inside[top, left] >= PURITY * height * width:
            return picture[top : top + height, left : left + width].copy()
    return None


def _fitting(shape: tuple[int, ...]) -> Iterable[tuple[int, int]]:
    return (window for window in WINDOWS if window[0] <= shape[0] and window[1] <= shape[1])


def _tiled(texture: Pixels, shape: tuple[int, ...], random: np.random.RandomState) -> Pixels:
    """A texture over a whole picture, mirrored at its borders, from a random beginning."""
    mirrored = np.concatenate([texture, texture[::-1]])
    mirrored = np.concatenate([mirrored, mirrored[:, ::-1]], axis=1)
    rows, columns = (
        (np.arange(length) + random.randint(period)) % period
        for length, period in zip(shape, mirrored.shape, strict=False)
    )
    return mirrored[rows[:, None], columns]
