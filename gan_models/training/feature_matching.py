"""Match the statistics of features of a frozen network; nothing has to be trained first.

As generative feature matching networks (dos Santos et al. 2019, arXiv:1904.02762), but by energy
distance (Szekely and Rizzo 2013): each picture is drawn towards the real ones and pushed away from
the generated ones. The means are matched, too. A discriminator soon separates few real
pictures from the generated ones, and its gradient then vanishes; that of this loss does not.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_models.device import mixed_precision
from gan_models.media.tensors import to_float
from gan_models.metrics.features import FeatureMaps
from gan_models.networks.efficientnet_lite import EfficientNetLite0

GRIDS = (4, 4, 2, 2)  # cells a side in which the maps of each scale are pooled
COLOUR_CELLS = 8
QUEUE = 256  # pictures of either kind that a new one is compared with
NEWEST = 64  # of the generated ones say where their mean is: older ones say where it was
CENTRES = 2.0  # weight of the distance of the means, beside the energy distance
MEASURED_REALS = 128  # that say how much each feature varies

Known = list[Tensor]  # one tensor [N, D] a group of features


class Matching:
    """The energy distance between generated and real pictures in features; it remembers both.

    Args:
        features: the frozen network.
        input_px: side to which pictures are brought for it.
        reals: [N, 3, H, W] uint8, to scale the features by.
    """

    def __init__(self, features: EfficientNetLite0, input_px: int, reals: Tensor) -> None:
        self.features, self.input_px = features, input_px
        self.device = features.mean.device
        with torch.no_grad():
            parts = [
                self._groups(self.look(to_float(part.to(self.device))))
                for part in reals[:MEASURED_REALS].split(16)
            ]
        groups = [torch.cat(group) for group in zip(*parts, strict=True)]
        self.mean = [group.mean(0) for group in groups]
        self.scale = [_width(group) * group.shape[1] ** 0.5 for group in groups]
        self.seen: dict[str, Known] = {}  # "real" and "fake"
        self.classes: dict[str, Tensor] = {}

    def look(self, images: Tensor) -> FeatureMaps:
        """Images [N, 3, H, W] -> what the frozen network sees in them."""
        return FeatureMaps.of(self.features, images, self.input_px)

    def _groups(self, seen: FeatureMaps) -> Known:
        """Feature maps -> for each group of features [N, D], as they are."""
        with mixed_precision(seen.images.device):
            pooled = self.features.pool(seen.scales[-1]).float()
        groups = [pooled, F.adaptive_avg_pool2d(seen.images, COLOUR_CELLS).flatten(1)]
        for scale, cells in zip(seen.scales, GRIDS, strict=True):
            where = F.adaptive_avg_pool2d(scale, cells).flatten(1)
            spread = (scale.var(dim=(2, 3), correction=0) + 1e-4).sqrt()
            groups.append(torch.cat([where, spread], dim=1))
        return groups

    def describe(self, seen: Tensor | FeatureMaps) -> Known:
        """Images [N, 3, H, W] or their maps -> for each group [N, D], each about as wide as 1."""
        maps = seen if isinstance(seen, FeatureMaps) else self.look(seen)
        groups = zip(self._groups(maps), self.mean, self.scale, strict=True)
        return [(group - mean) / scale for group, mean, scale in groups]

    def loss(self, fakes: Tensor, reals: Tensor, class_index: Tensor | None = None) -> Tensor:
        """Fakes, with gradients, and reals [N, 3, H, W] -> a scalar; see `compare`."""
        with torch.no_grad():
            seen = self.describe(reals)
        return self.compare(self.describe(fakes), seen, class_index)

    def compare(self, made: Known, seen: Known, class_index: Tensor | None = None) -> Tensor:
        """Two descriptions -> a scalar, to be made small: it may fall below 0.

        Its gradient is that of the energy distance and of the centres' distance: as only one of two
        generated pictures carries a gradient, that pair counts twice.

        Args:
            made: of generated pictures, with gradients.
            seen: of real ones, any, not counterparts of the others.
            class_index: [N], of either; pictures are then compared within their class.
        """
        kinds = [class_index, class_index]
        if class_index is None:  # there may then be more of one kind than of the other
            kinds = [x[0].new_zeros(len(x[0]), dtype=torch.int64) for x in (seen, made)]
        self._remember("real", seen, kinds[0])
        self._remember("fake", [group.detach() for group in made], kinds[1])
        real, fake = (self._alike(kind, kinds[1]) for kind in ("real", "fake"))
        losses = []
        for index, group in enumerate(made):
            reals_seen, fakes_seen = (self.seen[kind][index] for kind in ("real", "fake"))
            apart = 2 * _mean_gap(group, reals_seen, real) - 2 * _mean_gap(group, fakes_seen, fake)
            losses.append(apart + CENTRES * _centre_gap(group, reals_seen, real, fakes_seen, fake))
        return torch.stack(losses).mean()

    def _alike(self, kind: str, class_index: Tensor) -> Tensor:
        """Which of those remembered are of each picture's class, and not itself [N, M] float."""
        alike = class_index[:, None] == self.classes[kind][None]
        if kind == "fake":  # the newest are the pictures themselves
            alike[:, : len(class_index)].fill_diagonal_(False)
        return alike.float()

    def _remember(self, kind: str, known: Known, class_index: Tensor) -> None:
        """The newest come first."""
        before = self.seen.get(kind) or [group[:0] for group in known]
        pairs = zip(known, before, strict=True)
        self.seen[kind] = [torch.cat(pair)[:QUEUE] for pair in pairs]
        classes = self.classes.get(kind, class_index[:0])
        self.classes[kind] = torch.cat([class_index, classes])[:QUEUE]

    def state(self) -> dict[str, dict]:
        """What is remembered."""
        return {"seen": dict(self.seen), "classes": dict(self.classes)}

    def load_state(self, state: dict[str, dict]) -> None:
        """Take back what `state` gave."""
        self.seen = {}
        for kind, known in state["seen"].items():
            self.seen[kind] = [group.to(self.device) for group in known]
        self.classes = {kind: x.to(self.device) for kind, x in state["classes"].items()}


