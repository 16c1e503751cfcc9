"""Pictures for label maps that no scene has: every region filled with its label's own texture.

In scenes a hill is a band on the horizon; a visitor paints it over half the canvas. A painter that
only ever saw bands has no idea of such a field, and answers it with stripes.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from gan_models.training.pictures import Pixels

WINDOWS = ((48, 64), (32, 48), (24, 32), (16, 32), (12, 24), (8, 16))  # px, best first
PURITY = 0.97  # share of a window that has its label
NUM_SCENES = 400  # searched for textures

Textures = dict[int, Pixels]  # by label, [h, w, 3] uint8


class Collage:
    """Fills label maps with textures cut out of scenes.

    Args:
        pixels: [N, H, W, 3] uint8.
        label_maps: [N, H, W], as large.
    """

    def __init__(self, pixels: Pixels, label_maps: NDArray) -> None:
        scenes = zip(pixels[:NUM_SCENES], label_maps[:NUM_SCENES], strict=True)
        found = [textures_of(*scene) for scene in scenes]
        self.scenes = [textures for textures in found if textures]
        labels = {label for textures in self.scenes for label in textures}
        self.holders = {  # scenes by label
            label: [k for k, textures in enumerate(self.scenes) if label in textures]
            for label in labels
        }

    def fill(self, label_map: NDArray, random: np.random.RandomState) -> Pixels:
        """A picture [H, W, 3] uint8 of a map [H, W]: one scene's textures as far as it has them.

        A label that no scene shows widely enough is left grey.
        """
        picture = np.full((*label_map.shape, 3), 128, np.uint8)
        if not self.scenes:
            return picture
        own = self.scenes[random.randint(len(self.scenes))]
        for label in np.unique(label_map):
            texture = own.get(int(label))
            if texture is None and (holders := self.holders.get(int(label))):
                texture = self.scenes[holders[random.randint(len(holders))]][int(label)]
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
