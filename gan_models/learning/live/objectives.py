"""The objectives of the live trainings: what the discriminator and the generator minimise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gan_models.learning.live import losses
from gan_models.learning.live.losses import Loss, Penalty

Where = Literal["between", "real", "both"]


@dataclass(frozen=True)
class Objective:
    """A pair of losses, and what keeps the discriminator smooth.

    Attributes:
        discriminator, generator: losses on logits.
        output: what D(x) is: the sigmoid of the logit ("probability"), the logit itself, which
            aims at 0 and 1 ("target"), or a logit of any scale ("critic").
        penalty: on the gradients of the discriminator; `weight` times it is added to its loss.
        where: the points of the penalty: on the line between a real and a generated point, at the
            real points, or at both.
        clip: the largest absolute value of a weight of the discriminator.
        spectral: whether its weights are normalised by their largest singular value.
    """

    discriminator: Loss
    generator: Loss
    output: Literal["probability", "target", "critic"] = "probability"
    penalty: Penalty | None = None
    where: Where = "real"
    weight: float = 0.0
    clip: float | None = None
    spectral: bool = False

    @property
    def has_optimum(self) -> bool:
        """Whether the best D(x) is p_data(x) / (p_data(x) + p_g(x))."""
        return self.output != "critic"

    @property
    def estimates_distance(self) -> bool:
        """Whether the discriminator's loss estimates the Wasserstein distance, negated."""
        return self.discriminator is losses.wasserstein


OBJECTIVES: dict[str, Objective] = {
    "minimax": Objective(losses.cross_entropy, losses.saturating),
    "nonsaturating": Objective(losses.cross_entropy, losses.nonsaturating),
    "least-squares": Objective(losses.least_squares, losses.least_squares_generator, "target"),
    "wgan": Objective(losses.wasserstein, losses.wasserstein_generator, "critic", clip=0.1),
    "wgan-gp": Objective(
        losses.wasserstein,
        losses.wasserstein_generator,
        "critic",
        penalty=losses.lipschitz,
        where="between",
        weight=1.0,
    ),
    "hinge": Objective(losses.hinge, losses.wasserstein_generator, "critic", spectral=True),
    "r1": Objective(
        losses.cross_entropy,
        losses.nonsaturating,
        penalty=losses.zero_centred,
        where="real",
        weight=0.1,
    ),
    "relativistic": Objective(
        losses.relativistic,
        losses.relativistic_generator,
        "critic",
        penalty=losses.zero_centred,
        where="both",
        weight=0.1,
    ),
}
