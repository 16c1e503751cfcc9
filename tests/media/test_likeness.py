"""Pictures that differ in little are different; the same picture is the same in any quality."""

from __future__ import annotations

import colorsys
import functools
import io
import itertools
import math

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont, ImageOps

from gan_models.media.likeness import Fingerprint, FingerprintIndex, are_same, fingerprint
from tests.finetuning.uploads import photo


def fingerprint_of(picture: Image.Image, resolution: int = 128) -> Fingerprint:
    """As fine-tuning does: of a picture cropped to a square of the run's resolution."""
    square = ImageOps.fit(picture, (resolution, resolution), Image.Resampling.LANCZOS)
    return fingerprint(square)


def marks(share: float, ground: str = "white", num: int = 30) -> list[Image.Image]:
    """Six shapes in thirty colours in the middle of a plain ground, by their share of the side."""
    made = []
    for k in range(num):
        picture = Image.new("RGB", (512, 512), ground)
        draw, radius = ImageDraw.Draw(picture), share * 256
        color = tuple(int(255 * part) for part in colorsys.hsv_to_rgb(k / num, 0.8, 0.75))
        corners = (40, 4, 3, 5, 6, 10)[k % 6]
        radii = [radius * (0.45 if corners == 10 and i % 2 else 1) for i in range(corners)]
        turns = [2 * math.pi * i / corners - math.pi / 2 for i in range(corners)]
        points = [
            (256 + r * math.cos(turn), 256 + r * math.sin(turn))
            for r, turn in zip(radii, turns, strict=True)
        ]
        draw.polygon(points, fill=color)
        made.append(picture)
    return made


def line_drawings(num: int = 23) -> list[Image.Image]:
    made = []
    for seed in range(num):
        picture = Image.new("RGB", (512, 512), "white")
        points = 128 + 256 * np.random.RandomState(seed).rand(7, 2)
        ImageDraw.Draw(picture).line([tuple(point) for point in points], fill="black", width=3)
        made.append(picture)
    return made


def sprites(num: int = 30) -> list[Image.Image]:
    made = []
    for seed in range(num):
        pixels = np.random.RandomState(seed).randint(0, 255, (8, 8, 3)).astype(np.uint8)
        pixels[np.random.RandomState(seed).rand(8, 8) > 0.6] = 255
        picture = Image.new("RGB", (64, 64), "white")
        picture.paste(Image.fromarray(pixels), (28, 28))
        made.append(picture)
    return made


def glyphs(size: int) -> list[Image.Image]:
    font, made = ImageFont.load_default(size), []
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789":
        picture = Image.new("RGB", (128, 128), "white")
        ImageDraw.Draw(picture).text((64, 64), letter, "black", font, anchor="mm")
        made.append(picture)
    return made


def galaxies(num: int = 30) -> list[Image.Image]:
    made = []
    for seed in range(num):
        random = np.random.RandomState(seed)
        angle, flat, size = random.rand(3) * [math.pi, 0.7, 12] + [0, 0.3, 5]
        y, x = np.mgrid[-128:128, -128:128]
        along = x * math.cos(angle) + y * math.sin(angle)
        across = (y * math.cos(angle) - x * math.sin(angle)) / flat
        light = 255 * np.exp(-np.hypot(along, across) / size)[..., None]
        levels = light * [1, 0.9, 0.6 + 0.4 * random.rand()] + 6 * random.rand(256, 256, 3)
        made.append(Image.fromarray(levels.clip(0, 255).astype(np.uint8)))
    return made


SETS = {
    "marks of 10 %": lambda: marks(0.10),
    "marks of 15 %": lambda: marks(0.15),
    "marks of 20 %": lambda: marks(0.20),
    "marks of 30 %": lambda: marks(0.30),
    "marks of 40 %": lambda: marks(0.40),
    "marks on black": lambda: marks(0.15, "black"),
    "marks on grey": lambda: marks(0.15, "grey"),
    "line drawings": line_drawings,
    "sprites": sprites,
    "large letters": lambda: glyphs(60),
    "small letters": lambda: glyphs(24),
    "galaxies": galaxies,
    "photos": lambda: [photo(seed, (300, 220)) for seed in range(12)],
}


@functools.cache
def pictures_of(kind: str) -> list[Image.Image]:
    return SETS[kind]()


@pytest.mark.parametrize("resolution", [64, 128])
@pytest.mark.parametrize("kind", SETS)
def test_different_pictures_are_distinguished_however_much_ground_they_share(kind, resolution):
    prints = [fingerprint_of(picture, resolution) for picture in pictures_of(kind)]
    same = [pair for pair in itertools.combinations(range(len(prints)), 2)
            if are_same(prints[pair[0]], prints[pair[1]])]  # fmt: skip
    assert same == []


def encoded(picture: Image.Image, format: str, quality: int) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, format, quality=quality)
    return Image.open(io.BytesIO(file.getvalue())).convert("RGB")


def smaller(picture: Image.Image, factor: float, filter: Image.Resampling) -> Image.Image:
    return picture.resize([round(side * factor) for side in picture.size], filter)


BICUBIC, LANCZOS = Image.Resampling.BICUBIC, Image.Resampling.LANCZOS
COPIES = {
    "JPEG 90": lambda picture: encoded(picture, "JPEG", 90),
    "JPEG 70": lambda picture: encoded(picture, "JPEG", 70),
    "JPEG 40": lambda picture: encoded(picture, "JPEG", 40),
    "WebP": lambda picture: encoded(picture, "WEBP", 60),
    "half": lambda picture: smaller(picture, 0.5, BICUBIC),
    "a third": lambda picture: smaller(picture, 0.34, LANCZOS),
    "twice": lambda picture: smaller(picture, 2, BICUBIC),
    "half, JPEG 70": lambda picture: encoded(smaller(picture, 0.53, LANCZOS), "JPEG", 70),
}
LARGE = [name for name in SETS if name not in ("sprites", "large letters", "small letters")]


@pytest.mark.parametrize("copy", COPIES)
@pytest.mark.parametrize("kind", LARGE)
def test_a_copy_in_another_size_or_quality_is_the_same_picture(kind, copy):
    for picture in pictures_of(kind)[:3]:
        assert are_same(fingerprint_of(picture), fingerprint_of(COPIES[copy](picture)))


@pytest.mark.parametrize("kind", ["sprites", "large letters", "small letters"])
def test_a_lossless_copy_of_a_small_picture_is_the_same(kind):
    for picture in pictures_of(kind)[:3]:
        assert are_same(fingerprint_of(picture), fingerprint_of(smaller(picture, 2, LANCZOS)))


def test_a_plain_picture_differs_by_its_colour_alone():
    plain = [fingerprint_of(Image.new("RGB", (90, 90), (red, 30, 30))) for red in (200, 199, 190)]
    assert are_same(plain[0], plain[1])
    assert not are_same(plain[0], plain[2])


def test_one_is_found_among_many():
    prints, index = (
        [fingerprint_of(picture) for picture in pictures_of("marks of 20 %")],
        FingerprintIndex(),
    )
    for one in prints:
        assert index.find(one) is None
        index.add(one)
    for place, picture in enumerate(pictures_of("marks of 20 %")):
        assert index.find(fingerprint_of(COPIES["half, JPEG 70"](picture))) == place


@pytest.mark.parametrize("side", [16, 32, 48, 64])
def test_any_multiple_of_sixteen_can_be_compared(side):
    one, other = (fingerprint(photo(seed, (100, 100)), side) for seed in (1, 2))
    index = FingerprintIndex()
    index.add(one)
    assert index.find(one) == 0
    assert index.find(other) is None