def finer(known: Known) -> Tensor:
    """A description without its deepest features, as [N, D], each feature about as wide as 1.

    Those left out tell objects; colours and textures say more of a biome and its season.
    """
    return torch.cat([group * group.shape[1] ** 0.5 for group in known[1:-1]], dim=1)


def _width(group: Tensor) -> Tensor:
    """The standard deviation of each feature [N, D] -> [D].

    Features that hardly vary must not count for more than those that do; and of pictures all alike
    it must not be 0.
    """
    width = group.std(0, correction=0)
    return width + 0.1 * width.mean() + 0.02 * group.abs().mean() + 1e-3


def _mean_gap(made: Tensor, seen: Tensor, alike: Tensor) -> Tensor:
    """The mean distance of pictures [N, D] to those [M, D] that are alike."""
    # no cdist: its gradient is undefined where a picture meets itself
    squares = made.square().sum(1)[:, None] + seen.square().sum(1)[None] - 2 * made @ seen.T
    return (squares.clamp_min(1e-6).sqrt() * alike).sum() / alike.sum().clamp_min(1)


def _centre_gap(made: Tensor, reals: Tensor, real: Tensor, fakes: Tensor, fake: Tensor) -> Tensor:
    """The squared distance of the means of reals and fakes, each over those alike.

    Feature matching (Salimans et al. 2016, arXiv:1606.03498, section 3.1). A batch is too small to
    know its mean: that comes from those remembered, and the gradient acts on the batch.
    """
    fakes, fake = fakes[:NEWEST], fake[:, :NEWEST]
    numbers = fake.sum(1, keepdim=True), real.sum(1, keepdim=True)
    gap = fake @ fakes / numbers[0].clamp_min(1) - real @ reals / numbers[1].clamp_min(1)
    gap = (gap * (numbers[0] > 0)).detach()
    pull = (made * gap).sum(1)
    return (gap.square().sum(1) + 2 * (pull - pull.detach())).mean()
