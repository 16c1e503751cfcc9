"""CycleGAN, CUT and pix2pix checkpoints in junyanz's layout, and vintagify's CycleGAN.

Their generators are one nn.Sequential, so that every option shifts the indices in the keys.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import torch

from gan_models.convert.reading import (
    PICTURE_CHANNELS,
    ExpectedTensor,
    FormatError,
    Tensors,
    agreed,
    build_filled,
    for_pictures,
    foreign,
)
from gan_models.networks.base import Network
from gan_models.networks.resnet import DOWN_TAPS

CYCLEGAN, PIX2PIX, VINTAGIFY = "cyclegan-junyanz", "pix2pix-junyanz", "cyclegan-vintagify"
UP_TAPS = (0.25, 0.75, 0.75, 0.25)
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def load_cyclegan(tensors: Tensors) -> Network:
    """Build a ResNet translator from `model.<index>…` and `model.<index>.conv_block…`."""
    return _load_resnet(tensors, "conv_block", CYCLEGAN)


def load_vintagify(tensors: Tensors) -> Network:
    """Build a ResNet translator from `model.<index>.block…`, instance norms with weights."""
    return _load_resnet(tensors, "block", VINTAGIFY)


def _load_resnet(tensors: Tensors, block: str, format: str) -> Network:
    inside = Counter(
        int(m[1]) for key in tensors if (m := re.match(rf"model\.(\d+)\.{block}\.\d+\.", key))
    )
    if not inside:
        raise foreign(tensors, f"model.10.{block}.1.weight", format)
    first, last = min(inside), max(inside)
    filters = [int(m[1]) for key in tensors if (m := re.fullmatch(r"model\.(\d+)\.filt", key))]
    second = Counter(
        int(m[1])
        for key, tensor in tensors.items()
        if tensor.ndim == 4 and (m := re.search(rf"\.{block}\.(\d+)\.weight$", key)) and m[1] != "1"
    )
    options = {
        "num_blocks": last - first + 1,
        "dropout": bool(second) and second.most_common(1)[0][0] == 6,
        "antialias_down": any(index < first for index in filters),
        "antialias_up": any(index > last for index in filters),
    }
    positions = list(_positions(block, **options))
    norm = _norm_kind(tensors, positions)
    conv = {ours: theirs for theirs, ours, _ in positions}
    stem, downs, rgb = conv["stem.conv"], conv["downs.0.conv"], conv["to_rgb"]
    places = [
        (f"{stem}.weight", 0),
        (f"{stem}.bias", 0),
        (f"{downs}.weight", 1),
        (f"{rgb}.weight", 1),
    ]
    config = options | {
        "norm": norm,
        "width": agreed(tensors, places, "width", format),
        "in_channels": agreed(
            tensors, [(f"{stem}.weight", 1)], "channels", format, PICTURE_CHANNELS
        ),
        "out_channels": agreed(
            tensors,
            [(f"{rgb}.weight", 0), (f"{rgb}.bias", 0)],
            "channels",
            format,
            PICTURE_CHANNELS,
        ),
    }
    if norm == "instance":
        tensors = _without_statistics(tensors, [t for t, _, kind in positions if kind == "norm"])
    expected = dict(_resnet_tensors(positions, config))
    _check_filters(tensors, expected)
    return for_pictures(build_filled("resnet", config, tensors, expected, format), format)


def _positions(
    block: str, num_blocks: int, dropout: bool, antialias_down: bool, antialias_up: bool
) -> Iterator[tuple[str, str, str]]:
    """Iterate over the Sequential's modules: (their name, our name, "conv", "norm" or "filter")."""
    yield "model.1", "stem.conv", "conv"
    yield "model.2", "stem.norm", "norm"
    at = 4
    for i in range(2):
        yield f"model.{at}", f"downs.{i}.conv", "conv"
        yield f"model.{at + 1}", f"downs.{i}.norm", "norm"
        at += 3
        if antialias_down:
            yield f"model.{at}", f"downs.{i}", "filter"
            at += 1
    second = 6 if dropout else 5
    for i in range(num_blocks):
        yield f"model.{at}.{block}.1", f"blocks.{i}.first.conv", "conv"
        yield f"model.{at}.{block}.2", f"blocks.{i}.first.norm", "norm"
        yield f"model.{at}.{block}.{second}", f"blocks.{i}.second.conv", "conv"
        yield f"model.{at}.{block}.{second + 1}", f"blocks.{i}.second.norm", "norm"
        at += 1
    for i in range(2):
        if antialias_up:
            yield f"model.{at}", f"ups.{i}", "filter"
            at += 1
        yield f"model.{at}", f"ups.{i}.conv", "conv"
        yield f"model.{at + 1}", f"ups.{i}.norm", "norm"
        at += 3
    yield f"model.{at + 1}", "to_rgb", "conv"


