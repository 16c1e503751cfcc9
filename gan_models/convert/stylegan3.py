"""StyleGAN3 checkpoints in NVIDIA's layout, whose keys name each layer's size and channels."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

import torch

from gan_models.convert.reading import (
    ExpectedTensor,
    FormatError,
    Tensors,
    agreed,
    build_empty,
    build_filled,
    foreign,
)
from gan_models.convert.stylegan2 import mapping_config, mapping_tensors
from gan_models.networks.base import Network
from gan_models.networks.stylegan3 import SynthesisNetwork, plan_bands

FORMAT = "stylegan3-nvlabs"


def load(
    tensors: Tensors,
    num_layers: int | None = None,
    margin_size: int | None = None,
    channel_base: int | None = None,
    channel_max: int | None = None,
    conv_clamp: float | None = 256.0,
) -> Network:
    """Build a StyleGAN3 generator, T or R.

    Args:
        tensors: the state dict.
        num_layers, margin_size: None: from the names of the layers.
        channel_base, channel_max: None: from the names of the layers.
        conv_clamp: clamp of the layers' outputs.
    """
    names = Counter(m[1] for key in tensors if (m := re.match(r"synthesis\.(L\d+_\d+_\d+)\.", key)))
    found = {int(name[1:].split("_")[0]): name for name, _ in reversed(names.most_common())}
    if not found or max(found) < 3:
        raise foreign(tensors, "synthesis.L0_36_512.weight", FORMAT)
    num_layers = max(found) if num_layers is None else num_layers
    missing = [index for index in range(num_layers + 1) if index not in found]
    if missing or max(found) != num_layers:
        index = missing[0] if missing else num_layers + 1
        raise FormatError(
            f"The layer 'synthesis.L{index}' does not fit num_layers = {num_layers}: "
            f"the file has {len(found)} layers. Give the right num_layers or a complete file."
        )
    layers = [found[index] for index in range(num_layers + 1)]
    sizes, channels = ([int(name.split("_")[i]) for name in layers] for i in (1, 2))
    inputs = [("mapping.w_avg", 0)] + [(f"synthesis.{name}.affine.weight", 1) for name in layers]
    config = mapping_config(tensors, agreed(tensors, inputs, "w_dim", FORMAT), FORMAT) | {
        "img_resolution": sizes[-1],
        "img_channels": channels[-1],
        "num_layers": num_layers,
        "conv_clamp": conv_clamp,
        "conv_kernel": agreed(
            tensors, [(f"synthesis.{name}.weight", 2) for name in layers[:-1]], "kernel", FORMAT
        ),
        "use_radial_filters": _is_radial(tensors, layers),
    }
    config["margin_size"] = _margin(config, sizes) if margin_size is None else margin_size
    config["channels"] = channels
    if channel_base is not None or channel_max is not None:
        config["channels"] = _planned_channels(config, channel_base or 32768, channel_max or 512)
    tensors = dict(tensors)
    tensors.setdefault("mapping.w_avg", torch.zeros(config["w_dim"]))
    tensors.setdefault("synthesis.input.transform", torch.eye(3))
    expected = mapping_tensors(config) | dict(_synthesis_tensors(config))
    return build_filled("stylegan3", config, tensors, expected, FORMAT)


def _is_radial(tensors: Tensors, layers: list[str]) -> bool:
    filters = [tensors.get(f"synthesis.{name}.down_filter") for name in layers]
    return sum(f is not None and f.ndim == 2 for f in filters) > 1


def _margin(config: dict[str, Any], sizes: list[int]) -> int:
    """Read the margin from the first layer's size."""
    bare = plan_bands(config["img_resolution"], 3, config["num_layers"], 0, 32768, 512)
    return (sizes[0] - bare[0].size) // 2


def _planned_channels(config: dict[str, Any], channel_base: int, channel_max: int) -> list[int]:
    bands = plan_bands(
        config["img_resolution"],
        config["img_channels"],
        config["num_layers"],
        config["margin_size"],
        channel_base,
        channel_max,
    )
    return [band.channels for band in bands]


def _synthesis_tensors(config: dict[str, Any]) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name every tensor of the synthesis network."""
    synthesis = cast("SynthesisNetwork", build_empty("stylegan3", config, FORMAT).synthesis)
    for index, (layer, band) in enumerate(zip(synthesis.layers, synthesis.bands, strict=True)):
        theirs = f"synthesis.L{index}_{band.size}_{band.channels}"
        for name, tensor in layer.state_dict().items():
            yield (
                f"{theirs}.{name}",
                ExpectedTensor(tuple(tensor.shape), f"synthesis.layers.{index}.{name}"),
            )
    for name, tensor in synthesis.input.state_dict().items():
        yield (
            f"synthesis.input.{name}",
            ExpectedTensor(tuple(tensor.shape), f"synthesis.input.{name}"),
        )
