"""Match the statistics of features of a frozen network, without a discriminator.

As generative feature matching networks (dos Santos et al. 2019, arXiv:1904.02762), but by energy
distance (Szekely and Rizzo 2013): its gradient moves each picture towards the real ones and away
from the generated ones. The means are matched, too. A discriminator soon separates few real
pictures from the generated ones, and its gradient then vanishes; that of this loss does not.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from gan_models.device import mixed_precision
from gan_models.media.tensors import to_float
from gan_models.metrics.features import FeatureMaps
from gan_models.networks.efficientnet_lite import EfficientNetLite

GRIDS = (4, 4, 2, 2)  # cells a side in which the maps of each scale are pooled
COLOUR_CELLS = 8
QUEUE = 256  # stored pictures of either kind that a new one is compared with
NEWEST = 64  # of the generated ones give their mean: older ones are outdated
CENTRES = 2.0  # weight of the distance of the means, beside the energy distance
MEASURED_REALS = 128  # real pictures that give mean and scale of the features

Groups = list[Tensor]  # one tensor [N, D] for each group of features


class Matching:
    """The energy distance between generated and real pictures in features, over stored queues.

    Args:
        features: the frozen network.
        input_px: side to which pictures are resized for it.
        reals: [N, 3, H, W] uint8, to scale the features by.
    """

    def __init__(self, features: EfficientNetLite, input_px: int, reals: Tensor) -> None:
        self.features, self.input_px = features, input_px
        self.device = features.mean.device
        with torch.no_grad():
            parts = [
                self._groups(self.maps_of(to_float(part.to(self.device))))
                for part in reals[:MEASURED_REALS].split(16)
            ]
        groups = [torch.cat(group) for group in zip(*parts, strict=True)]
        self.mean = [group.mean(0) for group in groups]
        self.scale = [_width(group) * group.shape[1] ** 0.5 for group in groups]
        self.seen: dict[str, Groups] = {}  # queues of "real" and "fake"
        self.classes: dict[str, Tensor] = {}

    def maps_of(self, images: Tensor) -> FeatureMaps:
        """Images [N, 3, H, W] -> feature maps of the frozen network."""
        return FeatureMaps.of(self.features, images, self.input_px)

    def _groups(self, maps: FeatureMaps) -> Groups:
        """Feature maps -> groups of features, [N, D] each, unscaled."""
        with mixed_precision(maps.images.device):
            pooled = self.features.pool(maps.scales[-1]).float()
        groups = [pooled, F.adaptive_avg_pool2d(maps.images, COLOUR_CELLS).flatten(1)]
        for scale, cells in zip(maps.scales, GRIDS, strict=True):
            where = F.adaptive_avg_pool2d(scale, cells).flatten(1)
            spread = (scale.var(dim=(2, 3), correction=0) + 1e-4).sqrt()
            groups.append(torch.cat([where, spread], dim=1))
        return groups

    def describe(self, pictures: Tensor | FeatureMaps) -> Groups:
        """Images [N, 3, H, W] or their maps -> groups [N, D], each of a length of about 1."""
        maps = pictures if isinstance(pictures, FeatureMaps) else self.maps_of(pictures)
        groups = zip(self._groups(maps), self.mean, self.scale, strict=True)
        return [(group - mean) / scale for group, mean, scale in groups]

    def loss(self, fakes: Tensor, reals: Tensor, class_index: Tensor | None = None) -> Tensor:
        """Fakes, with gradients, and reals [N, 3, H, W] -> a scalar; see `compare`."""
        with torch.no_grad():
            real = self.describe(reals)
        return self.compare(self.describe(fakes), real, class_index)

    def compare(self, made: Groups, seen: Groups, class_index: Tensor | None = None) -> Tensor:
        """Two descriptions -> a scalar to minimise; it may fall below 0.

        Its gradient is that of the energy distance and of the distance of the means: as only one of
        two generated pictures carries a gradient, that pair counts twice.

        Args:
            made: of generated pictures, with gradients.
            seen: of real ones, unpaired.
            class_index: [N], of both; pictures are then compared within their class.
        """
        if class_index is None:  # then there may be different numbers of reals and fakes
            real_class, fake_class = (
                groups[0].new_zeros(len(groups[0]), dtype=torch.int64) for groups in (seen, made)
            )
        else:
            real_class = fake_class = class_index
        self._store("real", seen, real_class)
        self._store("fake", [group.detach() for group in made], fake_class)
        real, fake = (self._same_class(kind, fake_class) for kind in ("real", "fake"))
        losses = []
        for index, group in enumerate(made):
            reals_seen, fakes_seen = (self.seen[kind][index] for kind in ("real", "fake"))
            apart = 2 * _mean_gap(group, reals_seen, real) - 2 * _mean_gap(group, fakes_seen, fake)
            losses.append(apart + CENTRES * _centre_gap(group, reals_seen, real, fakes_seen, fake))
        return torch.stack(losses).mean()

    def _same_class(self, kind: str, class_index: Tensor) -> Tensor:
        """Which stored pictures have each picture's class and are not itself, [N, M] float."""
        alike = class_index[:, None] == self.classes[kind][None]
        if kind == "fake":  # the newest are the pictures themselves
            alike[:, : len(class_index)].fill_diagonal_(False)
        return alike.float()

    def _store(self, kind: str, groups: Groups, class_index: Tensor) -> None:
        """Put pictures at the front of the queue."""
        before = self.seen.get(kind) or [group[:0] for group in groups]
        pairs = zip(groups, before, strict=True)
        self.seen[kind] = [torch.cat(pair)[:QUEUE] for pair in pairs]
        classes = self.classes.get(kind, class_index[:0])
        self.classes[kind] = torch.cat([class_index, classes])[:QUEUE]

    def state(self) -> dict[str, dict]:
        """The queues, for a snapshot."""
        return {"seen": dict(self.seen), "classes": dict(self.classes)}

    def load_state(self, state: dict[str, dict]) -> None:
        """Restore the result of `state`."""
        self.seen = {}
        for kind, groups in state["seen"].items():
            self.seen[kind] = [group.to(self.device) for group in groups]
        self.classes = {kind: x.to(self.device) for kind, x in state["classes"].items()}


