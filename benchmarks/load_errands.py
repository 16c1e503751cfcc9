"""What the visitors of `benchmarks.load` ask for, with the right answers, computed beforehand."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

import gan_models
from benchmarks.load_visitor import Errand

EACH = 12  # different requests of a kind
LARGE_PX, SMALL_PX, PHOTO_PX = 128, 64, 128
# how often each kind is asked for
WEIGHTS = {"sample": 40, "class": 20, "translate": 14, "enlarge": 14, "paint": 10, "large": 2}


def make_errands() -> dict[str, list[Errand]]:
    """Requests of each kind, all different, with the pictures that must come back."""
    makers = {
        "sample": _samples,
        "class": _classes,
        "translate": _translations,
        "enlarge": lambda: _enlargements("enlarge", SMALL_PX, EACH),
        "paint": _paintings,
        "large": lambda: _enlargements("large", LARGE_PX, 2),
    }
    return {kind: list(make()) for kind, make in makers.items()}


def _samples() -> Iterator[Errand]:
    for model in ("faces-64", "landscapes"):
        seeds = list(range(1000, 1000 + EACH))
        for seed, made in zip(seeds, _load(model).sample(seeds), strict=True):
            yield Errand("sample", "sample", (str(seed), model, 1), None, _pixels(made))


def _classes() -> Iterator[Errand]:
    names = ("green", "blue", "brown", "hazel")
    pipeline = _load("eyes-128")
    for k in range(EACH):
        name, seed = names[k % len(names)], 2000 + k
        made = pipeline.sample([seed], class_name=name)[0]
        yield Errand("class", "class_sample", (name, str(seed), "eyes-128", 1), None, _pixels(made))


def _translations() -> Iterator[Errand]:
    pipeline = _load("vintage")
    for k in range(EACH):
        photo = _photo(3000 + k, PHOTO_PX)
        made = pipeline.translate(photo)
        yield Errand("translate", "translate", (None, "vintage"), _png(photo), _pixels(made))


def _enlargements(kind: str, side: int, count: int) -> Iterator[Errand]:
    model = "real-esrgan-fast-x4" if kind == "enlarge" else "real-esrgan-x4"
    pipeline = _load(model)
    for k in range(count):
        photo = _photo(4000 + side + k, side)
        made = pipeline.enlarge(photo)
        yield Errand(kind, "enlarge", (None, model, None), _png(photo), _pixels(made))


def _paintings() -> Iterator[Errand]:
    pipeline = _load("paint")
    for k in range(EACH):
        ids = np.random.RandomState(5000 + k).randint(0, 12, (4, 4)).astype(np.uint8)
        label_map = Image.fromarray(ids).resize((64, 64), Image.Resampling.NEAREST)
        made = pipeline.paint(np.asarray(label_map), k)
        yield Errand("paint", "paint", (None, "paint", k), _png(label_map), _pixels(made))


def _load(model: str) -> Any:  # pipelines of several kinds
    return gan_models.load_pipeline(model)


def _photo(seed: int, side: int) -> Image.Image:
    coarse = np.random.RandomState(seed).randint(0, 256, (6, 6, 3)).astype(np.uint8)
    return Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"))
