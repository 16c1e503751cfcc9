"""Paintings as the browser sends them: checked, and converted for the pipeline."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan_models import Painting, Patch, SemanticPipeline
from tabs.components.events import Facts

TASK = "semantic"
MAX_STATES = 64  # of a film
_MAX_TEXT = 4_000_000  # characters of a map; one of the largest model's size has fewer
_MAX_REQUEST = 20_000_000  # characters of a painting with all the states of a film

Style = int | Sequence[float]


def read_request(text: object) -> Facts:
    """A request that the canvas sends as text, for `read_painting`.

    Raises:
        ValueError: it is empty, broken or too long.
    """
    try:
        request = None
        if isinstance(text, str) and len(text) < _MAX_REQUEST:
            request = json.loads(text)
    except ValueError:
        request = None
    if not isinstance(request, Mapping):
        raise ValueError("There is no painting yet; paint something first.")
    return request


def read_painting(request: object, pipeline: SemanticPipeline) -> Painting:
    """A painting as the canvas sends it.

    Raises:
        ValueError: it is no painting, or not one for this model.
    """
    if not isinstance(request, Mapping):
        raise ValueError("This is no painting; reload the page.")
    patches = request.get("patches") or []
    if not isinstance(patches, list) or not all(isinstance(part, Mapping) for part in patches):
        raise ValueError("The parts of this painting are broken; reload the page.")
    return Painting(
        read_map(request.get("map"), pipeline),
        read_style(request.get("style"), pipeline),
        tuple(
            Patch(
                read_runs(part.get("mask"), pipeline.size) > 0,
                read_style(part.get("style"), pipeline),
            )
            for part in patches[:9]
        ),
    )


def file_name(pipeline: SemanticPipeline, painting: Painting) -> str:
    """The stem of a painting's files: the model, and the seed of the style if it has one."""
    style = painting.style
    return f"{pipeline.spec.id}-" + (f"seed{style:08d}" if isinstance(style, int) else "painting")


def read_map(text: object, pipeline: SemanticPipeline) -> NDArray[np.int32]:
    """A label map as runs, its ids checked against the model's.

    Raises:
        ValueError: not the model's size, or an id that it lacks.
    """
    return pipeline.read_map(read_runs(text, pipeline.size))


def read_runs(text: object, size: tuple[int, int]) -> NDArray[np.int32]:
    """The ids [H, W] that pairs of id and count stand for, 16 bits each, in base64.

    Raises:
        ValueError: they are no such pairs, or do not fill the size (width, height).
    """
    if not isinstance(text, str) or len(text) > _MAX_TEXT:
        raise ValueError("The label map sent is no text of a canvas; reload the page.")
    try:
        pairs = np.frombuffer(base64.b64decode(text, validate=True), "<u2").reshape(-1, 2)
    except (binascii.Error, ValueError) as error:
        raise ValueError("The label map sent is broken; reload the page.") from error
    width, height = size
    if int(pairs[:, 1].sum(dtype=np.int64)) != width * height:
        raise ValueError(
            f"The canvas does not have this model's {width}x{height}; reload the page."
        )
    return np.repeat(pairs[:, 0].astype(np.int32), pairs[:, 1]).reshape(height, width)


def write_runs(ids: NDArray) -> str:
    """Ids [H, W] as `read_runs` reads them."""
    flat = np.asarray(ids).ravel().astype("<u2")
    edges = [0, *(np.flatnonzero(np.diff(flat)) + 1).tolist(), len(flat)]
    pairs = []
    for start, end in pairwise(edges):
        for at in range(start, end, 65535):
            pairs.append((flat[start], min(65535, end - at)))
    return base64.b64encode(np.asarray(pairs, "<u2").tobytes()).decode()


def read_style(style: object, pipeline: SemanticPipeline) -> Style:
    """A style as the canvas sends it: `seed`, `z`, or a `mix` of two at `t`.

    Raises:
        ValueError: it is broken.
    """
    if not pipeline.has_style:
        return 0
    if not isinstance(style, Mapping):
        raise ValueError("This style is broken; choose a seed.")
    if "mix" not in style:
        return _plain_style(style)
    ends, t = style["mix"], style.get("t")
    if not isinstance(ends, list) or len(ends) != 2 or not isinstance(t, int | float):
        raise ValueError("This mix of styles is broken; choose its ends again.")
    return pipeline.mix_styles(_plain_style(ends[0]), _plain_style(ends[1]), t)


def _plain_style(style: object) -> Style:
    if not isinstance(style, Mapping):
        raise ValueError("This style is broken; choose a seed.")
    z, seed = style.get("z"), style.get("seed")
    if isinstance(z, list) and all(isinstance(number, int | float) for number in z):
        return z
    if isinstance(seed, bool) or not isinstance(seed, int):
        raise ValueError("A style seed is a whole number from 0 to 4294967295.")
    return seed


def write_style(style: Style, name: str = "") -> dict[str, Any]:
    """A style as the canvas takes it."""
    if isinstance(style, int):
        return {"seed": style}
    return {"z": list(style), "name": name or "the picture's"}
