"""SPADE checkpoints in NVlabs' layout: `*_net_G.pth` and `*_net_E.pth`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from gan_models.convert.reading import (
    PICTURE_CHANNELS,
    ExpectedTensor,
    FormatError,
    Tensors,
    agreed,
    build_filled,
    foreign,
    spectral_norm_tensors,
)
from gan_models.networks.base import Network
from gan_models.networks.spade import DOUBLINGS, Upsampling

FORMAT = "spade-nvlabs"
BLOCKS = ("head_0", "G_middle_0", "G_middle_1", "up_0", "up_1", "up_2", "up_3", "up_4")
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def load_generator(
    tensors: Tensors,
    crop_size: int | None = None,
    aspect_ratio: float = 1.0,
    num_upsampling_layers: Upsampling | None = None,
) -> Network:
    """Build a SPADE generator.

    Args:
        tensors: the state dict.
        crop_size: width of its pictures in pixels; None: from the style's first layer, without a
            style 512, the reference's default.
        aspect_ratio: width / height.
        num_upsampling_layers: "normal", "more" or "most"; None: "most" where there is an `up_4`,
            else "normal", the reference's default.
    """
    most = any(key.startswith("up_4.") for key in tensors)
    layers: Upsampling = num_upsampling_layers or ("most" if most else "normal")
    if layers not in DOUBLINGS:
        raise ValueError(f"num_upsampling_layers is one of {', '.join(DOUBLINGS)}, not {layers!r}.")
    blocks = BLOCKS if layers == "most" else BLOCKS[:-1]
    norms = [f"{block}.norm_{i}" for block in blocks for i in (0, 1)]
    shared = [f"{norm}.mlp_shared.0" for norm in norms]
    sixteenth = _stem_width(tensors)
    z_dim = tensors["fc.weight"].shape[1] if _has_style(tensors) else 0
    hidden = agreed(tensors, [(f"{name}.bias", 0) for name in shared], "hidden", FORMAT)
    config = {
        "num_labels": agreed(tensors, [(f"{n}.weight", 1) for n in shared], "labels", FORMAT),
        "width": sixteenth // 16,
        "crop_size": _crop_size(tensors, sixteenth, crop_size, aspect_ratio, layers),
        "aspect_ratio": aspect_ratio,
        "z_dim": z_dim,
        "hidden": hidden,
        "kernel": agreed(tensors, [(f"{n}.weight", 2) for n in shared], "kernel", FORMAT),
        "norm": _norm_kind(tensors, norms),
        "num_upsampling_layers": layers,
        "spectral": False,  # folded into the weights
        "img_channels": agreed(
            tensors,
            [("conv_img.weight", 0), ("conv_img.bias", 0)],
            "channels",
            FORMAT,
            PICTURE_CHANNELS,
        ),
    }
    spectral = _is_spectral(tensors)
    expected = dict(_generator_tensors(config, blocks, spectral))
    return build_filled("spade", config, tensors, expected, FORMAT)


def load_encoder(tensors: Tensors) -> Network:
    """Build SPADE's style encoder from `layer<i>.0…`, `fc_mu` and `fc_var`."""
    layers = [int(m[1]) for key in tensors if (m := re.match(r"layer(\d+)\.0\.", key))]
    if not layers or not any(key.startswith("fc_mu.") for key in tensors):
        raise foreign(tensors, "fc_mu.weight", FORMAT)
    count = max(layers)
    name = "weight_orig" if _is_spectral(tensors) else "weight"
    vectors = "layer1.0.weight_u" if name == "weight_orig" else "layer1.0.bias"
    places = [("layer1.0." + name, 0), ("layer2.0." + name, 1), (vectors, 0)]
    outputs = [(f"fc_{part}.{kind}", 0) for part in ("mu", "var") for kind in ("weight", "bias")]
    biased = sum(f"layer{i}.0.bias" in tensors for i in range(1, count + 1)) * 2 > count
    config = {
        "width": agreed(tensors, places, "width", FORMAT),
        "z_dim": agreed(tensors, outputs, "z_dim", FORMAT),
        "img_size": 4 * 2**count,
        "norm": "none" if biased else "instance",
        "spectral": False,
        "img_channels": agreed(
            tensors, [("layer1.0." + name, 1)], "channels", FORMAT, PICTURE_CHANNELS
        ),
    }
    expected = dict(_encoder_tensors(config, count, name))
    return build_filled("spade-encoder", config, tensors, expected, FORMAT)


def _has_style(tensors: Tensors) -> bool:
    return "fc.weight" in tensors and tensors["fc.weight"].ndim == 2


def _is_spectral(tensors: Tensors) -> bool:
    return any(key.endswith(".weight_orig") for key in tensors)


def _stem_width(tensors: Tensors) -> int:
    """Return 16 * width, the channels of head and middle."""
    places = [(f"{block}.conv_{i}.bias", 0) for block in BLOCKS[:3] for i in (0, 1)]
    return agreed(tensors, places, "width", FORMAT)


