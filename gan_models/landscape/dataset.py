"""Rendered scenes on disk: shards of plain uint8 arrays, written in parallel, memory-mapped."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np

from gan_models.landscape.render import render
from gan_models.landscape.scene import (
    BIOMES,
    CLASSES,
    LABELS,
    SEASONS,
    Camera,
    Scene,
    random_scene,
)

SHARD_SIZE = 250
PAIR_BIOMES = tuple(biome for biome in BIOMES if biome != "desert")  # deserts hardly change
_FORMAT = 1
_THREAD_SETTINGS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def pair_scene(seed: int, season: str) -> Scene:
    """The daylight scene of a seed in one season; the same place, hour and weather in all.

    The biome is one of `PAIR_BIOMES`, the hour between 9 and 15, and there is no fog.

    Raises:
        ValueError: the season is unknown or the seed out of range.
    """
    random = np.random.RandomState((seed ^ 0x2B1B) & 0xFFFFFFFF)
    biome = PAIR_BIOMES[random.randint(len(PAIR_BIOMES))]
    scene = random_scene(seed, f"{biome}-{season}")
    weather = "overcast" if scene.weather == "fog" else scene.weather
    return scene.with_(hour=float(random.uniform(9.0, 15.0)), weather=weather)


def render_dataset(
    folder: str | Path,
    num: int,
    resolution: int = 128,
    seed: int = 0,
    *,
    pair_season: str | None = None,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> LandscapeDataset:
    """Render scenes `seed` to `seed + num - 1` into shards under `folder`, and open them.

    Finished shards are reused, so that a repeated call continues after an interruption. With
    `pair_season` the scenes are `pair_scene(seed, pair_season)`: two folders with the same seeds
    and two seasons hold true pairs. `progress(done, num)` is called after each shard. With more
    than one of `processes`, call it under `if __name__ == "__main__"` in a script.

    Raises:
        ValueError: a number is out of range, the season unknown, or the folder holds another
            data set.
    """
    if num < 1 or processes < 1:
        raise ValueError(f"Cannot render {num} scenes in {processes} processes. Ask for 1 or more.")
    if pair_season is not None and pair_season not in SEASONS:
        raise ValueError(f"Unknown season {pair_season!r}. Choose one of: {', '.join(SEASONS)}.")
    random_scene(seed + num - 1)  # refuses seeds out of range at once
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    facts = {
        "format": _FORMAT,
        "num": num,
        "resolution": resolution,
        "seed": seed,
        "pair_season": pair_season,
        "shard_size": SHARD_SIZE,
        "labels": LABELS,
        "classes": CLASSES,
    }
    _claim(folder, facts)
    starts = range(0, num, SHARD_SIZE)
    missing = [start for start in starts if not _shard_paths(folder, start)[2].exists()]
    done = num - sum(min(SHARD_SIZE, num - start) for start in missing)
    work = partial(_render_shard, folder, facts)
    for count in _run(work, missing, processes):
        done += count
        if progress is not None:
            progress(done, num)
    return load_dataset(folder)


def _claim(folder: Path, facts: dict) -> None:
    """Write what the folder is for, or check that it is for the same."""
    path = folder / "dataset.json"
    text = json.dumps(facts, indent=1)
    if not path.exists():
        _write_atomically(path, lambda file: file.write(text.encode()))
    elif json.loads(path.read_text()) != json.loads(text):
        raise ValueError(f"{folder} holds another data set. Choose another folder or remove it.")


def _shard_paths(folder: Path, start: int) -> tuple[Path, Path, Path]:
    """Files of the shard that starts with scene `start`; the last exists once all do."""
    return (
        folder / f"images-{start:06d}.npy",
        folder / f"labels-{start:06d}.npy",
        folder / f"scenes-{start:06d}.json",
    )


def _write_atomically(path: Path, write: Callable) -> None:
    partial_path = path.with_name(f"{path.name}.part")
    with partial_path.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    partial_path.replace(path)


def _render_shard(folder: Path, facts: dict, start: int) -> int:
    """Render one shard; returns how many scenes it holds."""
    count = min(facts["shard_size"], facts["num"] - start)
    seeds = range(facts["seed"] + start, facts["seed"] + start + count)
    season = facts["pair_season"]
    scenes = [random_scene(s) if season is None else pair_scene(s, season) for s in seeds]
    renderings = [render(scene, facts["resolution"]) for scene in scenes]
    images_path, labels_path, scenes_path = _shard_paths(folder, start)
    images = np.stack([r.image for r in renderings])
    labels = np.stack([r.label_map for r in renderings])
    _write_atomically(images_path, lambda file: np.save(file, images))
    _write_atomically(labels_path, lambda file: np.save(file, labels))
    text = json.dumps([asdict(scene) for scene in scenes])
    _write_atomically(scenes_path, lambda file: file.write(text.encode()))
    return count


def _run(work: Callable[[int], int], starts: list[int], processes: int) -> Iterator[int]:
    """Results of `work` as they are ready; in this process if one is enough."""
    if processes == 1 or len(starts) < 2:
        yield from map(work, starts)
        return
    with (
        _single_threaded_children(),
        multiprocessing.get_context("spawn").Pool(min(processes, len(starts))) as pool,
    ):
        yield from pool.imap_unordered(work, starts)


@contextmanager
def _single_threaded_children() -> Iterator[None]:
    """Limit processes started within the block to one thread of arithmetic each."""
    before = {name: os.environ.get(name) for name in _THREAD_SETTINGS}
    os.environ.update(dict.fromkeys(_THREAD_SETTINGS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


class ShardedArray:
    """Arrays on disk joined along their first axis, indexed like one: `array[i]` or
    `array[[i, j, k]]` reads just those rows."""

    def __init__(self, paths: list[Path], shard_size: int) -> None:
        self._parts = [np.load(path, mmap_mode="r") for path in paths]
        self._shard_size = shard_size
        self.shape = (sum(map(len, self._parts)), *self._parts[0].shape[1:])
        self.dtype = self._parts[0].dtype

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: int | slice | list[int] | np.ndarray) -> np.ndarray:
        wanted = np.arange(len(self))[index]
        rows = np.empty((wanted.size, *self.shape[1:]), self.dtype)
        for k, i in enumerate(wanted.ravel().tolist()):
            rows[k] = self._parts[i // self._shard_size][i % self._shard_size]
        return rows.reshape(*wanted.shape, *self.shape[1:])


class LandscapeDataset:
    """A folder of rendered scenes, read from disk on access.

    `images` uint8 [N, H, W, 3] and `label_maps` uint8 [N, H, W] are indexed like arrays;
    `class_indices` int64 [N] index `CLASSES`, and `scenes` are the N scenes themselves.
    """

    def __init__(self, folder: Path, facts: dict, *, allow_unfinished: bool = False) -> None:
        self.folder = folder
        self.resolution: int = facts["resolution"]
        starts = range(0, facts["num"], facts["shard_size"])
        shards = [_shard_paths(folder, start) for start in starts]
        complete = [paths for paths in shards if paths[2].exists()]
        if not complete or (len(complete) < len(shards) and not allow_unfinished):
            raise ValueError(
                f"{folder} is unfinished: {len(complete)} of {len(shards)} shards are there. "
                "Call render_dataset again with the same arguments to finish it."
            )
        size = facts["shard_size"]
        self.images = ShardedArray([paths[0] for paths in complete], size)
        self.label_maps = ShardedArray([paths[1] for paths in complete], size)
        self.scenes = tuple(
            _read_scene(entry) for paths in complete for entry in json.loads(paths[2].read_text())
        )
        self.class_indices = np.array([scene.class_index for scene in self.scenes])

    def __len__(self) -> int:
        return len(self.scenes)


def _read_scene(entry: dict) -> Scene:
    return Scene(**{**entry, "camera": Camera(**entry["camera"])})


def load_dataset(folder: str | Path, *, allow_unfinished: bool = False) -> LandscapeDataset:
    """Open a data set of `render_dataset`; an unfinished one, if allowed, with its finished shards.

    Raises:
        ValueError: there is none at `folder`, or it is unfinished and that is not allowed, or
            no shard is finished.
    """
    path = Path(folder) / "dataset.json"
    if not path.exists():
        raise ValueError(f"{folder} holds no landscape data set. Make one with render_dataset.")
    facts = json.loads(path.read_text())
    return LandscapeDataset(Path(folder), facts, allow_unfinished=allow_unfinished)
