"""Small generators: AnimeGANv2 in bryandlee's layout, FastGAN in the huggan few-shot layout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from torch import nn

from gan_models.convert.reading import (
    PICTURE_CHANNELS,
    Slot,
    Tensors,
    agreed,
    build_filled,
    for_pictures,
    foreign,
    spectral_slots,
)
from gan_models.networks.fastgan import EXCITED, WIDTHS

ANIMEGAN, FASTGAN = "animegan2-bryandlee", "fastgan-huggan"
NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def load_animegan(tensors: Tensors) -> nn.Module:
    """Build an AnimeGANv2 generator from `block_a` to `block_e` and `out_layer`."""
    blocks = {int(m[1]) for key in tensors if (m := re.match(r"block_c\.(\d+)\.layers\.", key))}
    if not blocks:
        raise foreign(tensors, "block_c.1.layers.0.1.weight", ANIMEGAN)
    num_blocks = max(blocks)
    places = [("block_a.0.1.weight", 0), ("block_a.0.2.weight", 0), ("block_a.1.1.weight", 1)]
    config = {
        "width": agreed(tensors, places, "width", ANIMEGAN),
        "num_blocks": num_blocks,
        "in_channels": agreed(
            tensors, [("block_a.0.1.weight", 1)], "channels", ANIMEGAN, PICTURE_CHANNELS
        ),
        "out_channels": agreed(
            tensors, [("out_layer.0.weight", 0)], "channels", ANIMEGAN, PICTURE_CHANNELS
        ),
    }
    slots = dict(_animegan_slots(config))
    return for_pictures(build_filled("animegan2", config, tensors, slots, ANIMEGAN), ANIMEGAN)


def _unit(
    theirs: tuple[str, str], ours: str, before: int, after: int, kernel: int
) -> Iterator[tuple[str, Slot]]:
    """Name one convolution and the normalisation behind it."""
    conv, norm = theirs
    yield f"{conv}.weight", Slot((after, before, kernel, kernel), f"{ours}.conv.weight")
    yield f"{norm}.weight", Slot((after,), f"{ours}.norm.weight")
    yield f"{norm}.bias", Slot((after,), f"{ours}.norm.bias")


def _animegan_slots(config: dict[str, Any]) -> Iterator[tuple[str, Slot]]:
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
        yield f"{at}.1.1.bias", Slot((middle,), f"{to}.filter.conv.bias")
        yield from _unit((f"{at}.2", f"{at}.3"), f"{to}.narrow", middle, 8 * w, 1)
    yield "out_layer.0.weight", Slot((config["out_channels"], w, 1, 1), "to_rgb.weight")


def load_fastgan(tensors: Tensors) -> nn.Module:
    """Build a FastGAN generator from `_init`, `_upsample_<pixels>`, `_sle_<pixels>`, `_out_…`."""
    first = "_upsample_8._layers.1._conv.weight_orig"
    if not any(key.startswith("_upsample_1024.") for key in tensors):
        raise foreign(tensors, first, FASTGAN)
    widths = [
        agreed(tensors, [(first, 1), ("_sle_64._layers.1._conv.weight_orig", 1)], first, FASTGAN)
    ]
    for index in range(1, len(WIDTHS)):
        at = f"_upsample_{4 << index}._layers"
        norm = f"{at}.{3 if index % 2 else 2}"
        places = [(f"{norm}.{name}", 0) for name in NORM[:4]] + [(f"{at}.1._conv.weight_u", 0)]
        widths.append(agreed(tensors, places, norm, FASTGAN) // 2)
    stem = "_init._layers.0._conv.weight_orig"
    config = {
        "z_dim": agreed(tensors, [(stem, 0)], stem, FASTGAN),
        "widths": widths,
        "img_channels": agreed(
            tensors,
            [
                (f"_out_{size}.0._conv.weight_{part}", 0)
                for size in (128, 1024)
                for part in ("u", "orig")
            ],
            "channels",
            FASTGAN,
            PICTURE_CHANNELS,
        ),
    }
    slots = dict(_fastgan_slots(config))
    return build_filled("fastgan", config, tensors, slots, FASTGAN, transposed=(stem,))


def _fastgan_slots(config: dict[str, Any]) -> Iterator[tuple[str, Slot]]:
    """Name every tensor of a FastGAN generator."""
    widths, colours = config["widths"], config["img_channels"]
    stem = (config["z_dim"], 2 * widths[0], 4, 4)
    yield from spectral_slots("_init._layers.0._conv", "stem", stem, transposed=True)
    yield from _batch_norm("_init._layers.1", "stem_norm", 2 * widths[0])
    for index in range(1, len(widths)):
        at, to = f"_upsample_{4 << index}._layers", f"blocks.{index - 1}.convs"
        before, after = widths[index - 1], widths[index]
        shape = (2 * after, before, 3, 3)
        yield from spectral_slots(f"{at}.1._conv", f"{to}.0.conv", shape)
        if index % 2 == 0:
            yield from _batch_norm(f"{at}.2", f"{to}.0.norm", 2 * after)
            continue
        yield f"{at}.2._weight", Slot((1,), f"{to}.0.noise_strength")
        yield from _batch_norm(f"{at}.3", f"{to}.0.norm", 2 * after)
        yield from spectral_slots(f"{at}.5._conv", f"{to}.1.conv", (2 * after, after, 3, 3))
        yield f"{at}.6._weight", Slot((1,), f"{to}.1.noise_strength")
        yield from _batch_norm(f"{at}.7", f"{to}.1.norm", 2 * after)
    for index, source in EXCITED.items():
        at, to = f"_sle_{4 << index}._layers", f"excitations.{index}"
        shape = (widths[index], widths[source], 4, 4)
        yield from spectral_slots(f"{at}.1._conv", f"{to}.squeeze", shape)
        shape = (widths[index], widths[index], 1, 1)
        yield from spectral_slots(f"{at}.3._conv", f"{to}.weigh", shape)
    yield from spectral_slots("_out_128.0._conv", "to_small_rgb", (colours, widths[5], 1, 1))
    yield from spectral_slots("_out_1024.0._conv", "to_rgb", (colours, widths[-1], 3, 3))


def _batch_norm(theirs: str, ours: str, channels: int) -> Iterator[tuple[str, Slot]]:
    """Name the tensors of a batch norm."""
    for name in NORM:
        shape = () if name == "num_batches_tracked" else (channels,)
        yield f"{theirs}.{name}", Slot(shape, f"{ours}.{name}")
