"""Pipeline of translators: pictures of any size into another domain."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from gan_models.checks import as_float, odd_channels
from gan_models.media import images as pictures
from gan_models.media import photos
from gan_models.networks.base import Network
from gan_models.networks.resnet import ResnetGenerator
from gan_models.pipelines.base import BasePipeline
from gan_models.pipelines.tiling.strips import StripTranslator
from gan_models.pipelines.tiling.tiles import to_pixels, translate_in_tiles, translate_whole
from gan_models.zoo import ModelSpec

# larger pictures are processed in strips or tiles: bounded memory, progress, cancelling
WHOLE_PIXELS = {"resnet": 300_000}  # strips are exact
WHOLE_PIXELS_OTHERWISE = 1_050_000

Steps = Generator[float, None, Image.Image]  # yields progress, 0 to 1; returns the picture


class TranslationPipeline(BasePipeline[Network]):
    """Translates pictures of one domain into another, grey or in colour.

    Raises:
        ValueError: input or output of the network has other than 1 or 3 channels.
    """

    def __init__(self, generator: Network, spec: ModelSpec, weights_sha256: str) -> None:
        super().__init__(generator, spec, weights_sha256)
        if fault := odd_channels(generator.in_channels, generator.out_channels):
            raise ValueError(f"{spec.id} {fault}")

    def translate(
        self, image: Image.Image, strength: float = 1.0, keep_colours: bool = False
    ) -> Image.Image:
        """The picture in the other domain, of the same size, RGB or RGBA.

        Args:
            image: any mode, 16 px to 64 megapixels; it is turned and converted as `normalise` does.
            strength: 0 (the original) to 1 (all of the translation).
            keep_colours: take only the translation's lightness.

        Raises:
            ValueError: too small, too large, or a strength out of range.
        """
        steps = self.iter_translate(image, strength, keep_colours)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                return end.value

    def iter_translate(
        self, image: Image.Image, strength: float = 1.0, keep_colours: bool = False
    ) -> Steps:
        """`translate` in steps: yields the progress, 0 to 1, and returns the picture."""
        strength = check_strength(strength)
        original = photos.normalise(image)
        pixels = self._pixels(original)  # [H, W, C]
        translated = Image.fromarray((yield from self._steps(pixels)).numpy())
        return self.finish(original, translated, strength, keep_colours)

    def finish(
        self, original: Image.Image, translated: Image.Image, strength: float, keep_colours: bool
    ) -> Image.Image:
        """Blend a full translation with its original of the same size; fast, without the network.

        Args:
            original: the input, RGB or RGBA.
            translated: the full translation.
            strength: 0 (the original) to 1 (the translation).
            keep_colours: the translation's lightness (Y of YCbCr) with the original's colours.

        Raises:
            ValueError: a strength out of range.
        """
        strength = check_strength(strength)
        colours, made = photos.as_rgb(original), photos.as_rgb(translated)
        if keep_colours:
            _, blue, red = colours.convert("YCbCr").split()
            lightness = made.convert("YCbCr").getchannel("Y")
            made = Image.merge("YCbCr", (lightness, blue, red)).convert("RGB")
        if strength < 1:
            made = Image.blend(colours, made, strength)
        if original.mode == "RGBA":
            made.putalpha(original.getchannel("A"))
        facts = {"strength": strength, "keep_colours": bool(keep_colours)}
        return pictures.add_provenance(made, self.provenance_after(original, **facts))

    def hint(self, image: Image.Image) -> str:
        """A sentence if a picture is unlike the training data, else ""."""
        unlike = _oddity(image, self.spec.resolution, in_colour=self.generator.in_channels == 3)
        if not unlike:
            return ""
        return (
            f"Unlike what this model was trained on ({self.spec.trained_on}): {unlike}. "
            "The result may disappoint."
        )

    def _pixels(self, image: Image.Image) -> Tensor:
        """The network's input for a normalised picture: uint8 [H, W, 3], or grey [H, W, 1]."""
        colours = photos.as_rgb(image)
        if self.generator.in_channels == 1:
            return torch.from_numpy(np.array(colours.convert("L")))[..., None]
        return torch.from_numpy(np.array(colours))

    def _steps(self, pixels: Tensor) -> Generator[float, None, Tensor]:
        """uint8 [H, W, C] to uint8 [H, W, 3]: at once, in strips or in tiles."""
        family, num_pixels = self.spec.family, pixels.shape[0] * pixels.shape[1]
        multiple = self.generator.img_resolution if family == "unet" else 4
        if num_pixels <= WHOLE_PIXELS.get(family, WHOLE_PIXELS_OTHERWISE):
            yield 0.0
            made = _in_colour(to_pixels(translate_whole(self.generator, pixels, multiple)))
        elif isinstance(self.generator, ResnetGenerator):
            made = _in_colour((yield from StripTranslator(self.generator, pixels).run()))
        else:
            made = yield from translate_in_tiles(self.generator, pixels, multiple=multiple)
        return made


def check_strength(strength: float) -> float:
    """Return a strength as a float.

    Raises:
        ValueError: it is no number from 0 to 1.
    """
    share = as_float(strength)
    if not 0 <= share <= 1:  # also refuses NaN
        raise ValueError(f"Strength goes from 0 (the original) to 1, not {strength}.")
    return share


def error_map(before: Image.Image, after: Image.Image) -> tuple[Image.Image, float]:
    """A map of the differences of two pictures of one size, and their mean in grey levels.

    Black is no difference, white one of 64 grey levels or more.
    """
    a, b = (np.asarray(picture.convert("RGB")) for picture in (before, after))
    difference = np.abs(a.astype(np.int16) - b).mean(2)  # [H, W]
    shade = np.clip(difference / 64, 0, 1)[..., None]
    # black through red and yellow to white: each channel rises in its third of the range
    heat = np.clip(shade * 3 - np.arange(3), 0, 1) * 255
    return Image.fromarray(heat.astype(np.uint8)), float(difference.mean())


def _oddity(image: Image.Image, trained_px: int, in_colour: bool) -> str:
    """How a picture differs from photos of the training size, by simple measures, else ""."""
    small = image.convert("RGB")
    small.thumbnail((512, 512), Image.Resampling.NEAREST)  # does not mix colours
    pixels = np.asarray(small).astype(np.int16)
    flat = (pixels[:, 1:] == pixels[:, :-1]).all(2).mean()
    if flat > 0.6:
        return "it has large areas of one colour, as drawings and screenshots have"
    if in_colour and (pixels.max(2) - pixels.min(2)).mean() < 4:
        return "it is grey"
    if pixels.std() < 12:
        return "it has hardly any contrast"
    side = min(image.size)
    if side < trained_px / 4:
        return f"it is only {side} px high or wide, and the model knows {trained_px} px"
    if side > trained_px * 8:
        return f"it is far larger than the {trained_px} px that the model knows; make it smaller"
    return ""


def _in_colour(pixels: Tensor) -> Tensor:
    return pixels.expand(-1, -1, 3) if pixels.shape[2] == 1 else pixels
