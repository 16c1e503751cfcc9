"""Real-ESRGAN's checkpoints: the authors' .pth (RRDBNet and the compact network), and ncnn's .bin.

Our networks have the authors' names, so each expected tensor has the same name in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from gan_models.convert import ncnn
from gan_models.convert.reading import (
    ADVICE,
    PICTURE_CHANNELS,
    ExpectedTensor,
    FormatError,
    Tensors,
    agreed,
    build_filled,
    foreign,
)
from gan_models.networks.base import Network
from gan_models.networks.rrdbnet import UNSHUFFLE
from gan_models.networks.srvgg import MAX_SCALE

FORMAT, NCNN = "real-esrgan", "real-esrgan-ncnn"
MOST_LAYERS = 256  # blocks or convolutions; limits the work for a key with a huge index
DENSE = range(1, 6)  # convolutions of a dense block

# the networks whose ncnn files are known, the largest first
NCNN_NETWORKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("rrdbnet", {"num_blocks": 23}),
    ("rrdbnet", {"num_blocks": 6}),
    ("srvgg", {"num_convs": 16}),
)


def load(tensors: Tensors, act_type: str | None = None) -> Network:
    """Build an RRDBNet from `body.<n>.rdb<m>.conv<k>`, or a compact network from `body.<n>`.

    Args:
        act_type: "relu" or "leakyrelu" for a compact network without slopes, whose tensors are the
            same; by default "prelu", whose slopes are in the file.
    """
    if any(re.match(r"body\.\d+\.rdb\d", key) for key in tensors):
        family, config = "rrdbnet", _rrdbnet_config(tensors)
    elif any(re.fullmatch(r"body\.\d+\.(weight|bias)", key) for key in tensors):
        family, config = "srvgg", _compact_config(tensors, act_type or "prelu")
    else:
        raise foreign(tensors, "body.0.weight", FORMAT)
    return build_filled(family, config, tensors, dict(_expected_tensors(family, config)), FORMAT)


def load_ncnn(path: Path) -> Network:
    """Read one of the networks of `NCNN_NETWORKS` from its ncnn file, by the layout of the bytes.

    Raises:
        FormatError: the file is truncated, too long, or of another network.
    """
    layouts = [
        dict(_expected_tensors(family, _full(family, config))) for family, config in NCNN_NETWORKS
    ]
    index, tensors = ncnn.read(path, layouts)
    family, config = NCNN_NETWORKS[index]
    return build_filled(family, config, tensors, layouts[index], NCNN)


def _full(family: str, config: dict[str, Any]) -> dict[str, Any]:
    """A configuration with the values that all published networks share."""
    same = {"in_channels": 3, "out_channels": 3, "scale": 4, "num_feat": 64}
    return same | ({"num_grow_ch": 32} if family == "rrdbnet" else {"act_type": "prelu"}) | config


def _rrdbnet_config(tensors: Tensors) -> dict[str, Any]:
    """Read the sizes of an RRDBNet from its tensors' shapes."""
    num_blocks = _count(tensors, r"body\.(\d+)\.rdb\d\.")
    dense = [f"body.{n}.rdb{m}.conv" for n in range(num_blocks) for m in (1, 2, 3)]
    plain = ("conv_first", "conv_body", "conv_up1", "conv_up2", "conv_hr")
    feats = [(f"{name}.{part}", 0) for name in plain for part in ("weight", "bias")]
    grows = [(f"{at}{k}.weight", 0) for at in dense for k in DENSE[:-1]]
    last = [("conv_last.weight", 0), ("conv_last.bias", 0)]
    inputs = _inputs(tensors, "conv_first.weight")
    sides = UNSHUFFLE.values()
    likely = {inputs // side**2 for side in sides if inputs and inputs % side**2 == 0}
    outputs = agreed(tensors, last, "channels", FORMAT, likely or PICTURE_CHANNELS)
    inputs = inputs or outputs
    factors = {outputs * side**2: scale for scale, side in UNSHUFFLE.items()}
    if inputs not in factors:
        raise FormatError(
            f"'conv_first.weight' takes {inputs} channels, but the pictures have {outputs}, which "
            f"makes {', '.join(map(str, factors))} for the factors 4, 2 and 1. {ADVICE}"
        )
    return {
        "in_channels": outputs,
        "out_channels": outputs,
        "scale": factors[inputs],
        "num_feat": agreed(tensors, feats, "conv_body.weight", FORMAT),
        "num_blocks": num_blocks,
        "num_grow_ch": agreed(tensors, grows, "body.0.rdb1.conv1.weight", FORMAT),
    }


def _compact_config(tensors: Tensors, act_type: str) -> dict[str, Any]:
    """Read the sizes of a compact network from its tensors' shapes."""
    last = _count(tensors, r"body\.(\d+)\.") - 1
    last -= last % 2  # activations have odd numbers
    convs, slopes = range(2, last, 2), range(1, last, 2)
    feats = [(f"body.{n}.{part}", 0) for n in (0, *convs) for part in ("weight", "bias")]
    feats += [(f"body.{n}.weight", 0) for n in slopes]
    inputs = _inputs(tensors, "body.0.weight") or PICTURE_CHANNELS[0]
    sizes = {inputs * scale**2: scale for scale in range(1, MAX_SCALE + 1)}
    ends = [(f"body.{last}.{part}", 0) for part in ("weight", "bias")]
    outputs = agreed(tensors, ends, f"body.{last}.weight", FORMAT, sizes)
    if outputs not in sizes:
        raise FormatError(
            f"'body.{last}.weight' gives {outputs} channels, which is no square multiple of the "
            f"{inputs} that 'body.0.weight' takes. {ADVICE}"
        )
    return {
        "in_channels": inputs,
        "out_channels": inputs,
        "scale": sizes[outputs],
        "num_feat": agreed(tensors, feats, "body.0.weight", FORMAT),
        "num_convs": max(0, last // 2 - 1),
        "act_type": act_type,
    }


def _inputs(tensors: Tensors, key: str) -> int:
    """How many channels a first convolution takes; 0 where it is missing or damaged."""
    first = tensors.get(key)
    return first.shape[1] if first is not None and first.ndim == 4 else 0


def _count(tensors: Tensors, pattern: str) -> int:
    """How many layers the keys number.

    Raises:
        FormatError: more than any network has.
    """
    count = 1 + max(int(m[1][:9]) for key in tensors if (m := re.match(pattern, key)))
    if count > MOST_LAYERS:
        raise FormatError(
            f"The keys of this {FORMAT} checkpoint number {count} layers, over {MOST_LAYERS}. "
            f"{ADVICE}"
        )
    return count


def _expected_tensors(family: str, config: dict[str, Any]) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name every tensor of a network, in the order of the authors' files and of ncnn's."""
    return _rrdbnet_tensors(**config) if family == "rrdbnet" else _compact_tensors(**config)


def _rrdbnet_tensors(
    in_channels: int,
    out_channels: int,
    scale: int,
    num_feat: int,
    num_blocks: int,
    num_grow_ch: int,
) -> Iterator[tuple[str, ExpectedTensor]]:
    feat, grow = num_feat, num_grow_ch
    yield from _conv("conv_first", in_channels * UNSHUFFLE[scale] ** 2, feat)
    for at in (f"body.{n}.rdb{m}" for n in range(num_blocks) for m in (1, 2, 3)):
        for k in DENSE:
            yield from _conv(f"{at}.conv{k}", feat + (k - 1) * grow, grow if k < 5 else feat)
    for name in ("conv_body", "conv_up1", "conv_up2", "conv_hr"):
        yield from _conv(name, feat, feat)
    yield from _conv("conv_last", feat, out_channels)


def _compact_tensors(
    in_channels: int, out_channels: int, scale: int, num_feat: int, num_convs: int, act_type: str
) -> Iterator[tuple[str, ExpectedTensor]]:
    for k in range(num_convs + 1):
        yield from _conv(f"body.{2 * k}", num_feat if k else in_channels, num_feat)
        if act_type == "prelu":
            slopes = f"body.{2 * k + 1}.weight"
            yield slopes, ExpectedTensor((num_feat,), slopes)
    yield from _conv(f"body.{2 * num_convs + 2}", num_feat, out_channels * scale**2)


def _conv(name: str, before: int, after: int) -> Iterator[tuple[str, ExpectedTensor]]:
    weight, bias = f"{name}.weight", f"{name}.bias"
    yield weight, ExpectedTensor((after, before, 3, 3), weight)
    yield bias, ExpectedTensor((after,), bias)