def finer(groups: Groups) -> Tensor:
    """A description without the deepest features, as [N, D], each of a deviation of about 1.

    Those left out distinguish objects; colours and textures say more about biome and season.
    """
    return torch.cat([group * group.shape[1] ** 0.5 for group in groups[1:-1]], dim=1)


def _width(group: Tensor) -> Tensor:
    """The standard deviation of each feature [N, D] -> [D], with a floor.

    Features that hardly vary must not outweigh others, and it must not be 0 for equal pictures.
    """
    width = group.std(0, correction=0)
    return width + 0.1 * width.mean() + 0.02 * group.abs().mean() + 1e-3


def _mean_gap(made: Tensor, seen: Tensor, alike: Tensor) -> Tensor:
    """The mean distance of pictures [N, D] to those of [M, D] that `alike` [N, M] selects."""
    # no cdist: its gradient is undefined at a distance of 0
    squares = made.square().sum(1)[:, None] + seen.square().sum(1)[None] - 2 * made @ seen.T
    return (squares.clamp_min(1e-6).sqrt() * alike).sum() / alike.sum().clamp_min(1)


def _centre_gap(made: Tensor, reals: Tensor, real: Tensor, fakes: Tensor, fake: Tensor) -> Tensor:
    """The squared distance of the means of reals and fakes, each over those of the same class.

    Feature matching (Salimans et al. 2016, arXiv:1606.03498, section 3.1). A batch is too small to
    estimate the mean: it is taken over the queues, and the gradient acts on the batch.
    """
    fakes, fake = fakes[:NEWEST], fake[:, :NEWEST]
    numbers = fake.sum(1, keepdim=True), real.sum(1, keepdim=True)
    gap = fake @ fakes / numbers[0].clamp_min(1) - real @ reals / numbers[1].clamp_min(1)
    gap = (gap * (numbers[0] > 0)).detach()
    pull = (made * gap).sum(1)
    return (gap.square().sum(1) + 2 * (pull - pull.detach())).mean()
