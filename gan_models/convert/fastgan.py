"""FastGAN generators in the layout of the huggan few-shot models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gan_models.convert.reading import (
    PICTURE_CHANNELS,
    ExpectedTensor,
    Tensors,
    agreed,
    build_filled,
    foreign,
    spectral_norm_tensors,
)
from gan_models.networks.base import Network
from gan_models.networks.fastgan import EXCITED, WIDTHS

FORMAT = "fastgan-huggan"
NORM = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


def load(tensors: Tensors) -> Network:
    """Build a FastGAN generator from `_init`, `_upsample_<pixels>`, `_sle_<pixels>`, `_out_…`."""
    first = "_upsample_8._layers.1._conv.weight_orig"
    if not any(key.startswith("_upsample_1024.") for key in tensors):
        raise foreign(tensors, first, FORMAT)
    widths = [
        agreed(tensors, [(first, 1), ("_sle_64._layers.1._conv.weight_orig", 1)], first, FORMAT)
    ]
    for index in range(1, len(WIDTHS)):
        at = f"_upsample_{4 << index}._layers"
        norm = f"{at}.{3 if index % 2 else 2}"
        places = [(f"{norm}.{name}", 0) for name in NORM[:4]] + [(f"{at}.1._conv.weight_u", 0)]
        widths.append(agreed(tensors, places, norm, FORMAT) // 2)
    stem = "_init._layers.0._conv.weight_orig"
    config = {
        "z_dim": agreed(tensors, [(stem, 0)], stem, FORMAT),
        "widths": widths,
        "img_channels": agreed(
            tensors,
            [
                (f"_out_{size}.0._conv.weight_{part}", 0)
                for size in (128, 1024)
                for part in ("u", "orig")
            ],
            "channels",
            FORMAT,
            PICTURE_CHANNELS,
        ),
    }
    expected = dict(_expected_tensors(config))
    return build_filled("fastgan", config, tensors, expected, FORMAT, transposed=(stem,))


def _expected_tensors(config: dict[str, Any]) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name every tensor of a FastGAN generator."""
    widths, colours = config["widths"], config["img_channels"]
    stem = (config["z_dim"], 2 * widths[0], 4, 4)
    yield from spectral_norm_tensors("_init._layers.0._conv", "stem", stem, transposed=True)
    yield from _batch_norm("_init._layers.1", "stem_norm", 2 * widths[0])
    for index in range(1, len(widths)):
        at, to = f"_upsample_{4 << index}._layers", f"blocks.{index - 1}.convs"
        before, after = widths[index - 1], widths[index]
        shape = (2 * after, before, 3, 3)
        yield from spectral_norm_tensors(f"{at}.1._conv", f"{to}.0.conv", shape)
        if index % 2 == 0:
            yield from _batch_norm(f"{at}.2", f"{to}.0.norm", 2 * after)
            continue
        yield f"{at}.2._weight", ExpectedTensor((1,), f"{to}.0.noise_strength")
        yield from _batch_norm(f"{at}.3", f"{to}.0.norm", 2 * after)
        yield from spectral_norm_tensors(f"{at}.5._conv", f"{to}.1.conv", (2 * after, after, 3, 3))
        yield f"{at}.6._weight", ExpectedTensor((1,), f"{to}.1.noise_strength")
        yield from _batch_norm(f"{at}.7", f"{to}.1.norm", 2 * after)
    for index, source in EXCITED.items():
        at, to = f"_sle_{4 << index}._layers", f"excitations.{index}"
        shape = (widths[index], widths[source], 4, 4)
        yield from spectral_norm_tensors(f"{at}.1._conv", f"{to}.squeeze", shape)
        shape = (widths[index], widths[index], 1, 1)
        yield from spectral_norm_tensors(f"{at}.3._conv", f"{to}.weigh", shape)
    yield from spectral_norm_tensors("_out_128.0._conv", "to_small_rgb", (colours, widths[5], 1, 1))
    yield from spectral_norm_tensors("_out_1024.0._conv", "to_rgb", (colours, widths[-1], 3, 3))


def _batch_norm(theirs: str, ours: str, channels: int) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name the tensors of a batch norm."""
    for name in NORM:
        shape = () if name == "num_batches_tracked" else (channels,)
        yield f"{theirs}.{name}", ExpectedTensor(shape, f"{ours}.{name}")