def _norm_kind(tensors: Tensors, positions: list[tuple[str, str, str]]) -> str:
    """Read the normalisation from which of its parts, and which biases before it, exist."""
    norms = [theirs for theirs, _, kind in positions if kind == "norm"]
    if sum(f"{name}.weight" in tensors for name in norms) * 2 < len(norms):
        return "instance"
    convs = [t for t, ours, kind in positions if kind == "conv" and ours != "to_rgb"]
    biased = sum(f"{name}.bias" in tensors for name in convs) * 2 > len(convs)
    return "instance-affine" if biased else "batch"


def _without_statistics(tensors: Tensors, norms: list[str]) -> Tensors:
    """Drop instance norms' unused running statistics, which PyTorch before 0.4 saved."""
    unused = {f"{name}.{part}" for name in norms for part in STATISTICS}
    return {key: tensor for key, tensor in tensors.items() if key not in unused}


def _resnet_tensors(
    positions: list[tuple[str, str, str]], config: dict[str, Any]
) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name every tensor of a ResNet translator."""
    norm = config["norm"]
    for theirs, ours, kind in positions:
        before, after, kernel = _resnet_sizes(ours, config)
        if kind == "filter":
            yield f"{theirs}.filt", ExpectedTensor((before, 1, kernel, kernel))
        elif kind == "norm":
            yield from norm_tensors(theirs, ours, after, norm)
        else:
            transposed = ours.startswith("ups.") and not config["antialias_up"]
            channels = (before, after) if transposed else (after, before)
            yield f"{theirs}.weight", ExpectedTensor((*channels, kernel, kernel), f"{ours}.weight")
            if norm != "batch" or ours == "to_rgb":
                yield f"{theirs}.bias", ExpectedTensor((after,), f"{ours}.bias")


def _resnet_sizes(ours: str, config: dict[str, Any]) -> tuple[int, int, int]:
    """Return channels before, channels after, and kernel of one of our modules."""
    width = config["width"]
    name, _, rest = ours.partition(".")
    index = int(rest[0]) if rest[:1].isdigit() else 0
    if name == "stem":
        return config["in_channels"], width, 7
    if name == "to_rgb":
        return width, config["out_channels"], 7
    if name == "downs":
        if rest.isdigit():  # the filter follows the convolution
            return 2 * width << index, 2 * width << index, 3
        return width << index, 2 * width << index, 3
    if name == "ups":
        return 4 * width >> index, 2 * width >> index, 4 if rest.isdigit() else 3
    return 4 * width, 4 * width, 3


def norm_tensors(
    theirs: str, ours: str, channels: int, norm: str
) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name the tensors of one normalisation."""
    if norm == "instance":
        return
    for part in ("weight", "bias"):
        yield f"{theirs}.{part}", ExpectedTensor((channels,), f"{ours}.{part}")
    if norm == "batch":
        for part in STATISTICS:
            shape = () if part == "num_batches_tracked" else (channels,)
            yield f"{theirs}.{part}", ExpectedTensor(shape, f"{ours}.{part}")


