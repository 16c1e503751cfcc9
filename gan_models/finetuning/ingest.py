"""Pictures to fine-tune on: taken in one by one, each with a verdict, cropped, never twice."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from gan_models.finetuning.archives import Budget, Exhausted, Item, Limits, harmless, open_items
from gan_models.media.images import grid, to_pil
from gan_models.media.likeness import SIDE_PX, Look, Seen, look_at
from gan_models.media.tensors import channels_first, to_float
from gan_models.paths import atomic_write
from gan_models.training.augment import diff_augment
from gan_models.training.data import Order, batch_random, random_part
from gan_models.training.optim import Batch

__all__ = ["Crop", "Limits", "Verdict", "harmless", "preview", "take_in"]

Crop = Literal["centre", "letterbox", "random"]
CROPS: tuple[str, ...] = get_args(Crop)
MIN_PICTURES, MAX_PICTURES = 10, 2000
MARK = "intake.json"
ROOM = 1.5  # for random crops: the shorter side, in sides of the crop
LONGEST = 2.0  # the longer side, in shorter ones
_SCRATCH = ".member"
_OURS = re.compile(r"\d{5}(\.\d+\.part)?\.png|intake(\.\d+\.part)?\.json|\.member")


@dataclass(frozen=True)
class Verdict:
    """What became of one picture, archive member or frame."""

    name: str  # harmless to show
    taken: bool
    reason: str  # empty if taken
    file: str | None  # in the folder, if taken


def take_in(
    sources: Sequence[Path],
    folder: Path,
    *,
    resolution: int,
    crop: Crop = "centre",
    limits: Limits = Limits(),  # noqa: B008 - frozen
    follow_links: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Verdict]:
    """Put all usable pictures into `folder` as 00000.png and so on, squares of `resolution`.

    A second call adds to the first one's. For "random" the whole picture is kept, somewhat larger,
    and cropped in training.

    Args:
        sources: pictures, zips of them, short videos and animations, folders.
        folder: made if need be; nothing outside is written.
        follow_links: whether links are read, among the sources and in folders; for sources that
            the user names on the machine itself, not for uploads.
        progress: told (sources done, sources in all).

    Raises:
        ValueError: no such crop.
        OSError: the folder cannot be written.
    """
    if crop not in CROPS:
        raise ValueError(f"There is no crop {crop!r}; choose from {', '.join(CROPS)}.")
    folder.mkdir(parents=True, exist_ok=True)
    files = list(_files_in(sources, follow_links))
    tray = Tray(folder, resolution, crop, limits)
    budget, verdicts = Budget(limits), []
    for done, source in enumerate(files):
        if progress is not None:
            progress(done, len(files))
        try:
            scratch = folder / _SCRATCH
            for item in open_items(source, scratch, budget, follow_links=follow_links):
                verdicts.append(tray.add(item))
        except Exhausted as error:
            rest = files[done:]
            verdicts += [Verdict(harmless(path.name), False, str(error), None) for path in rest]
            break
    tray.mark()
    if progress is not None:
        progress(len(files), len(files))
    return verdicts


def _files_in(sources: Sequence[Path], follow_links: bool) -> Iterator[Path]:
    """The files named and those in the folders named."""
    for source in map(Path, sources):
        if source.is_dir() and (follow_links or not source.is_symlink()):
            yield from sorted(_files_below(source, follow_links))
        else:
            yield source


def _files_below(folder: Path, follow_links: bool) -> Iterator[Path]:
    """The files in a folder and its folders, each folder once; no hidden ones."""
    seen = set()
    for where, folders, files in os.walk(folder, followlinks=follow_links):
        found = os.stat(where)
        if (found.st_dev, found.st_ino) in seen:  # a link leads back to it
            folders.clear()
            continue
        seen.add((found.st_dev, found.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(where, name) for name in files if not name.startswith(".")):
            if path.name != MARK and (path.is_symlink() or path.is_file()):
                yield path


class Tray:
    """A folder that pictures are put into, unless they are there already."""

    def __init__(self, folder: Path, resolution: int, crop: str, limits: Limits) -> None:
        self.folder, self.resolution, self.crop = folder, resolution, crop
        self.most = min(limits.num_pictures, MAX_PICTURES)
        self.digests: dict[bytes, str] = {}
        self.seen = Seen()
        self.names: list[str] = []
        for path in picture_files(folder):
            with Image.open(path) as picture:
                self._remember(picture.convert("RGB"), path.name)

    def add(self, item: Item) -> Verdict:
        """Crop and write a picture; or say why not."""
        if item.image is None:
            return Verdict(item.name, False, item.reason, None)
        if len(self.names) >= self.most:
            return Verdict(item.name, False, f"There are {self.most} pictures already.", None)
        picture = _opaque(item.image)
        if picture is None:
            return Verdict(item.name, False, "It is wholly transparent.", None)
        picture = crop_picture(picture, self.resolution, self.crop)
        twin = self._twin(picture)
        if twin is not None:
            return Verdict(item.name, False, f"It is the same picture as {twin}.", None)
        file = f"{len(self.names):05d}.png"
        atomic_write(self.folder / file, picture.save)
        self._remember(picture, item.name)
        return Verdict(item.name, True, "", file)

    def mark(self) -> None:
        """Write down how the folder's pictures were cropped."""
        text = json.dumps({"resolution": self.resolution, "crop": self.crop})
        atomic_write(self.folder / MARK, lambda path: path.write_text(text))

    def _remember(self, picture: Image.Image, name: str) -> None:
        self.digests[_digest(picture)] = name
        self.seen.add(self._look(picture))
        self.names.append(name)

    def _twin(self, picture: Image.Image) -> str | None:
        """The name of a picture that is the same, or all but the same."""
        exact = self.digests.get(_digest(picture))
        if exact is not None:
            return exact
        place = self.seen.find(self._look(picture))
        return None if place is None else self.names[place]

    def _look(self, picture: Image.Image) -> Look:
        return look_at(picture, max(16, min(SIDE_PX, self.resolution // 16 * 16)))


def _digest(picture: Image.Image) -> bytes:
    return hashlib.sha256(str(picture.size).encode() + picture.tobytes()).digest()


def _opaque(picture: Image.Image) -> Image.Image | None:
    """RGB on white; None where nothing can be seen."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    if picture.getchannel("A").getextrema()[1] == 0:
        return None
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def crop_picture(picture: Image.Image, resolution: int, crop: str) -> Image.Image:
    """A square of `resolution`; for "random" the whole picture, half as large again.

    Pictures longer than twice their width lose their ends there.
    """
    square = (resolution, resolution)
    if crop == "centre":
        return ImageOps.fit(picture, square, Image.Resampling.LANCZOS)
    if crop == "letterbox":
        return ImageOps.pad(picture, square, Image.Resampling.LANCZOS)
    side = round(resolution * ROOM)
    shape = [min(length / min(picture.size), LONGEST) for length in picture.size]
    size = (round(side * shape[0]), round(side * shape[1]))
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def picture_files(folder: Path) -> list[Path]:
    """What `take_in` wrote, in order."""
    return sorted(folder.glob("[0-9][0-9][0-9][0-9][0-9].png"))


def is_taken_in(folder: Path, resolution: int, crop: str) -> bool:
    """Whether `take_in` made the folder, for this size and crop."""
    try:
        mark = json.loads((folder / MARK).read_text())
    except (OSError, ValueError):
        return False
    return mark == {"resolution": resolution, "crop": crop}


def only_taken_in(folder: Path) -> bool:
    """Whether a folder holds nothing but what `take_in` writes, finished or not."""
    return all(path.is_file() and _OURS.fullmatch(path.name) for path in folder.iterdir())


def read_pictures(folder: Path) -> list[NDArray[np.uint8]]:
    """All pictures of a folder that `take_in` made, [H, W, 3] each."""
    pictures = []
    for path in picture_files(folder):
        with Image.open(path) as picture:
            pictures.append(np.asarray(picture.convert("RGB")))
    return pictures


class CropData:
    """Batches of squares: whole pictures, or each time another part of a larger one; mirrored.

    Args:
        pictures: [H, W, 3] uint8 each, no side shorter than `resolution`.
    """

    def __init__(
        self, pictures: Sequence[NDArray[np.uint8]], resolution: int, *, mirror: bool
    ) -> None:
        self.pictures, self.resolution, self.mirror = pictures, resolution, mirror
        self.order = Order(len(pictures), salt=4)

    def batch(self, seed: int, images_seen: int, size: int) -> Batch:
        """`images` [N, 3, resolution, resolution] uint8."""
        random = batch_random(seed, images_seen)
        index = self.order.after(seed, images_seen, size)
        parts = [
            random_part(self.pictures[i], self.resolution, random, mirror=self.mirror)
            for i in index
        ]
        return {"images": channels_first(np.stack(parts))}


def squares(pictures: Sequence[NDArray[np.uint8]], resolution: int) -> NDArray[np.uint8]:
    """The middle of each picture, [N, resolution, resolution, 3]: what measures compare with."""
    cropped = [crop_picture(Image.fromarray(p), resolution, "centre") for p in pictures]
    return np.stack([np.asarray(picture) for picture in cropped])


def preview(
    folder: Path,
    resolution: int,
    crop: Crop,
    augmentations: Sequence[str] = ("color", "translation", "cutout"),
    num: int = 16,
) -> tuple[Image.Image, Image.Image]:
    """Sheets of what the network will see: pictures as they are, and the same augmented.

    Args:
        folder: made by `take_in` with the same `resolution` and `crop`.

    Raises:
        ValueError: the folder holds no pictures, or no such augmentation.
    """
    files = picture_files(folder)
    if not files:
        raise ValueError("There are no pictures yet; upload some first.")
    chosen = [files[i] for i in np.unique(np.linspace(0, len(files) - 1, num).round().astype(int))]
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in chosen]
    data = CropData(pictures, resolution, mirror=False)
    batch = data.batch(0, 0, len(pictures))["images"]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        changed = diff_augment(to_float(batch), augmentations)
    return grid(to_pil(to_float(batch))), grid(to_pil(changed))
