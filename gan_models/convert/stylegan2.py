"""StyleGAN2 checkpoints: NVIDIA's layout (StyleGAN2-ADA, StyleGAN3 code bases) and rosinality's."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import torch
from torch import Tensor

from gan_models.convert.reading import (
    PICTURE_CHANNELS,
    ExpectedTensor,
    FormatError,
    Tensors,
    agreed,
    build_filled,
    foreign,
)
from gan_models.networks.base import Network
from gan_models.networks.resampling import BINOMIAL, fir_taps

NVLABS, ROSINALITY = "stylegan2-nvlabs", "stylegan2-rosinality"


def load_nvlabs(tensors: Tensors, conv_clamp: float | None = 256.0) -> Network:
    """Build a generator from NVIDIA's `synthesis.b<pixels>…` and `mapping.fc<i>…`.

    Args:
        tensors: the state dict.
        conv_clamp: clamp of the layers' outputs; StyleGAN3's code base has 256, ADA's None.
    """
    sizes = sizes_named(tensors, r"synthesis\.b(\d+)\.", NVLABS, "synthesis.b4.const")
    noises = [f"synthesis.b{s}.{name}.noise_const" for s in sizes for name in ("conv0", "conv1")]
    _refuse_odd_sides(tensors, "synthesis.b4.const", noises[1:], len(sizes))
    channels = [_nvlabs_width(tensors, size) for size in sizes]
    w_dim = agreed(
        tensors,
        [("mapping.w_avg", 0)] + [(f"synthesis.b{s}.conv1.affine.weight", 1) for s in sizes],
        "w_dim",
        NVLABS,
    )
    places = [(f"synthesis.b{s}.torgb.{part}", 0) for s in sizes for part in ("weight", "bias")]
    img_channels = agreed(tensors, places, "img_channels", NVLABS, PICTURE_CHANNELS)
    config = {
        **mapping_config(tensors, w_dim, NVLABS),
        "img_resolution": sizes[-1],
        "img_channels": img_channels,
        "channels": channels,
        "conv_clamp": conv_clamp,
    }
    expected = {"synthesis.b4.const": ExpectedTensor((channels[0], 4, 4), "synthesis.const")}
    for index, size in enumerate(sizes):
        expected |= _nvlabs_block(index, size, channels, w_dim, img_channels)
    expected |= mapping_tensors(config)
    filters = [
        f"synthesis.b{size}.{part}resample_filter" for size in sizes[1:] for part in ("", "conv0.")
    ]
    taps = shared_filter(tensors, filters or ["synthesis.b4.resample_filter"], 1.0, NVLABS)
    tensors = {"mapping.w_avg": torch.zeros(w_dim), **tensors}
    return _build(config, tensors, expected, taps, NVLABS)


def load_rosinality(tensors: Tensors, latent_avg: Tensor | None = None) -> Network:
    """Build a generator from rosinality's `style.<i>`, `convs.<i>` and `to_rgbs.<i>`.

    Args:
        tensors: the state dict under `g_ema`.
        latent_avg: [w_dim], the entry beside `g_ema`; it becomes `w_avg`.
    """
    last = max(
        (int(m[1]) for key in tensors if (m := re.match(r"to_rgbs\.(\d+)\.", key))), default=-1
    )
    if not any(key.startswith("to_rgb1.") for key in tensors):
        raise foreign(tensors, "to_rgb1.bias", ROSINALITY)
    sizes = [4 * 2**i for i in range(last + 2)]
    noises = [f"noises.noise_{i}" for i in range(2 * len(sizes) - 1)]
    _refuse_odd_sides(tensors, "input.input", noises, len(sizes))
    config, channels = _rosinality_config(tensors, sizes)
    w_dim, img_channels = config["w_dim"], config["img_channels"]
    expected = {"input.input": ExpectedTensor((1, channels[0], 4, 4), "synthesis.const")}
    for i in range(config["num_mapping_layers"]):
        inputs = config["z_dim"] if i == 0 else w_dim
        expected[f"style.{i + 1}.weight"] = ExpectedTensor(
            (w_dim, inputs), f"mapping.layers.{i}.weight"
        )
        expected[f"style.{i + 1}.bias"] = ExpectedTensor((w_dim,), f"mapping.layers.{i}.bias")
    filters = []
    for index, size in enumerate(sizes):
        expected |= _rosinality_block(index, size, channels, w_dim, img_channels)
        if index:
            filters += [
                f"convs.{2 * index - 2}.conv.blur.kernel",
                f"to_rgbs.{index - 1}.upsample.kernel",
            ]
    expected |= {name: ExpectedTensor((4, 4)) for name in filters}
    tensors = dict(tensors)
    expected |= _rosinality_noises(tensors, sizes)
    taps = shared_filter(tensors, filters, 0.25, ROSINALITY)
    tensors["latent_avg"] = torch.zeros(w_dim) if latent_avg is None else latent_avg.flatten()
    expected["latent_avg"] = ExpectedTensor((w_dim,), "mapping.w_avg")
    return _build(config, tensors, expected, taps, ROSINALITY)


def _build(
    config: dict[str, Any],
    tensors: Tensors,
    expected: dict[str, ExpectedTensor],
    taps: Tensor,
    format: str,
) -> Network:
    """Add the filter, which both layouts store many times and our network once, and build."""
    own = "synthesis.resample_filter"
    return build_filled(
        "stylegan2",
        config,
        {**tensors, own: taps},
        {**expected, own: ExpectedTensor(tuple(taps.shape), own)},
        format,
    )


def shared_filter(tensors: Tensors, names: list[str], scale: float, format: str) -> Tensor:
    """Return the taps [4] along one axis of the filter that all layers share.

    Raises:
        FormatError: the layers' filters differ, or do not separate into axes.
    """
    taps = fir_taps(BINOMIAL)
    for index, name in enumerate(names):
        kernel = tensors.get(name)
        if kernel is None or kernel.shape != (4, 4):
            continue  # the strict check names it
        kernel = kernel.float() * scale
        if index == 0:
            taps = kernel.sum(dim=1)  # the other axis sums to 1
        if not torch.allclose(kernel, torch.outer(taps, taps), atol=1e-6):
            raise FormatError(
                f"{name!r} is not the filter the other layers have; the network has one for all. "
                f"Use an unmodified {format} checkpoint."
            )
    return taps.contiguous()


def sizes_named(tensors: Tensors, pattern: str, format: str, missing: str) -> list[int]:
    """Return 4, 8, … up to the largest size any key names."""
    found = [int(m[1]) for key in tensors if (m := re.match(pattern, key))]
    top = max(found, default=0)
    if top < 4 or top & (top - 1) or top > 8192:
        raise foreign(tensors, missing, format)
    return [2**power for power in range(2, top.bit_length())]


def _refuse_odd_sides(tensors: Tensors, const: str, noises: list[str], num_sizes: int) -> None:
    """Refuse a generator whose pictures are not square, or start at another size than 4 x 4.

    One tensor with odd sides is damaged, and the strict check names it; here all must be odd.

    Args:
        const: name of the constant input [..., C, H, W].
        noises: names of the noise maps [..., H, W], two a size but the first.
        num_sizes: how often the size doubles, and one.

    Raises:
        FormatError: as above, with the shape that it has.
    """
    scales = [1, *(2 ** ((index + 1) // 2) for index in range(len(noises)))]
    begins = Counter(
        (tensors[name].shape[-1] / scale, tensors[name].shape[-2] / scale)
        for name, scale in zip([const, *noises], scales, strict=True)
        if name in tensors and tensors[name].ndim >= 2
    )
    (width, height), votes = max(begins.items(), key=lambda item: item[1], default=((4, 4), 0))
    if (width, height) == (4, 4) or 2 * votes <= begins.total():
        return
    doubled = 2 ** (num_sizes - 1)
    whole = f"{width * doubled:g} x {height * doubled:g} px (width x height)"
    fault = "" if width == height else "is not square: it "
    raise FormatError(
        f"This StyleGAN2 generator {fault}makes pictures of {whole}, as its sizes begin at "
        f"{width:g} x {height:g}. Only square generators, which begin at 4 x 4, are supported; "
        "choose one of those."
    )


def _nvlabs_width(tensors: Tensors, size: int) -> int:
    at = f"synthesis.b{size}"
    places = [(f"{at}.conv1.weight", 0), (f"{at}.conv1.weight", 1), (f"{at}.conv1.bias", 0)]
    places += [(f"{at}.conv0.bias", 0), (f"{at}.torgb.weight", 1), (f"{at}.torgb.affine.bias", 0)]
    return agreed(tensors, places, "width", NVLABS)


def mapping_config(tensors: Tensors, w_dim: int, format: str) -> dict[str, Any]:
    """Read the sizes of NVIDIA's mapping network, which StyleGAN2 and StyleGAN3 share."""
    layers = [int(m[1]) for key in tensors if (m := re.match(r"mapping\.fc(\d+)\.", key))]
    if not layers:
        raise foreign(tensors, "mapping.fc0.weight", format)
    count = max(layers) + 1
    conditional = any(key.startswith("mapping.embed.") for key in tensors)
    c_dim = embed = 0
    if conditional:
        c_dim = agreed(tensors, [("mapping.embed.weight", 1)], "mapping.embed.weight", format)
        places = [("mapping.embed.weight", 0), ("mapping.embed.bias", 0)]
        embed = agreed(tensors, places, "mapping.embed.weight", format, (w_dim,))
    inner = [(f"mapping.fc{i}.{part}", 0) for i in range(count - 1) for part in ("weight", "bias")]
    inner += [(f"mapping.fc{i}.weight", 1) for i in range(1, count)]
    # an unconditional mapping has z_dim inputs; no other tensor has that size
    inputs = (
        agreed(tensors, [("mapping.fc0.weight", 1)], "mapping.fc0.weight", format)
        if "mapping.fc0.weight" in tensors
        else w_dim
    )
    return {
        "z_dim": inputs - embed,
        "c_dim": c_dim,
        "w_dim": w_dim,
        "num_mapping_layers": count,
        "embed_features": embed or None,
        "layer_features": agreed(tensors, inner, "width", format) if count > 1 else None,
    }


