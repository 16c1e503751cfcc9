"""Convolve one-hot label maps by table look-up.

On a one-hot map a convolution is a sum of table rows, and a stack of convolutions depends on
only the labels within its reach: pixels with the same surroundings get the same result,
which needs to be computed once. Such pixels are common inside regions and along straight borders.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Surroundings:
    """The different surroundings that occur in a map of H x W pixels.

    Attributes:
        labels: [U, side, side] labels around one pixel of each kind; `num_labels`: outside the map.
        index: [H W] the kind of each pixel.
    """

    labels: Tensor
    index: Tensor


class LabelMap:
    """One picture's labels at any size.

    Args:
        labels: [H, W] integers from 0.
        num_labels: how many there are.
    """

    def __init__(self, labels: Tensor, num_labels: int) -> None:
        self.labels, self.num_labels = labels, num_labels
        self._sized: dict[tuple[int, int], Tensor] = {}
        self._kinds: dict[tuple[int, int, int], Surroundings] = {}

    @classmethod
    def of(cls, semantic_map: Tensor) -> LabelMap | None:
        """Read semantic_map [1, num_labels, H, W]; None where it is not one-hot."""
        largest, labels = semantic_map[0].max(dim=0)
        if not largest.eq(1).all() or semantic_map.count_nonzero() != labels.numel():
            return None
        return cls(labels, semantic_map.shape[1])

    def at(self, height: int, width: int) -> Tensor:
        """Return the labels [height, width], resized by nearest neighbour."""
        size = (height, width)
        if size not in self._sized:
            planes = self.labels[None, None].float()
            self._sized[size] = F.interpolate(planes, size, mode="nearest")[0, 0].long()
        return self._sized[size]

    def padded(self, height: int, width: int, margin: int) -> Tensor:
        """Return the labels with `margin` pixels of the label `num_labels` around them."""
        return F.pad(self.at(height, width), (margin,) * 4, value=self.num_labels)

    def surroundings(self, height: int, width: int, reach: int) -> Surroundings:
        """Return the kinds of surroundings within `reach` pixels, found by their hashes.

        Two kinds collide with a probability of about U**2 / 2**64.
        """
        key = (height, width, reach)
        if key not in self._kinds:
            padded, side = self.padded(height, width, reach), 2 * reach + 1
            index = _hashes(padded, side, self.num_labels).flatten().unique(return_inverse=True)[1]
            count = int(index.max()) + 1
            somewhere = torch.empty(count, dtype=torch.long, device=index.device)
            somewhere[index] = torch.arange(len(index), device=index.device)
            rows, columns = somewhere // width, somewhere % width
            step = torch.arange(side, device=index.device)
            labels = padded[(rows[:, None] + step)[:, :, None], (columns[:, None] + step)[:, None]]
            self._kinds[key] = Surroundings(labels, index)
        return self._kinds[key]


def _hashes(padded: Tensor, side: int, num_labels: int) -> Tensor:
    """Hash each side x side window of padded [H + side - 1, W + side - 1] -> [H, W]."""
    source = torch.Generator().manual_seed(20180)
    limit = 2**62
    table = torch.randint(-limit, limit, (side, num_labels + 1), generator=source)
    factors = torch.randint(-limit, limit, (side,), generator=source) * 2 + 1
    table, width = table.to(padded.device), padded.shape[1] - side + 1
    across = reduce(torch.add, (table[i][padded[:, i : i + width]] for i in range(side)))
    height = padded.shape[0] - side + 1
    return reduce(torch.add, (across[i : i + height] * int(factors[i]) for i in range(side)))


def window_sums(windows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Convolve one-hot windows by look-up.

    windows [M, k, k] labels (the label `num_labels` adds nothing), weight [O, L, k, k],
    bias [O] -> [M, O]
    """
    outputs, num_labels, kernel, _ = weight.shape
    table = F.pad(weight.permute(2, 3, 1, 0), (0, 0, 0, 1))  # [k, k, L + 1, O]
    offsets = torch.arange(kernel * kernel, device=windows.device) * (num_labels + 1)
    rows = windows.flatten(1) + offsets  # [M, k k]
    return F.embedding_bag(rows, table.reshape(-1, outputs), mode="sum") + bias