def _norm_kind(tensors: Tensors, norms: list[str]) -> str:
    tracked = sum(f"{norm}.param_free_norm.running_mean" in tensors for norm in norms)
    return "batch" if tracked * 2 >= len(norms) else "instance"


def _crop_size(
    tensors: Tensors, sixteenth: int, given: int | None, aspect_ratio: float, layers: Upsampling
) -> int:
    """Return the crop size, from the style's first layer where it is not given."""
    if given is not None:
        return given
    if not _has_style(tensors):
        return 512
    pixels = tensors["fc.weight"].shape[0] // sixteenth
    for across in range(1, pixels + 1):
        if across * round(across / aspect_ratio) == pixels:
            return across * 2 ** DOUBLINGS[layers]
    raise FormatError(
        f"'fc.weight' fits no picture of aspect ratio {aspect_ratio}. Give the right aspect_ratio."
    )


def _weight(
    at: str, to: str, shape: tuple[int, ...], spectral: bool
) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name a weight, with the two vectors of its spectral norm where it has one."""
    if spectral:
        yield from spectral_norm_tensors(at, to, shape)
    else:
        yield f"{at}.weight", ExpectedTensor(shape, f"{to}.weight")


def _generator_tensors(
    config: dict[str, Any], blocks: tuple[str, ...], spectral: bool
) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name every tensor of a SPADE generator."""
    wide, labels = 16 * config["width"], config["num_labels"]
    across = config["crop_size"] // 2 ** DOUBLINGS[config["num_upsampling_layers"]]
    pixels = across * round(across / config["aspect_ratio"])
    if config["z_dim"]:
        yield "fc.weight", ExpectedTensor((wide * pixels, config["z_dim"]), "stem.weight")
        yield "fc.bias", ExpectedTensor((wide * pixels,), "stem.bias")
    else:
        yield "fc.weight", ExpectedTensor((wide, labels, 3, 3), "stem.weight")
        yield "fc.bias", ExpectedTensor((wide,), "stem.bias")
    for index, block in enumerate(blocks):
        before, after = wide >> max(index - 3, 0), wide >> max(index - 2, 0)
        middle, to = min(before, after), f"blocks.{index}"
        for name, inputs, outputs in (("0", before, middle), ("1", middle, after)):
            yield f"{block}.conv_{name}.bias", ExpectedTensor((outputs,), f"{to}.conv{name}.bias")
            shape = (outputs, inputs, 3, 3)
            yield from _weight(f"{block}.conv_{name}", f"{to}.conv{name}", shape, spectral)
            yield from _norm_tensors(f"{block}.norm_{name}", f"{to}.norm{name}", inputs, config)
        if before != after:
            shape = (after, before, 1, 1)
            yield from _weight(f"{block}.conv_s", f"{to}.conv_s", shape, spectral)
            yield from _norm_tensors(f"{block}.norm_s", f"{to}.norm_s", before, config)
    last = wide >> (len(blocks) - 3)
    yield "conv_img.weight", ExpectedTensor((config["img_channels"], last, 3, 3), "to_rgb.weight")
    yield "conv_img.bias", ExpectedTensor((config["img_channels"],), "to_rgb.bias")


def _norm_tensors(
    at: str, to: str, channels: int, config: dict[str, Any]
) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name the tensors of one SPADE normalisation."""
    kernel, hidden = (config["kernel"],) * 2, config["hidden"]
    yield (
        f"{at}.mlp_shared.0.weight",
        ExpectedTensor((hidden, config["num_labels"], *kernel), f"{to}.shared.weight"),
    )
    yield f"{at}.mlp_shared.0.bias", ExpectedTensor((hidden,), f"{to}.shared.bias")
    for part in ("gamma", "beta"):
        yield (
            f"{at}.mlp_{part}.weight",
            ExpectedTensor((channels, hidden, *kernel), f"{to}.{part}.weight"),
        )
        yield f"{at}.mlp_{part}.bias", ExpectedTensor((channels,), f"{to}.{part}.bias")
    if config["norm"] == "batch":
        for part in STATISTICS:
            shape = () if part == "num_batches_tracked" else (channels,)
            yield f"{at}.param_free_norm.{part}", ExpectedTensor(shape, f"{to}.norm.{part}")


def _encoder_tensors(
    config: dict[str, Any], count: int, name: str
) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name every tensor of a style encoder."""
    widths = [config["img_channels"]] + [config["width"] * min(2**i, 8) for i in range(count)]
    for i in range(count):
        shape = (widths[i + 1], widths[i], 3, 3)
        at, to = f"layer{i + 1}.0", f"convs.{i}"
        yield from _weight(at, to, shape, name == "weight_orig")
        if config["norm"] == "none":
            yield f"{at}.bias", ExpectedTensor((widths[i + 1],), f"{to}.bias")
    inputs = widths[-1] * 16
    for part, to in (("mu", "mu"), ("var", "logvar")):
        yield f"fc_{part}.weight", ExpectedTensor((config["z_dim"], inputs), f"{to}.weight")
        yield f"fc_{part}.bias", ExpectedTensor((config["z_dim"],), f"{to}.bias")
