"""Networks that enlarge and mend: a picture of any size in, up to four times the size out."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image
from torch import nn

from gan_models import images as pictures
from gan_models import photos
from gan_models.pipelines.base import BasePipeline
from gan_models.pipelines.enlarging import LANCZOS_REACH, Canvas, Tile, cut, enlarge_pixels
from gan_models.zoo import ModelSpec

MAX_ENLARGED_MEGAPIXELS = 256  # of a result
TILE_PX = {"rrdbnet": 256, "srvgg": 384}  # side of what is computed at once
RRDBNET_MARGIN_PX = 24
PROBE_SECONDS = 0.2
PREVIEW_SECONDS = 0.6
PREVIEW_PX = (24, 192)


class EnlargeCancelled(RuntimeError):  # noqa: N818  (not a fault: the user's own wish)
    """The caller wanted no more of an enlargement."""


@dataclass(frozen=True)
class EnlargeProgress:
    """How far an enlargement is."""

    fraction: float  # 0 to 1
    seconds_left: float  # on this machine, as far as it is known

    def sentence(self) -> str:
        """For people: "37 %, about 20 s left"."""
        return f"{100 * self.fraction:.0f} %, {duration(self.seconds_left)} left"


@dataclass(frozen=True)
class EnlargePlan:
    """What an enlargement comes to, before it begins."""

    in_size: tuple[int, int]
    size: tuple[int, int]
    num_frames: int
    seconds: float  # estimated, of all frames

    def sentence(self) -> str:
        """For people: what becomes of the picture, and how long it takes here."""
        (width, height), (wide, high) = self.in_size, self.size
        what = f"{width}x{height} becomes {wide}x{high}, {wide * high / 1e6:.1f} megapixels"
        frames = f", {self.num_frames} pictures" if self.num_frames > 1 else ""
        return f"{what}{frames}: {duration(self.seconds)} on this machine."


@dataclass(frozen=True)
class CropPreview:
    """A small part of a picture, enlarged plainly and by the network."""

    box: tuple[int, int, int, int]  # left, top, right, bottom in pixels of the input
    before: Image.Image
    after: Image.Image


Steps = Generator[EnlargeProgress, None, Image.Image]


class RestorationPipeline(BasePipeline):
    """A network that enlarges pictures and mends them on the way."""

    def __init__(self, generator: nn.Module, spec: ModelSpec, weights_sha256: str) -> None:
        super().__init__(generator, spec, weights_sha256)
        if generator.in_channels not in (1, 3) or generator.in_channels != generator.out_channels:
            raise ValueError(
                f"{spec.id} takes {generator.in_channels} channels and gives "
                f"{generator.out_channels}; only networks for grey or RGB pictures are used."
            )
        self._seconds_a_pixel: float | None = None  # of the input; measured

    @property
    def scale(self) -> int:
        """The network's own factor."""
        return self.generator.scale

    @property
    def scales(self) -> tuple[int, ...]:
        """The whole factors to choose from."""
        return tuple(range(2, self.scale + 1)) or (1,)

    def enlarge(
        self,
        image: Image.Image,
        scale: float | None = None,
        *,
        bfloat16: bool | None = None,
        progress: Callable[[EnlargeProgress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Image.Image:
        """The picture `scale` times the size, RGB or with its transparency RGBA.

        Args:
            image: any mode, 16 px to 64 megapixels; it is turned and converted as `normalise` does.
            scale: 1 to the network's own factor; None is that. Smaller pictures are shrunk from the
                network's with a Lanczos filter.
            bfloat16: compute in bfloat16, over 45 dB from float32; None: where `GANVAS_BFLOAT16=1`
                asks for it and it is faster.
            progress: told at once, and then about twice a second or more often.
            cancelled: asked as often; True stops it.

        Raises:
            ValueError: a factor out of range, or a picture too small or too large.
            EnlargeCancelled: `cancelled` said so.
        """
        steps = self.iter_enlarge(image, scale, bfloat16=bfloat16)
        return _run(steps, progress, cancelled)

    def iter_enlarge(
        self, image: Image.Image, scale: float | None = None, *, bfloat16: bool | None = None
    ) -> Steps:
        """`enlarge` in steps: yields how far it is, first before any work, and returns the picture.

        Closing it stops the work.
        """
        scale = self._check_scale(scale)
        original = photos.normalise(image)
        self._out_size(original.size, scale)
        base = _recipe_of(image)
        clock = _Clock(self.plan(original.size, scale, has_alpha=original.mode == "RGBA").seconds)
        yield clock.progress(0.0)
        made = yield from self._enlarge(original, scale, clock)
        facts = {"scale": scale} | ({"base": base} if base else {})
        return pictures.add_recipe(made, self.recipe(**facts))

    def plan(
        self,
        size: tuple[int, int],
        scale: float | None = None,
        num_frames: int = 1,
        *,
        has_alpha: bool = False,
    ) -> EnlargePlan:
        """What enlarging a picture (width, height) comes to; the first call measures this machine.

        Raises:
            ValueError: what `enlarge` would refuse.
        """
        scale = self._check_scale(scale)
        pictures.check_size(size, "The picture")
        out_size = self._out_size(size, scale)
        area = sum(tile.area for tile in self._tiles(size, scale)) * (2 if has_alpha else 1)
        seconds = num_frames * area * self._measured()
        return EnlargePlan(tuple(size), out_size, num_frames, seconds)

    def preview(
        self,
        image: Image.Image,
        scale: float | None = None,
        centre: tuple[int, int] | None = None,
    ) -> CropPreview:
        """A small part of the picture, as large as comes within a second here.

        Args:
            centre: of the part, in pixels of the input; None: where there is most detail.
        """
        scale = self._check_scale(scale)
        original = photos.as_rgb(photos.normalise(image))
        side = int(math.sqrt(PREVIEW_SECONDS / self._measured())) // 4 * 4
        side = min(*original.size, max(PREVIEW_PX[0], min(PREVIEW_PX[1], side)))
        left, top = _corner(original, side, centre)
        box = (left, top, left + side, top + side)
        part = original.crop(box)
        size = self._scaled(part.size, scale)
        after = _run(self._enlarge(part, scale, _Clock(1)), None, None)
        return CropPreview(box, part.resize(size, Image.Resampling.BICUBIC), after)

    def enlarge_frames(
        self,
        frames: Iterable[Image.Image],
        scale: float | None = None,
        *,
        num_frames: int | None = None,
        bfloat16: bool | None = None,
        progress: Callable[[EnlargeProgress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Iterator[Image.Image]:
        """`enlarge` of each of many pictures, one at a time as they are asked for.

        Args:
            num_frames: how many come, for the progress, where `frames` has no length.

        Raises:
            ValueError, EnlargeCancelled: as `enlarge`.
        """
        total = num_frames or (len(frames) if hasattr(frames, "__len__") else None)
        start = time.monotonic()
        for index, frame in enumerate(frames):

            def told(one: EnlargeProgress, done: int = index) -> None:
                if progress is not None:
                    progress(_of_all(one, done, total, time.monotonic() - start))

            yield self.enlarge(frame, scale, bfloat16=bfloat16, progress=told, cancelled=cancelled)

    def bicubic(self, image: Image.Image, scale: float | None = None) -> Image.Image:
        """The picture enlarged plainly to the size that `enlarge` gives, to compare with.

        Raises:
            ValueError: as `enlarge`.
        """
        scale = self._check_scale(scale)
        original = photos.normalise(image)
        return original.resize(self._out_size(original.size, scale), Image.Resampling.BICUBIC)

    def _check_scale(self, scale: float | None) -> float:
        """A factor that the network can give.

        Raises:
            ValueError: it is none.
        """
        if scale is None:
            return self.scale
        number = isinstance(scale, int | float) and not isinstance(scale, bool)
        if not number or not 1 <= scale <= self.scale:
            raise ValueError(
                f"{self.spec.id} enlarges up to {self.scale} times, from 1 on, not {scale} times; "
                "choose a factor in between."
            )
        return int(scale) if scale == int(scale) else float(scale)

    def _scaled(self, size: tuple[int, int], scale: float) -> tuple[int, int]:
        return tuple(round(side * scale) for side in size)

    def _out_size(self, size: tuple[int, int], scale: float) -> tuple[int, int]:
        """The size of a result.

        Raises:
            ValueError: it is over the limit.
        """
        width, height = self._scaled(size, scale)
        if width * height > MAX_ENLARGED_MEGAPIXELS * 1_000_000:
            raise ValueError(
                f"{size[0]}x{size[1]} would become {width}x{height}, "
                f"{width * height / 1e6:.0f} megapixels; at most {MAX_ENLARGED_MEGAPIXELS} are "
                "made. Choose a smaller factor, or make the picture smaller first."
            )
        return width, height

    def _tiles(self, size: tuple[int, int], scale: float) -> list[Tile]:
        network, family = self.generator, self.generator.family
        exact = family == "srvgg"
        margin = network.num_convs + 2 if exact else RRDBNET_MARGIN_PX
        if scale != self.scale:
            margin += math.ceil(LANCZOS_REACH / scale) + 1
        return cut(size, TILE_PX[family], margin, network.unshuffle)

    def _enlarge(self, original: Image.Image, scale: float, clock: _Clock) -> Steps:
        """Colours and, where there is any, transparency."""
        size = self._scaled(original.size, scale)
        pixels = np.asarray(photos.as_rgb(original))
        tiles = self._tiles(original.size, scale)
        alpha = np.asarray(original.getchannel("A")) if original.mode == "RGBA" else None
        work = [(tile, pixels, "RGB") for tile in tiles]
        if alpha is not None:
            work += [(tile, alpha, "L") for tile in tiles]
        canvases = {mode: Canvas(size, original.size, self.scale, mode) for *_, mode in work}
        total, done = sum(tile.area for tile, *_ in work), 0
        for tile, source, mode in work:
            left, top, right, bottom = tile.sees
            seen = source[top:bottom, left:right]
            if mode == "L" and seen.min() == seen.max():
                shape = tuple(self.scale * side for side in seen.shape)
                canvases[mode].put(tile, np.full(shape, seen[0, 0]))
            else:
                start = time.perf_counter()
                steps = enlarge_pixels(self.generator, seen)
                while True:
                    try:
                        part = next(steps)
                    except StopIteration as end:
                        canvases[mode].put(tile, end.value)
                        break
                    yield clock.progress((done + part * tile.area) / total)
                self._learn(tile.area, time.perf_counter() - start)
            done += tile.area
            yield clock.progress(done / total)
        made = canvases["RGB"].image
        if alpha is not None:
            made.putalpha(canvases["L"].image)
        return made

    def _measured(self) -> float:
        """Seconds a pixel of the input takes here, by a small trial the first time."""
        if self._seconds_a_pixel is None:
            side, seconds = 16, 0.0
            while seconds < PROBE_SECONDS / 4 and side <= 128:
                pixels = np.zeros((side, side, 3), np.uint8)
                start = time.perf_counter()
                _run(enlarge_pixels(self.generator, pixels), None, None)
                seconds = time.perf_counter() - start
                self._seconds_a_pixel = seconds / side**2
                side *= 2
        return self._seconds_a_pixel

    def _learn(self, area: int, seconds: float) -> None:
        """Take what a tile took into the measure."""
        if area >= 64 * 64 and self._seconds_a_pixel is not None:
            self._seconds_a_pixel = 0.5 * (self._seconds_a_pixel + seconds / area)


class _Clock:
    """How long an enlargement still takes: by the estimate first, then by how it goes."""

    def __init__(self, estimate: float) -> None:
        self._estimate, self._start = estimate, time.monotonic()

    def progress(self, fraction: float) -> EnlargeProgress:
        elapsed = time.monotonic() - self._start
        total = self._estimate
        if fraction > 0:  # the estimate weighs less and less
            total = (1 - fraction) * total + fraction * elapsed / fraction
        return EnlargeProgress(fraction, max(0.0, (1 - fraction) * total))


def _run(
    steps: Generator,
    progress: Callable[[EnlargeProgress], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Image.Image:
    """Run steps to their end, telling and asking in between."""
    while True:
        try:
            at = next(steps)
        except StopIteration as end:
            return end.value
        if progress is not None:
            progress(at)
        if cancelled is not None and cancelled():
            steps.close()
            raise EnlargeCancelled("The enlargement was stopped.")


def _of_all(one: EnlargeProgress, done: int, total: int | None, elapsed: float) -> EnlargeProgress:
    """How far a whole film is, from how far one of its frames is."""
    if not total:
        return one
    fraction = min(1.0, (done + one.fraction) / total)
    left = one.seconds_left + (total - done - 1) * (
        elapsed / (done + one.fraction) if done else one.seconds_left
    )
    return EnlargeProgress(fraction, max(0.0, left))


def _recipe_of(image: Image.Image) -> dict | None:
    """The recipe that a picture carries, if it is one of ours."""
    try:
        recipe = json.loads(image.info.get(pictures.RECIPE_KEY))
    except (TypeError, ValueError):
        return None
    return recipe if isinstance(recipe, dict) else None


def _corner(picture: Image.Image, side: int, centre: tuple[int, int] | None) -> tuple[int, int]:
    """The upper left corner of a square part: around `centre`, or where there is most detail."""
    width, height = picture.size
    if centre is None:
        small = picture.convert("L")
        small.thumbnail((64, 64))
        grey = np.asarray(small).astype(np.float32)
        detail = np.abs(np.diff(grey, axis=0))[:, :-1] + np.abs(np.diff(grey, axis=1))[:-1]
        row, column = np.unravel_index(detail.argmax(), detail.shape)
        centre = (column * width // small.width, row * height // small.height)
    x, y = (int(c) - side // 2 for c in centre)
    return max(0, min(x, width - side)), max(0, min(y, height - side))


def duration(seconds: float) -> str:
    """A time for people: "about 20 s", "about 3 minutes", "about 2.5 hours"."""
    if seconds < 1:
        return "under a second"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} minutes"
    return f"about {seconds / 3600:.1f} hours"
