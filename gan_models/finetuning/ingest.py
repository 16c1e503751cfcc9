"""Ingest pictures to fine-tune on: checked one by one, cropped, without duplicates."""

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

from gan_models.finetuning.archives import Budget, Exhausted, Item, Limits, displayable, open_items
from gan_models.media.images import grid, to_pil
from gan_models.media.likeness import SIDE_PX, Fingerprint, FingerprintIndex, fingerprint
from gan_models.media.tensors import channels_first, to_float
from gan_models.paths import atomic_write
from gan_models.training.augment import diff_augment
from gan_models.training.data import Order, batch_random, random_part
from gan_models.training.optim import Batch

__all__ = ["Crop", "Limits", "Verdict", "ingest_pictures", "preview"]

Crop = Literal["centre", "letterbox", "random"]
CROPS: tuple[str, ...] = get_args(Crop)
MIN_PICTURES, MAX_PICTURES = 10, 2000
MARK = "intake.json"
CROP_MARGIN = 1.5  # for random crops: the shorter side, in sides of the crop
MAX_ASPECT = 2.0  # longer side / shorter side
_SCRATCH = ".member"
_INGESTED = re.compile(r"\d{5}(\.\d+\.part)?\.png|intake(\.\d+\.part)?\.json|\.member")


@dataclass(frozen=True)
class Verdict:
    """Whether one picture, archive member or frame was accepted, and why not."""

    name: str  # safe to display
    taken: bool  # accepted
    reason: str  # of a refusal; empty if accepted
    file: str | None  # name in the folder, if accepted