def mapping_tensors(config: dict[str, Any]) -> dict[str, ExpectedTensor]:
    """Name the tensors of NVIDIA's mapping network."""
    embed, w_dim, count = (
        config["embed_features"] or 0,
        config["w_dim"],
        config["num_mapping_layers"],
    )
    widths = [config["z_dim"] + embed] + [config["layer_features"]] * (count - 1) + [w_dim]
    expected = {"mapping.w_avg": ExpectedTensor((w_dim,), "mapping.w_avg")}
    if embed:
        expected["mapping.embed.weight"] = ExpectedTensor(
            (embed, config["c_dim"]), "mapping.embed.weight"
        )
        expected["mapping.embed.bias"] = ExpectedTensor((embed,), "mapping.embed.bias")
    for i in range(count):
        expected[f"mapping.fc{i}.weight"] = ExpectedTensor(
            (widths[i + 1], widths[i]), f"mapping.layers.{i}.weight"
        )
        expected[f"mapping.fc{i}.bias"] = ExpectedTensor(
            (widths[i + 1],), f"mapping.layers.{i}.bias"
        )
    return expected


def _nvlabs_block(
    index: int, size: int, channels: list[int], w_dim: int, img_channels: int
) -> dict[str, ExpectedTensor]:
    """Name the tensors of one resolution."""
    theirs, ours = f"synthesis.b{size}", f"synthesis.blocks.{index}"
    width, before = channels[index], channels[max(index - 1, 0)]
    expected = {f"{theirs}.resample_filter": ExpectedTensor((4, 4))}
    for name, inputs in (("conv0", before), ("conv1", width)):
        if name == "conv0" and size == 4:
            continue
        at, to = f"{theirs}.{name}", f"{ours}.{name}"
        expected |= {
            f"{at}.weight": ExpectedTensor((width, inputs, 3, 3), f"{to}.conv.weight"),
            f"{at}.noise_strength": ExpectedTensor((), f"{to}.noise_strength"),
            f"{at}.bias": ExpectedTensor((width,), f"{to}.bias"),
            f"{at}.resample_filter": ExpectedTensor((4, 4)),
            f"{at}.noise_const": ExpectedTensor((size, size), f"{to}.noise_const"),
            f"{at}.affine.weight": ExpectedTensor((inputs, w_dim), f"{to}.conv.affine.weight"),
            f"{at}.affine.bias": ExpectedTensor((inputs,), f"{to}.conv.affine.bias"),
        }
    at, to = f"{theirs}.torgb", f"{ours}.to_rgb"
    expected |= {
        f"{at}.weight": ExpectedTensor((img_channels, width, 1, 1), f"{to}.conv.weight"),
        f"{at}.bias": ExpectedTensor((img_channels,), f"{to}.bias"),
        f"{at}.affine.weight": ExpectedTensor((width, w_dim), f"{to}.conv.affine.weight"),
        f"{at}.affine.bias": ExpectedTensor((width,), f"{to}.conv.affine.bias"),
    }
    return expected


