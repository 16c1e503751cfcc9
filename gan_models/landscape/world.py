"""The landscape world as training data: rendered once, stored under `GANVAS_HOME/data`."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_models.landscape import (
    BIOMES,
    PAIR_BIOMES,
    Scene,
    render,
    render_dataset,
    rough_label_map,
)
from gan_models.media.tensors import Pixels, channels_first, shrink
from gan_models.paths import ganvas_home

NUM_SCENES, NUM_HELD_OUT, NUM_BLOBS = 5_000, 500, 2_000
NUM_DETAILED = 2_000  # of the same scenes, rendered at 256 px
HELD_OUT_SEED = 1_000_000  # first of the scenes that are never trained on
UNSEEN_SEED = 3_000_000
NUM_PAIRS, PAIRS_SEED = 200, 2_000_000  # never trained on
BLOB_SEED, HELD_OUT_BLOB_SEED = 0, 1_000_000


def is_seasonal(scene: Scene, season: str) -> bool:
    """Whether a scene is of the kind that `pair_scene` makes, in a season."""
    by_day = 9.0 <= scene.hour <= 15.0 and scene.weather != "fog"
    return scene.season == season and by_day and scene.biome in PAIR_BIOMES


@dataclass(frozen=True)
class Scenes:
    """Pictures with their label maps, classes and scenes."""

    pixels: Pixels  # [N, H, W, 3]
    label_maps: NDArray[np.uint8]  # [N, H, W]
    class_index: NDArray[np.int64]  # [N]
    scenes: tuple[Scene, ...]

    @property
    def biome_index(self) -> NDArray[np.int64]:
        """The index of each biome in `BIOMES` [N]."""
        return np.array([BIOMES.index(scene.biome) for scene in self.scenes])

    def only(self, wanted: Callable[[Scene], bool]) -> Scenes:
        """The scenes for which `wanted` is true."""
        chosen = [i for i, scene in enumerate(self.scenes) if wanted(scene)]
        return Scenes(
            self.pixels[chosen],
            self.label_maps[chosen],
            self.class_index[chosen],
            tuple(self.scenes[i] for i in chosen),
        )


class World:
    """Opens collections of scenes; those that do not exist yet are rendered.

    Args:
        resolution: of the returned pictures, at most `rendered_px`.
        rendered_px: of the pictures on disk.
        report: called with a message on what is being rendered.
    """

    def __init__(
        self,
        resolution: int,
        rendered_px: int,
        report: Callable[[str], None] | None = None,
    ) -> None:
        self.resolution, self.rendered_px, self.report = resolution, rendered_px, report

    def training(self) -> Scenes:
        """The scenes to train on."""
        return self._open(f"landscapes-{self.rendered_px}", NUM_SCENES, 0)

    def detailed(self) -> Scenes:
        """Fewer scenes to train on, for rendering at 256 px."""
        return self._open(f"details-{self.rendered_px}", NUM_DETAILED, 0)

    def held_out(self) -> Scenes:
        """Scenes to measure on."""
        return self._open(f"held-out-{self.rendered_px}", NUM_HELD_OUT, HELD_OUT_SEED)

    def unseen(self, num: int) -> Scenes:
        """`num` scenes that are never trained on, for measures on thousands of pictures.

        More than `NUM_HELD_OUT` are rendered the first time.
        """
        if num <= NUM_HELD_OUT:
            return self.held_out()
        return self._open(f"unseen-{self.rendered_px}-{num}", num, UNSEEN_SEED)

    def season(self, season: str) -> Scenes:
        """Scenes of one season to train on, by day, without fog or desert.

        Every scene has one season, so no scene occurs in two of them.
        """
        return self.training().only(lambda scene: is_seasonal(scene, season))

    def season_pairs(self, seasons: tuple[str, str]) -> tuple[Pixels, Pixels]:
        """The same held-out scenes in two seasons."""
        folder = f"season-pairs-{self.rendered_px}"
        a, b = (
            self._open(f"{folder}/{season}", NUM_PAIRS, PAIRS_SEED, season).pixels
            for season in seasons
        )
        return a, b

    def relit(self, num: int) -> Pixels:
        """The first held-out scenes, each in the season, hour and weather of the one before it."""
        scenes = self.held_out().scenes[:num]
        lights = scenes[-1:] + scenes[:-1]
        pictures = []
        for done, (scene, light) in enumerate(zip(scenes, lights, strict=True), 1):
            changed = scene.with_(season=light.season, hour=light.hour, weather=light.weather)
            pictures.append(render(changed, self.rendered_px).image)
            if done % 50 == 0 or done == len(scenes):
                self._report("relit", done, len(scenes))
        return shrink(np.stack(pictures), self.resolution)

    def held_out_batch(self) -> dict[str, Tensor]:
        """Held-out pictures, label maps, classes and blob maps as tensors."""
        scenes = self.held_out()
        return {
            "images": channels_first(scenes.pixels),
            "label_map": torch.from_numpy(scenes.label_maps.astype(np.int64)),
            "class_index": torch.from_numpy(scenes.class_index),
            "blob_map": torch.from_numpy(
                self.blobs(HELD_OUT_BLOB_SEED, len(scenes.pixels)).astype(np.int64)
            ),
        }

    def blobs(self, seed: int = BLOB_SEED, num: int = NUM_BLOBS) -> NDArray[np.uint8]:
        """Label maps similar to hand-painted ones, without pictures."""
        return np.stack([rough_label_map(seed + i, self.resolution) for i in range(num)])

    def _open(self, name: str, num: int, seed: int, season: str | None = None) -> Scenes:
        folder = ganvas_home() / "data" / name
        dataset = render_dataset(
            folder,
            num,
            self.rendered_px,
            seed,
            pair_season=season,
            processes=os.cpu_count() or 1,
            progress=lambda done, total: self._report(name, done, total),
        )
        pixels, label_maps = dataset.images[:], dataset.label_maps[:]
        if self.resolution != self.rendered_px:
            step = self.rendered_px // self.resolution
            pixels, label_maps = shrink(pixels, self.resolution), label_maps[:, ::step, ::step]
        classes = np.asarray(dataset.class_indices, np.int64)
        return Scenes(pixels, label_maps, classes, dataset.scenes)

    def _report(self, name: str, done: int, total: int) -> None:
        if self.report is not None:
            self.report(f"Rendered {done} of {total} scenes of {name!r}.")
