"""Collages for label maps unlike those of scenes: every region filled with a texture of its label.

In scenes a hill is a band on the horizon; visitors paint it over half the canvas. A generator that
was only trained on bands paints stripes there.
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
    """Fills label maps with textures from scenes.

    Args:
        pixels: [N, H, W, 3] uint8.
        label_maps: [N, H, W].
    """

    def __init__(self, pixels: Pixels, label_maps: NDArray) -> None:
        found = [textures_of(*scene) for scene in zip(pixels, label_maps, strict=True)]
        self.scenes = [textures for textures in found if textures]
        labels = {label for textures in self.scenes for label in textures}
        self.sources = {label: self._sources(label) for label in labels}

    def _sources(self, label: int) -> tuple[list[int], NDArray]:
        """The scenes with a texture of a label, and their probabilities, by size of the texture."""
        scenes = [k for k, textures in enumerate(self.scenes) if label in textures]
        sides = np.sqrt([self.scenes[k][label][..., 0].size for k in scenes])
        return scenes, sides / sides.sum()

    def _draw(self, label: int, random: np.random.RandomState) -> Textures:
        """The textures of a random scene with a label; empty if there is none."""
        if label not in self.sources:
            return {}
        scenes, shares = self.sources[label]
        return self.scenes[random.choice(scenes, p=shares)]

    def fill(self, label_map: NDArray, random: np.random.RandomState) -> Pixels:
        """A picture [H, W, 3] uint8 of a map [H, W].

        The textures are those of one scene with the most frequent label; for labels which that
        lacks, of others. A label without any texture is left grey.
        """
        picture = np.full((*label_map.shape, 3), 128, np.uint8)
        labels, areas = np.unique(label_map, return_counts=True)
        main = self._draw(int(labels[areas.argmax()]), random)
        for label in labels.tolist():
            texture = main.get(label)
            if texture is None:
                texture = self._draw(label, random).get(label)
            if texture is not None:
                region = label_map == label
                picture[region] = _tiled(texture, label_map.shape, random)[region]
        return picture


def textures_of(picture: Pixels, label_map: NDArray) -> Textures:
    """The largest window of each label in a scene, for labels that fill one."""
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
    """A texture repeated over a whole picture, mirrored at its borders, at a random offset."""
    mirrored = np.concatenate([texture, texture[::-1]])
    mirrored = np.concatenate([mirrored, mirrored[:, ::-1]], axis=1)
    rows, columns = (
        (np.arange(length) + random.randint(period)) % period
        for length, period in zip(shape, mirrored.shape, strict=False)
    )
    return mirrored[rows[:, None], columns]
