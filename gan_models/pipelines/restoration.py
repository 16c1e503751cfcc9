"""Pipeline of networks that enlarge and restore pictures of any size, up to four times."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np
from PIL import Image, ImageFilter

from gan_models.checks import as_float
from gan_models.media import images as pictures
from gan_models.media import photos
from gan_models.media.limits import check_size, limits
from gan_models.networks.base import Network
from gan_models.networks.inference import bfloat16_gains, bfloat16_twin
from gan_models.pipelines.base import BasePipeline
from gan_models.pipelines.enlarge_plan import (
    Clock,
    CropPreview,
    EnlargePlan,
    EnlargeProgress,
    of_all,
)
from gan_models.pipelines.enlarging import Canvas, Tile, cut, enlarge_pixels
from gan_models.zoo import ModelSpec

if TYPE_CHECKING:
    from gan_models.networks.rrdbnet import RRDBNet
    from gan_models.networks.srvgg import SRVGGNetCompact

TILE_PX = {"rrdbnet": 448, "srvgg": 512}  # side of a tile
PLAIN_TILE_PX = 320  # without the memory-saving implementation
RRDBNET_MARGIN_PX, RRDBNET_FADE_PX = 32, 8
LANCZOS_REACH = 3  # pixels of the result
PROBE_PX, PROBE_SECONDS = 48, 0.2
PREVIEW_SECONDS, PREVIEW_PX = 0.6, (24, 192)

Steps = Generator[EnlargeProgress, None, Image.Image]
Result = TypeVar("Result")


class EnlargeCancelled(RuntimeError):  # noqa: N818 - not an error: requested by the user
    """The caller cancelled an enlargement."""


class RestorationPipeline(BasePipeline["RRDBNet | SRVGGNetCompact"]):
    """Enlarges and restores pictures.

    Attributes:
        seconds_a_pixel: of the input, in float32, on this machine; None: not measured yet.

    Raises:
        ValueError: the network is neither for grey nor for RGB pictures.
    """

    def __init__(self, generator: Network, spec: ModelSpec, weights_sha256: str) -> None:
        super().__init__(cast("RRDBNet | SRVGGNetCompact", generator), spec, weights_sha256)
        if generator.in_channels not in (1, 3) or generator.in_channels != generator.out_channels:
            raise ValueError(
                f"{spec.id} takes {generator.in_channels} channels and gives "
                f"{generator.out_channels}; only networks for grey or RGB pictures can be used."
            )
        self.seconds_a_pixel: float | None = None

    @property
    def scale(self) -> int:
        """The factor of the network."""
        return self.generator.scale

    @property
    def scales(self) -> tuple[int, ...]:
        """The integer factors to choose from."""
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
        """The picture `scale` times the size, RGB or RGBA, with its provenance.

        Args:
            image: any mode, 16 px to 64 megapixels; it is turned and converted as `normalise` does.
            scale: 1 to the network's factor, the default. For smaller factors the network's result
                is shrunk with a Lanczos filter.
            bfloat16: compute in bfloat16, with over 45 dB PSNR to float32; None: only if
                `GANVAS_BFLOAT16=1` is set and it is faster.
            progress: called at once, and then about twice a second or more often.
            cancelled: polled as often; True stops it.

        Raises:
            ValueError: a factor out of range, or a picture too small or too large.
            EnlargeCancelled: `cancelled` returned True.
        """
        return run_steps(self.iter_enlarge(image, scale, bfloat16=bfloat16), progress, cancelled)

    def iter_enlarge(
        self, image: Image.Image, scale: float | None = None, *, bfloat16: bool | None = None
    ) -> Steps:
        """`enlarge` in steps: yields the progress, first before any work, and returns the picture.

        Closing it stops the work.
        """
        original = photos.normalise(image)
        plan = self.plan(original.size, scale, has_alpha=original.mode == "RGBA")
        scale, clock = self.check_scale(scale), Clock(plan.seconds)
        yield clock.at(0.0)
        wanted = self._wants_bfloat16(bfloat16)
        made = yield from self._enlarge(original, scale, wanted, clock)
        facts = {"scale": scale} | ({"bfloat16": True} if wanted else {})
        return pictures.add_provenance(made, self.provenance_after(image, **facts))

    def plan(
        self,
        size: tuple[int, int],
        scale: float | None = None,
        num_frames: int = 1,
        *,
        has_alpha: bool = False,
    ) -> EnlargePlan:
        """The plan for a picture (width, height); the first call measures this machine's speed.

        Raises:
            ValueError: as `enlarge`.
        """
        scale = self.check_scale(scale)
        check_size(size, "The picture")
        out_size = _checked_size(size, scale)
        area = sum(tile.area for tile in self._tiles(size, scale))
        seconds = num_frames * area * (2 if has_alpha else 1) * self.measure_speed()
        return EnlargePlan((size[0], size[1]), out_size, num_frames, seconds)

    def preview(
        self,
        image: Image.Image,
        scale: float | None = None,
        centre: tuple[int, int] | None = None,
    ) -> CropPreview:
        """A part of the picture, of a size that takes less than a second on this machine.

        Args:
            image: the picture.
            scale: as for `enlarge`.
            centre: of the part, in pixels of the input; None: the place with most detail.

        Raises:
            ValueError: as `enlarge`.
        """
        scale = self.check_scale(scale)
        original = photos.as_rgb(photos.normalise(image))
        side = int(math.sqrt(PREVIEW_SECONDS / max(1e-9, self.measure_speed()))) // 4 * 4
        side = min(*original.size, max(PREVIEW_PX[0], min(PREVIEW_PX[1], side)))
        left, top = _corner(original, side, centre)
        box = (left, top, left + side, top + side)
        part = original.crop(box)
        after = run_steps(self._enlarge(part, scale, False, Clock(1)))
        pictures.add_provenance(after, self.provenance_after(image, scale=scale, box=list(box)))
        return CropPreview(box, part.resize(after.size, Image.Resampling.BICUBIC), after)

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
        """`enlarge` for many pictures, as an iterator.

        Args:
            frames: the pictures.
            scale, bfloat16, progress, cancelled: as for `enlarge`; the progress is that of all.
            num_frames: the number of frames, if `frames` has no length.

        Raises:
            ValueError, EnlargeCancelled: as `enlarge`.
        """
        total = num_frames or (len(frames) if isinstance(frames, Sized) else None)
        start = time.monotonic()
        for done, frame in enumerate(frames):

            def report(one: EnlargeProgress, done: int = done) -> None:
                if progress is not None:
                    progress(of_all(one, done, total, time.monotonic() - start))

            yield self.enlarge(
                frame, scale, bfloat16=bfloat16, progress=report, cancelled=cancelled
            )

    def bicubic(self, image: Image.Image, scale: float | None = None) -> Image.Image:
        """The picture enlarged bicubically to the size of the result of `enlarge`, for comparison.

        Raises:
            ValueError: as `enlarge`.
        """
        scale, original = self.check_scale(scale), photos.normalise(image)
        return original.resize(_checked_size(original.size, scale), Image.Resampling.BICUBIC)

    def check_scale(self, scale: float | None) -> float:
        """A valid factor, as an int if it is an integer; None: the factor of the network.

        Raises:
            ValueError: the factor is out of range.
        """
        if scale is None:
            return self.scale
        factor = as_float(scale)
        if isinstance(scale, bool) or not 1 <= factor <= self.scale:
            raise ValueError(
                f"{self.spec.id} enlarges 1 to {self.scale} times, not {scale} times; choose a "
                "factor in between, or another model."
            )
        return int(factor) if factor.is_integer() else factor

    def _wants_bfloat16(self, chosen: bool | None) -> bool:
        if chosen is None:
            return os.environ.get("GANVAS_BFLOAT16") == "1" and bfloat16_gains(self.device.type)
        return chosen

    def _fade_px(self) -> int:
        return RRDBNET_FADE_PX if self.generator.family == "rrdbnet" else 0

    def _tiles(self, size: tuple[int, int], scale: float, bfloat16: bool = False) -> list[Tile]:
        """The tiles of a picture, with a margin of the relevant part of the receptive field."""
        network, tile_px = self.generator, TILE_PX[self.generator.family]
        if network.family == "rrdbnet":
            margin = RRDBNET_MARGIN_PX
        else:
            margin = cast("SRVGGNetCompact", network).num_convs + 2
        if scale != self.scale:
            margin += math.ceil(LANCZOS_REACH / scale) + 1
        if bfloat16:
            tile_px = min(tile_px, PLAIN_TILE_PX)
        return cut(size, tile_px, margin, self._fade_px(), network.unshuffle)

    def _enlarge(self, original: Image.Image, scale: float, bfloat16: bool, clock: Clock) -> Steps:
        """Enlarge colours and, if there is any, transparency."""
        network = self.generator
        if bfloat16:
            network = cast("RRDBNet | SRVGGNetCompact", bfloat16_twin(network))
        tiles = self._tiles(original.size, scale, bfloat16)
        layers = {"RGB": np.asarray(photos.as_rgb(photos.fill_hidden(original)))}
        if original.mode == "RGBA":
            layers["L"] = np.asarray(original.getchannel("A"))
        size, done = _scaled(original.size, scale), 0
        total = len(layers) * sum(tile.area for tile in tiles)
        made = {}
        for mode, layer in layers.items():
            canvas = Canvas(original.size, size, self.scale, mode, self._fade_px())
            for tile in tiles:
                left, top, right, bottom = tile.sees
                pixels = layer[top:bottom, left:right]
                if mode == "L" and pixels.min() == pixels.max():
                    canvas.put(tile, _repeated(pixels, self.scale))
                else:
                    steps = enlarge_pixels(network, pixels)
                    start = time.perf_counter()
                    enlarged = yield from clock.over(steps, done / total, tile.area / total)
                    canvas.put(tile, _keep_flat_alpha(enlarged, pixels, self.scale))
                    if not bfloat16:
                        self._update_speed(tile.area, time.perf_counter() - start)
                done += tile.area
                yield clock.at(done / total)
            made[mode] = canvas.image
        if "L" in made:
            made["RGB"].putalpha(made["L"])
        return made["RGB"]

    def measure_speed(self) -> float:
        """Seconds per pixel of the input on this machine, measured on the first call."""
        if self.seconds_a_pixel is None:
            self.seconds_a_pixel = _measure_speed(self.generator)
        return self.seconds_a_pixel

    def _update_speed(self, area: int, seconds: float) -> None:
        """Include the time of a tile in the measure; small ones are not representative."""
        if area >= PROBE_PX**2 and self.seconds_a_pixel is not None:
            self.seconds_a_pixel = (self.seconds_a_pixel + seconds / area) / 2


def _measure_speed(network: RRDBNet | SRVGGNetCompact) -> float:
    """Seconds per pixel, measured on a part of a small picture for `PROBE_SECONDS`.

    The time until the first progress, in which memory and code are prepared, does not count.
    """
    steps = enlarge_pixels(network, np.zeros((PROBE_PX, PROBE_PX, 3), np.uint8))
    start, first, last = time.perf_counter(), 0.0, 1.0
    for index, part in enumerate(steps):
        now = time.perf_counter()
        if index == 0:
            start, first = now, part
        elif now - start > PROBE_SECONDS:
            last = part
            break
    seconds = time.perf_counter() - start
    steps.close()
    return seconds / max(0.01, last - first) / PROBE_PX**2


def run_steps(
    steps: Generator[EnlargeProgress, None, Result],
    progress: Callable[[EnlargeProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Result:
    """Run steps to their end, calling `progress` and `cancelled` after each."""
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


def _scaled(size: tuple[int, int], scale: float) -> tuple[int, int]:
    return round(size[0] * scale), round(size[1] * scale)


def _checked_size(size: tuple[int, int], scale: float) -> tuple[int, int]:
    """The size of a result.

    Raises:
        ValueError: it is over the limit.
    """
    width, height = _scaled(size, scale)
    most = limits().enlarged_megapixels
    if width * height > most * 1_000_000:
        raise ValueError(
            f"{size[0]}x{size[1]} would become {width}x{height}, {width * height / 1e6:.0f} "
            f"megapixels; at most {most:g} are made. Choose a smaller factor, or "
            "make the picture smaller first."
        )
    return width, height


def _repeated(pixels: np.ndarray, scale: int) -> np.ndarray:
    """[H, W] -> [scale H, scale W] by nearest neighbour."""
    return pixels.repeat(scale, 0).repeat(scale, 1)


def _keep_flat_alpha(enlarged: np.ndarray, pixels: np.ndarray, scale: int) -> np.ndarray:
    """Transparency [scale H, scale W] with its exact value wherever it is constant nearby.

    Colours [scale H, scale W, 3] are returned unchanged.
    """
    if pixels.ndim == 3:
        return enlarged
    grey = Image.fromarray(pixels)
    least, most = (np.asarray(grey.filter(kind(5))) for kind in _EXTREMES)
    return np.where(_repeated(least == most, scale), _repeated(pixels, scale), enlarged)


_EXTREMES = (ImageFilter.MinFilter, ImageFilter.MaxFilter)


def _corner(picture: Image.Image, side: int, centre: tuple[int, int] | None) -> tuple[int, int]:
    """The upper left corner of a square part: around `centre`, or the place with most detail."""
    width, height = picture.size
    if centre is None:
        small = picture.convert("L")
        small.thumbnail((64, 64))
        grey = np.asarray(small).astype(np.float32)
        detail = np.abs(np.diff(grey, axis=0))[:, :-1] + np.abs(np.diff(grey, axis=1))[:-1]
        row, column = np.unravel_index(detail.argmax(), detail.shape)
        centre = (int(column) * width // small.width, int(row) * height // small.height)
    x, y = (int(c) - side // 2 for c in centre)
    return max(0, min(x, width - side)), max(0, min(y, height - side))