def _rosinality_config(tensors: Tensors, sizes: list[int]) -> tuple[dict[str, Any], list[int]]:
    """Read the sizes of a rosinality generator, and its channels by resolution."""
    names = ["conv1"] + [f"convs.{i}" for i in range(2 * len(sizes) - 2)]
    channels = []
    for index in range(len(sizes)):
        own = names[max(2 * index - 1, 0) : 2 * index + 1]
        rgb = "to_rgb1" if index == 0 else f"to_rgbs.{index - 1}"
        places = [(f"{rgb}.conv.weight", 2), (f"{rgb}.conv.modulation.bias", 0)]
        for name in own:
            places += [(f"{name}.activate.bias", 0), (f"{name}.conv.weight", 1)]
        channels.append(agreed(tensors, places, "width", ROSINALITY))
    w_dim = agreed(
        tensors, [(f"{name}.conv.modulation.weight", 1) for name in names], "w_dim", ROSINALITY
    )
    layers = [int(m[1]) for key in tensors if (m := re.match(r"style\.(\d+)\.", key))]
    if not layers:
        raise foreign(tensors, "style.1.weight", ROSINALITY)
    z_dim = tensors["style.1.weight"].shape[-1] if "style.1.weight" in tensors else w_dim
    rgbs = ["to_rgb1"] + [f"to_rgbs.{i}" for i in range(len(sizes) - 1)]
    places = [(f"{rgb}.{part}", 1) for rgb in rgbs for part in ("bias", "conv.weight")]
    config = {
        "z_dim": z_dim,
        "w_dim": w_dim,
        "img_resolution": sizes[-1],
        "img_channels": agreed(tensors, places, "img_channels", ROSINALITY, PICTURE_CHANNELS),
        "channels": channels,
        "num_mapping_layers": max(layers),
        "conv_clamp": None,
    }
    return config, channels