def _check_filters(tensors: Tensors, expected: dict[str, ExpectedTensor]) -> None:
    """Refuse antialiasing filters other than CUT's, which are fixed in the network."""
    for key, wanted in expected.items():
        if not key.endswith(".filt") or key not in tensors:
            continue
        taps = torch.tensor(DOWN_TAPS if wanted.shape[-1] == 3 else UP_TAPS)
        cut_filter = torch.outer(taps, taps).expand(wanted.shape)
        found = tensors[key].float()
        if found.shape == cut_filter.shape and not torch.allclose(found, cut_filter, atol=1e-5):
            raise FormatError(
                f"{key!r} is not CUT's antialiasing filter. Use a checkpoint of the original code."
            )


def load_pix2pix(tensors: Tensors) -> Network:
    """Build a U-Net translator from the nested `model.model.1.model.3…` of junyanz's code."""
    deepest = max(
        (key.count("model.") for key in tensors if key.startswith("model.model.")), default=0
    )
    if deepest < 3:
        raise foreign(tensors, "model.model.0.weight", PIX2PIX)
    num_downs = deepest - 1
    prefixes = ["model.model."]
    for level in range(1, num_downs):
        prefixes.append(prefixes[-1] + f"{1 if level == 1 else 3}.model.")
    inner = prefixes[1:-1]
    weighted = sum(f"{prefix}2.weight" in tensors for prefix in inner) * 2 > len(inner)
    biased = sum(f"{prefix}1.bias" in tensors for prefix in prefixes[1:]) * 2 > len(prefixes) - 1
    norm = "instance" if not weighted else ("instance-affine" if biased else "batch")
    top, below = prefixes[0], prefixes[1]
    places = [(f"{top}0.weight", 0), (f"{below}1.weight", 1), (f"{below}5.weight", 1)]
    config = {
        "width": agreed(tensors, places, "width", PIX2PIX),
        "in_channels": agreed(
            tensors, [(f"{top}0.weight", 1)], "channels", PIX2PIX, PICTURE_CHANNELS
        ),
        "out_channels": agreed(
            tensors,
            [(f"{top}3.weight", 1), (f"{top}3.bias", 0)],
            "channels",
            PIX2PIX,
            PICTURE_CHANNELS,
        ),
        "num_downs": num_downs,
        "norm": norm,
    }
    if norm == "instance":
        norms = [f"{prefix}{index}" for prefix in prefixes[1:] for index in (2, 4, 6)]
        tensors = _without_statistics(tensors, norms)
    expected = dict(_unet_tensors(prefixes, config))
    return for_pictures(build_filled("unet", config, tensors, expected, PIX2PIX), PIX2PIX)


def _unet_tensors(
    prefixes: list[str], config: dict[str, Any]
) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name every tensor of a U-Net translator, from the outermost level in."""
    widths = [config["width"] * min(2**i, 8) for i in range(len(prefixes))]
    biased, norm = config["norm"] != "batch", config["norm"]
    for i, prefix in enumerate(prefixes):
        first, last = i == 0, i == len(prefixes) - 1
        before = config["in_channels"] if first else widths[i - 1]
        outputs = config["out_channels"] if first else before
        inputs = widths[i] if last else 2 * widths[i]
        down, up = (0, 3) if first else (1, 3) if last else (1, 5)
        yield (
            f"{prefix}{down}.weight",
            ExpectedTensor((widths[i], before, 4, 4), f"downs.{i}.conv.weight"),
        )
        yield (
            f"{prefix}{up}.weight",
            ExpectedTensor((inputs, outputs, 4, 4), f"ups.{i}.conv.weight"),
        )
        if biased:
            yield f"{prefix}{down}.bias", ExpectedTensor((widths[i],), f"downs.{i}.conv.bias")
        if biased or first:
            yield f"{prefix}{up}.bias", ExpectedTensor((outputs,), f"ups.{i}.conv.bias")
        if not first and not last:
            yield from norm_tensors(f"{prefix}2", f"downs.{i}.norm", widths[i], norm)
        if not first:
            yield from norm_tensors(f"{prefix}{up + 1}", f"ups.{i}.norm", outputs, norm)
