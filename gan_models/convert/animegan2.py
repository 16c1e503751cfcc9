"""AnimeGANv2 generators in bryandlee's layout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gan_models.convert.reading import (
    PICTURE_CHANNELS,
    ExpectedTensor,
    Tensors,
    agreed,
    build_filled,
    for_pictures,
    foreign,
)
from gan_models.networks.base import Network

FORMAT = "animegan2-bryandlee"


def load(tensors: Tensors) -> Network:
    """Build an AnimeGANv2 generator from `block_a` to `block_e` and `out_layer`."""
    blocks = {int(m[1]) for key in tensors if (m := re.match(r"block_c\.(\d+)\.layers\.", key))}
    if not blocks:
        raise foreign(tensors, "block_c.1.layers.0.1.weight", FORMAT)
    num_blocks = max(blocks)
    places = [("block_a.0.1.weight", 0), ("block_a.0.2.weight", 0), ("block_a.1.1.weight", 1)]
    config = {
        "width": agreed(tensors, places, "width", FORMAT),
        "num_blocks": num_blocks,
        "in_channels": agreed(
            tensors, [("block_a.0.1.weight", 1)], "channels", FORMAT, PICTURE_CHANNELS
        ),
        "out_channels": agreed(
            tensors, [("out_layer.0.weight", 0)], "channels", FORMAT, PICTURE_CHANNELS
        ),
    }
    expected = dict(_expected_tensors(config))
    return for_pictures(build_filled("animegan2", config, tensors, expected, FORMAT), FORMAT)


def _unit(
    theirs: tuple[str, str], ours: str, before: int, after: int, kernel: int
) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name one convolution and the normalisation after it."""
    conv, norm = theirs
    yield f"{conv}.weight", ExpectedTensor((after, before, kernel, kernel), f"{ours}.conv.weight")
    yield f"{norm}.weight", ExpectedTensor((after,), f"{ours}.norm.weight")
    yield f"{norm}.bias", ExpectedTensor((after,), f"{ours}.norm.bias")


def _expected_tensors(config: dict[str, Any]) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name every tensor of an AnimeGANv2 generator."""
    w, count = config["width"], config["num_blocks"]
    plain = [
        ("block_a.0", "to_half.0", config["in_channels"], w, 7),
        ("block_a.1", "to_half.1", w, 2 * w, 3),
        ("block_a.2", "to_half.2", 2 * w, 2 * w, 3),
        ("block_b.0", "quarter.0", 2 * w, 4 * w, 3),
        ("block_b.1", "quarter.1", 4 * w, 4 * w, 3),
        ("block_c.0", "middle.0", 4 * w, 4 * w, 3),
        (f"block_c.{count + 1}", f"middle.{count + 1}", 8 * w, 4 * w, 3),
        ("block_d.0", "up_half.0", 4 * w, 4 * w, 3),
        ("block_d.1", "up_half.1", 4 * w, 4 * w, 3),
        ("block_e.0", "up_full.0", 4 * w, 2 * w, 3),
        ("block_e.1", "up_full.1", 2 * w, 2 * w, 3),
        ("block_e.2", "up_full.2", 2 * w, w, 7),
    ]
    for theirs, ours, before, after, kernel in plain:
        yield from _unit((f"{theirs}.1", f"{theirs}.2"), ours, before, after, kernel)
    for i in range(1, count + 1):
        at, to = f"block_c.{i}.layers", f"middle.{i}"
        before = 4 * w if i == 1 else 8 * w
        middle = 2 * before
        yield from _unit((f"{at}.0.1", f"{at}.0.2"), f"{to}.widen", before, middle, 1)
        yield from _unit((f"{at}.1.1", f"{at}.1.2"), f"{to}.filter", 1, middle, 3)
        yield f"{at}.1.1.bias", ExpectedTensor((middle,), f"{to}.filter.conv.bias")
        yield from _unit((f"{at}.2", f"{at}.3"), f"{to}.narrow", middle, 8 * w, 1)
    yield "out_layer.0.weight", ExpectedTensor((config["out_channels"], w, 1, 1), "to_rgb.weight")