def _rosinality_block(
    index: int, size: int, channels: list[int], w_dim: int, img_channels: int
) -> dict[str, ExpectedTensor]:
    """Name the tensors of one resolution."""
    ours, width, before = f"synthesis.blocks.{index}", channels[index], channels[max(index - 1, 0)]
    if index == 0:
        convs, rgb = [("conv1", "conv1", width)], "to_rgb1"
    else:
        convs = [
            (f"convs.{2 * index - 2}", "conv0", before),
            (f"convs.{2 * index - 1}", "conv1", width),
        ]
        rgb = f"to_rgbs.{index - 1}"
    expected = {}
    for at, name, inputs in convs:
        to = f"{ours}.{name}"
        expected |= {
            f"{at}.conv.weight": ExpectedTensor((1, width, inputs, 3, 3), f"{to}.conv.weight"),
            f"{at}.conv.modulation.weight": ExpectedTensor(
                (inputs, w_dim), f"{to}.conv.affine.weight"
            ),
            f"{at}.conv.modulation.bias": ExpectedTensor((inputs,), f"{to}.conv.affine.bias"),
            f"{at}.noise.weight": ExpectedTensor((1,), f"{to}.noise_strength"),
            f"{at}.activate.bias": ExpectedTensor((width,), f"{to}.bias"),
        }
    return expected | {
        f"{rgb}.bias": ExpectedTensor((1, img_channels, 1, 1), f"{ours}.to_rgb.bias"),
        f"{rgb}.conv.weight": ExpectedTensor(
            (1, img_channels, width, 1, 1), f"{ours}.to_rgb.conv.weight"
        ),
        f"{rgb}.conv.modulation.weight": ExpectedTensor(
            (width, w_dim), f"{ours}.to_rgb.conv.affine.weight"
        ),
        f"{rgb}.conv.modulation.bias": ExpectedTensor((width,), f"{ours}.to_rgb.conv.affine.bias"),
    }


def _rosinality_noises(tensors: Tensors, sizes: list[int]) -> dict[str, ExpectedTensor]:
    """Name the noise maps; old files have none, then they are drawn once."""
    targets = ["blocks.0.conv1"]
    targets += [f"blocks.{i}.{name}" for i in range(1, len(sizes)) for name in ("conv0", "conv1")]
    expected = {}
    for index, target in enumerate(targets):
        side = 4 * 2 ** ((index + 1) // 2)
        to = f"synthesis.{target}.noise_const"
        expected[f"noises.noise_{index}"] = ExpectedTensor((1, 1, side, side), to)
    if not any(key.startswith("noises.") for key in tensors):
        source = torch.Generator().manual_seed(0)
        for key, wanted in expected.items():
            tensors[key] = torch.randn(wanted.shape, generator=source)
    return expected
