"""DCGAN state dicts in the layout of pytorch/examples: `main.<index>`, one nn.Sequential."""

from __future__ import annotations

import itertools
import re

from gan_models.convert.reading import ExpectedTensor, Tensors, agreed, build_filled, foreign
from gan_models.networks.base import Network

FORMAT = "dcgan-pytorch"
BATCH_NORM = ("weight", "bias", "running_mean", "running_var")


def load(tensors: Tensors, num_classes: int = 0) -> Network:
    """Build a DCGAN generator from its state dict.

    Args:
        tensors: `main.0.weight` and so on.
        num_classes: how many of the first layer's inputs are one-hot classes.
    """
    indices = _convolutions(tensors)
    widths = [
        agreed(
            tensors,
            [(f"main.{index}.weight", 1)]
            + [(f"main.{index + 1}.{name}", 0) for name in BATCH_NORM]
            + [(f"main.{following}.weight", 0)],
            "width",
            FORMAT,
        )
        for index, following in itertools.pairwise(indices)
    ]
    inputs = agreed(tensors, [("main.0.weight", 0)], "z_dim", FORMAT)
    img_channels = agreed(tensors, [(f"main.{indices[-1]}.weight", 1)], "channels", FORMAT)
    # one step of 4 instead of 3: a Dropout follows that ReLU; its rate matters in training only
    dropout = 0.2 if any(b - a == 4 for a, b in itertools.pairwise(indices)) else 0.0
    config = {
        "z_dim": inputs - num_classes,
        "img_channels": img_channels,
        "widths": widths,
        "num_classes": num_classes,
        "dropout": dropout,
    }
    return build_filled(
        "dcgan", config, tensors, _expected_tensors(indices, inputs, widths, img_channels), FORMAT
    )


def _convolutions(tensors: Tensors) -> list[int]:
    """Find the Sequential indices of the transposed convolutions, the last one without a norm."""
    norms = {
        int(m[1]) for key in tensors if (m := re.fullmatch(r"main\.(\d+)\.(bias|running_\w+)", key))
    }
    last = max((int(m[1]) for key in tensors if (m := re.match(r"main\.(\d+)\.", key))), default=0)
    if not norms or 1 not in norms:
        raise foreign(tensors, "main.1.running_mean", FORMAT)
    return [index - 1 for index in sorted(norms)] + [max(last, max(norms) + 2)]


def _expected_tensors(
    indices: list[int], inputs: int, widths: list[int], img_channels: int
) -> dict[str, ExpectedTensor]:
    """Name every tensor of a DCGAN checkpoint."""
    expected: dict[str, ExpectedTensor] = {}
    for block, (index, before, after) in enumerate(
        zip(indices[:-1], [inputs, *widths[:-1]], widths, strict=True)
    ):
        expected[f"main.{index}.weight"] = ExpectedTensor(
            (before, after, 4, 4), f"blocks.{block}.conv.weight"
        )
        for name in BATCH_NORM:
            expected[f"main.{index + 1}.{name}"] = ExpectedTensor(
                (after,), f"blocks.{block}.norm.{name}"
            )
        counter = "num_batches_tracked"
        expected[f"main.{index + 1}.{counter}"] = ExpectedTensor(
            (), f"blocks.{block}.norm.{counter}"
        )
    expected[f"main.{indices[-1]}.weight"] = ExpectedTensor(
        (widths[-1], img_channels, 4, 4), "to_rgb.weight"
    )
    return expected
