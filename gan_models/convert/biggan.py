"""BigGAN-deep checkpoints in the layout of Hugging Face's pytorch-pretrained-BigGAN."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from gan_models.convert.reading import (
    ExpectedTensor,
    FormatError,
    Tensors,
    agreed,
    build_filled,
    foreign,
    spectral_norm_tensors,
)
from gan_models.networks.base import Network

FORMAT = "biggan-deep-hf"
KERNELS = (1, 3, 3, 1)


def load(
    tensors: Tensors, layers: Sequence[tuple[bool, int, int]] | None = None, eps: float = 1e-4
) -> Network:
    """Build a BigGAN-deep generator.

    Args:
        tensors: the state dict.
        layers: (doubles the size, in, out) for each block; None: channels of the tensors, and
            every second block doubles, as in all published models.
        eps: of the batch norms.
    """
    pattern = r"generator\.layers\.(\d+)\."
    found = sorted({int(m[1]) for key in tensors if (m := re.match(pattern, key))})
    attention = {int(m[1]) for key in tensors if (m := re.match(pattern + "snconv", key))}
    blocks = [index for index in range(max(found, default=-1) + 1) if index not in attention]
    if not blocks or not any(f"generator.layers.{blocks[0]}.bn_0" in key for key in tensors):
        raise foreign(tensors, "generator.layers.0.bn_0.running_means", FORMAT)
    width = agreed(
        tensors,
        [(f"generator.{name}", 0) for name in ("bn.weight", "bn.bias", "conv_to_rgb.bias")],
        "width",
        FORMAT,
    )
    bottom = [(f"generator.layers.{i}.bn_0.scale.weight_orig", 1) for i in blocks]
    z_dim = agreed(tensors, bottom, "z_dim", FORMAT) // 2
    config = {
        "layers": _plan(tensors, blocks, width, layers),
        "z_dim": z_dim,
        "channel_width": width,
        "num_classes": agreed(tensors, [("embeddings.weight", 1)], "classes", FORMAT),
        "attention_layer_position": min(attention, default=len(blocks)),
        "eps": eps,
        "num_stats": agreed(
            tensors,
            [
                (f"generator.layers.{i}.bn_0.running_{s}", 0)
                for i in blocks
                for s in ("means", "vars")
            ],
            "statistics",
            FORMAT,
        ),
    }
    expected = dict(_expected_tensors(config, blocks))
    return build_filled("biggan-deep", config, tensors, expected, FORMAT)


def _plan(
    tensors: Tensors, blocks: list[int], width: int, given: Sequence[Sequence[int]] | None
) -> list[list[int | bool]]:
    """Read each block's channels, in units of the width, from its convolutions."""
    if given is not None and len(given) != len(blocks):
        raise FormatError(f"The checkpoint has {len(blocks)} blocks, `layers` {len(given)}.")
    plan: list[list[int | bool]] = []
    for index, at in enumerate(f"generator.layers.{block}" for block in blocks):
        before = [(f"{at}.bn_0.running_means", 1), (f"{at}.bn_0.running_vars", 1)]
        before += [(f"{at}.conv_0.weight_orig", 1)]
        after = [(f"{at}.conv_3.bias", 0), (f"{at}.conv_3.weight_orig", 0)]
        after += [(f"{at}.conv_3.weight_u", 0)]
        up = bool(given[index][0]) if given is not None else index % 2 == 1
        sizes = [agreed(tensors, places, "width", FORMAT) // width for places in (before, after)]
        plan.append([up, *sizes])
    return plan


def _expected_tensors(
    config: dict[str, Any], blocks: list[int]
) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name every tensor of a BigGAN-deep checkpoint."""
    width, cond, stats = config["channel_width"], 2 * config["z_dim"], config["num_stats"]
    yield (
        "embeddings.weight",
        ExpectedTensor((config["z_dim"], config["num_classes"]), "embeddings.weight"),
    )
    first = 16 * config["layers"][0][1] * width
    yield from spectral_norm_tensors("generator.gen_z", "stem", (first, cond))
    yield "generator.gen_z.bias", ExpectedTensor((first,), "stem.bias")
    for block, (_, before, after) in zip(blocks, config["layers"], strict=True):
        before, after = before * width, after * width
        middle = before // 4
        widths = (before, middle, middle, middle, after)
        for i, kernel in enumerate(KERNELS):
            at, to = f"generator.layers.{block}", f"blocks.{block}"
            for part in ("means", "vars"):
                name = f"running_{part}"
                yield (
                    f"{at}.bn_{i}.{name}",
                    ExpectedTensor((stats, widths[i]), f"{to}.norms.{i}.{name}"),
                )
            for part in ("scale", "offset"):
                shape = (widths[i], cond)
                yield from spectral_norm_tensors(
                    f"{at}.bn_{i}.{part}", f"{to}.norms.{i}.{part}", shape
                )
            shape = (widths[i + 1], widths[i], kernel, kernel)
            yield from spectral_norm_tensors(f"{at}.conv_{i}", f"{to}.convs.{i}", shape)
            yield f"{at}.conv_{i}.bias", ExpectedTensor((widths[i + 1],), f"{to}.convs.{i}.bias")
    yield from _attention_tensors(config)
    for part in ("means", "vars"):
        yield f"generator.bn.running_{part}", ExpectedTensor((stats, width), f"norm.running_{part}")
    for part in ("weight", "bias"):
        yield f"generator.bn.{part}", ExpectedTensor((width,), f"norm.{part}")
    yield from spectral_norm_tensors("generator.conv_to_rgb", "to_rgb", (width, width, 3, 3))
    yield "generator.conv_to_rgb.bias", ExpectedTensor((width,), "to_rgb.bias")


def _attention_tensors(config: dict[str, Any]) -> Iterator[tuple[str, ExpectedTensor]]:
    """Name the tensors of the attention, which has its own index among the blocks."""
    position, plan = config["attention_layer_position"], config["layers"]
    if position >= len(plan):
        return
    channels = plan[position][1] * config["channel_width"]
    at, to = f"generator.layers.{position}", f"blocks.{position}"
    for theirs, ours, shape in (
        ("theta", "theta", (channels // 8, channels, 1, 1)),
        ("phi", "phi", (channels // 8, channels, 1, 1)),
        ("g", "g", (channels // 2, channels, 1, 1)),
        ("o_conv", "out", (channels, channels // 2, 1, 1)),
    ):
        yield from spectral_norm_tensors(f"{at}.snconv1x1_{theirs}", f"{to}.{ours}", shape)
    yield f"{at}.gamma", ExpectedTensor((1,), f"{to}.gamma")