def ingest_pictures(
    sources: Sequence[Path],
    folder: Path,
    *,
    resolution: int,
    crop: Crop = "centre",
    limits: Limits = Limits(),  # noqa: B008 - frozen
    follow_links: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> list[Verdict]:
    """Write all usable pictures to `folder` as 00000.png and so on, squares of `resolution`.

    A second call adds to the pictures of the first. With the crop "random" whole pictures are
    stored, somewhat larger, and cropped in training.

    Args:
        sources: pictures, zips of them, short videos and animations, folders.
        folder: made if needed; nothing is written outside it.
        follow_links: whether links are followed, among the sources and in folders; for sources
            that the user names on this machine, not for uploads.
        progress: called with (sources done, sources in all).

    Raises:
        ValueError: no such crop.
        OSError: the folder cannot be written.
    """
    if crop not in CROPS:
        raise ValueError(f"There is no crop {crop!r}; choose from {', '.join(CROPS)}.")
    folder.mkdir(parents=True, exist_ok=True)
    files = list(_files_in(sources, follow_links))
    pictures = PictureFolder(folder, resolution, crop, limits)
    budget, verdicts = Budget(limits), []
    for done, source in enumerate(files):
        if progress is not None:
            progress(done, len(files))
        try:
            scratch = folder / _SCRATCH
            for item in open_items(source, scratch, budget, follow_links=follow_links):
                verdicts.append(pictures.add(item))
        except Exhausted as error:
            rest = files[done:]
            verdicts += [Verdict(displayable(path.name), False, str(error), None) for path in rest]
            break
    pictures.write_mark()
    if progress is not None:
        progress(len(files), len(files))
    return verdicts


def _files_in(sources: Sequence[Path], follow_links: bool) -> Iterator[Path]:
    """The given files and those in the given folders."""
    for source in map(Path, sources):
        if source.is_dir() and (follow_links or not source.is_symlink()):
            yield from sorted(_files_below(source, follow_links))
        else:
            yield source


def _files_below(folder: Path, follow_links: bool) -> Iterator[Path]:
    """All files below a folder, each subfolder once; no hidden ones."""
    seen = set()
    for where, folders, files in os.walk(folder, followlinks=follow_links):
        found = os.stat(where)
        if (found.st_dev, found.st_ino) in seen:  # a link back to it
            folders.clear()
            continue
        seen.add((found.st_dev, found.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for path in (Path(where, name) for name in files if not name.startswith(".")):
            if path.name != MARK and (path.is_symlink() or path.is_file()):
                yield path


class PictureFolder:
    """A folder of ingested pictures, without duplicates."""

    def __init__(self, folder: Path, resolution: int, crop: Crop, limits: Limits) -> None:
        self.folder, self.resolution = folder, resolution
        self.crop: Crop = crop
        self.most = min(limits.num_pictures, MAX_PICTURES)
        self.digests: dict[bytes, str] = {}
        self.seen = FingerprintIndex()
        self.names: list[str] = []
        for path in picture_files(folder):
            with Image.open(path) as picture:
                self._remember(picture.convert("RGB"), path.name)

    def add(self, item: Item) -> Verdict:
        """Crop and write a picture, or refuse it with a reason."""
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

    def write_mark(self) -> None:
        """Write the file that states size and crop of the folder's pictures."""
        text = json.dumps({"resolution": self.resolution, "crop": self.crop})
        atomic_write(self.folder / MARK, lambda path: path.write_text(text))

    def _remember(self, picture: Image.Image, name: str) -> None:
        self.digests[_digest(picture)] = name
        self.seen.add(self._look(picture))
        self.names.append(name)

    def _twin(self, picture: Image.Image) -> str | None:
        """The name of a picture in the folder that is the same or nearly the same."""
        exact = self.digests.get(_digest(picture))
        if exact is not None:
            return exact
        place = self.seen.find(self._look(picture))
        return None if place is None else self.names[place]

    def _look(self, picture: Image.Image) -> Fingerprint:
        return fingerprint(picture, max(16, min(SIDE_PX, self.resolution // 16 * 16)))


def _digest(picture: Image.Image) -> bytes:
    return hashlib.sha256(str(picture.size).encode() + picture.tobytes()).digest()


def _opaque(picture: Image.Image) -> Image.Image | None:
    """RGB on white; None if the picture is fully transparent."""
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    if picture.getchannel("A").getextrema()[1] == 0:
        return None
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture).convert("RGB")


def crop_picture(picture: Image.Image, resolution: int, crop: Crop) -> Image.Image:
    """A square of `resolution`; for "random" the whole picture, `CROP_MARGIN` times as large.

    There pictures longer than `MAX_ASPECT` times their width are cut to that.
    """
    square = (resolution, resolution)
    if crop == "centre":
        return ImageOps.fit(picture, square, Image.Resampling.LANCZOS)
    if crop == "letterbox":
        return ImageOps.pad(picture, square, Image.Resampling.LANCZOS)
    side = round(resolution * CROP_MARGIN)
    shape = [min(length / min(picture.size), MAX_ASPECT) for length in picture.size]
    size = (round(side * shape[0]), round(side * shape[1]))
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)


def picture_files(folder: Path) -> list[Path]:
    """The files that `ingest_pictures` wrote, in order."""
    return sorted(folder.glob("[0-9][0-9][0-9][0-9][0-9].png"))


def is_ingested(folder: Path, resolution: int, crop: Crop) -> bool:
    """Whether `ingest_pictures` made the folder, for this size and crop."""
    try:
        mark = json.loads((folder / MARK).read_text())
    except (OSError, ValueError):
        return False
    return mark == {"resolution": resolution, "crop": crop}


def holds_only_ingested(folder: Path) -> bool:
    """Whether a folder holds only files that `ingest_pictures` writes, finished or not."""
    return all(path.is_file() and _INGESTED.fullmatch(path.name) for path in folder.iterdir())


def read_pictures(folder: Path) -> list[NDArray[np.uint8]]:
    """All pictures of a folder that `ingest_pictures` made, [H, W, 3] each."""
    pictures = []
    for path in picture_files(folder):
        with Image.open(path) as picture:
            pictures.append(np.asarray(picture.convert("RGB")))
    return pictures


class CropData:
    """Batches of squares, mirrored at random: whole pictures, or random parts of larger ones.

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
    """The middle of each picture, [N, resolution, resolution, 3], as reference for measures."""
    cropped = [crop_picture(Image.fromarray(p), resolution, "centre") for p in pictures]
    return np.stack([np.asarray(picture) for picture in cropped])


def preview(
    folder: Path,
    resolution: int,
    crop: Crop,
    augmentations: Sequence[str] = ("color", "translation", "cutout"),
    num: int = 16,
) -> tuple[Image.Image, Image.Image]:
    """Sheets of the training pictures, plain and augmented.

    Args:
        folder: made by `ingest_pictures` with the same `resolution` and `crop`.

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
