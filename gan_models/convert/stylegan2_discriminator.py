"""NVIDIA's residual StyleGAN2 discriminator, which their pickles store beside the generator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from gan_models.convert.reading import ExpectedTensor, Tensors, agreed, build_filled
from gan_models.convert.stylegan2 import NVLABS, shared_filter, sizes_named
from gan_models.networks.base import Network


def load(tensors: Tensors, conv_clamp: float | None = 256.0, group_size: int | None = 4) -> Network:
    """Build a discriminator from NVIDIA's `b<pixels>…`, stored in a pickle under `D`."""
    sizes = sizes_named(tensors, r"b(\d+)\.", NVLABS, "b4.conv.weight")
    channels = []
    for size in sizes:
        places = [
            (f"b{size}.conv0.weight", 0),
            (f"b{size}.conv0.weight", 1),
            (f"b{size}.conv0.bias", 0),
        ]
        if size == 4:
            places = [
                ("b4.conv.weight", 0),
                ("b4.conv.bias", 0),
                ("b4.fc.bias", 0),
                ("b4.fc.weight", 0),
            ]
        channels.append(agreed(tensors, places, f"b{size}.conv0.weight", NVLABS))
    top = f"b{sizes[-1]}"
    img_channels = agreed(tensors, [(f"{top}.fromrgb.weight", 1)], "fromrgb", NVLABS)
    conditional = any(key.startswith("mapping.") for key in tensors)
    count = sum(bool(re.fullmatch(r"mapping\.fc\d+\.weight", key)) for key in tensors)
    config = {
        "img_resolution": sizes[-1],
        "img_channels": img_channels,
        "channels": channels,
        "conv_clamp": conv_clamp,
        "group_size": group_size,
        "c_dim": tensors["mapping.embed.weight"].shape[1] if conditional else 0,
        "cmap_dim": agreed(tensors, [("b4.out.weight", 0), ("b4.out.bias", 0)], "out", NVLABS)
        if conditional
        else None,
        "num_mapping_layers": count,
    }
    expected = dict(_discriminator_tensors(config))
    filters = [key for key in expected if key.endswith("resample_filter")]
    taps = shared_filter(tensors, filters, 1.0, NVLABS)
    own = ExpectedTensor((4,), "resample_filter")
    return build_filled(
        "stylegan2-discriminator",
        config,
        {**tensors, "taps": taps},
        {**expected, "taps": own},
        NVLABS,
    )


def _discriminator_tensors(config: dict[str, Any]) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name every tensor of NVIDIA's residual discriminator."""
    widths, last = config["channels"][::-1], config["channels"][0]
    top, colours, cmap = config["img_resolution"], config["img_channels"], config["cmap_dim"]
    yield f"b{top}.fromrgb.weight", ExpectedTensor((widths[0], colours, 1, 1), "from_rgb.weight")
    yield f"b{top}.fromrgb.bias", ExpectedTensor((widths[0],), "from_rgb.bias")
    yield f"b{top}.fromrgb.resample_filter", ExpectedTensor((4, 4))
    for index, (before, after) in enumerate(pairwise(widths)):
        at, to = f"b{top >> index}", f"blocks.{index}"
        yield f"{at}.resample_filter", ExpectedTensor((4, 4))
        for name, outputs, kernel in (
            ("conv0", before, 3),
            ("conv1", after, 3),
            ("skip", after, 1),
        ):
            yield (
                f"{at}.{name}.weight",
                ExpectedTensor((outputs, before, kernel, kernel), f"{to}.{name}.weight"),
            )
            if name != "skip":
                yield f"{at}.{name}.bias", ExpectedTensor((outputs,), f"{to}.{name}.bias")
            yield f"{at}.{name}.resample_filter", ExpectedTensor((4, 4))
    yield "b4.conv.weight", ExpectedTensor((last, last + 1, 3, 3), "conv.weight")
    yield "b4.conv.bias", ExpectedTensor((last,), "conv.bias")
    yield "b4.conv.resample_filter", ExpectedTensor((4, 4))
    yield "b4.fc.weight", ExpectedTensor((last, last * 16), "fc.weight")
    yield "b4.fc.bias", ExpectedTensor((last,), "fc.bias")
    yield "b4.out.weight", ExpectedTensor((cmap or 1, last), "out.weight")
    yield "b4.out.bias", ExpectedTensor((cmap or 1,), "out.bias")
    if cmap:
        yield (
            "mapping.embed.weight",
            ExpectedTensor((cmap, config["c_dim"]), "mapping.embed.weight"),
        )
        yield "mapping.embed.bias", ExpectedTensor((cmap,), "mapping.embed.bias")
        for i in range(config["num_mapping_layers"]):
            yield (
                f"mapping.fc{i}.weight",
                ExpectedTensor((cmap, cmap), f"mapping.layers.{i}.weight"),
            )
            yield f"mapping.fc{i}.bias", ExpectedTensor((cmap,), f"mapping.layers.{i}.bias")
