"""What the page shows of a live training at one step."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gan_models.learning.live.data import EXTENT, Points
from gan_models.learning.live.losses import sigmoid
from gan_models.learning.live.measures import NUM_POINTS, Coverage, coverage
from gan_models.learning.live.training import Training

SHOWN, ARROWS = 384, 96  # generated points in a picture, and how many of them have an arrow
GRID = 48  # cells of the surface in each direction
LINE = 121  # places along the axis of one-dimensional data
BANDWIDTH = 0.08  # of the kernel density of generated points
_EDGES = (np.arange(GRID) + 0.5) / GRID * 2 * EXTENT - EXTENT
_PLANE = np.stack(np.meshgrid(_EDGES, _EDGES[::-1]), axis=-1).reshape(-1, 2).astype(np.float32)
AXIS = np.linspace(-EXTENT, EXTENT, LINE)


@dataclass(frozen=True)
class Density:
    """One-dimensional data, at the places of `AXIS`; each [LINE].

    Attributes:
        data, generated: densities.
        output: D(x) in [0, 1].
        optimum: p_data / (p_data + p_g) of the two densities.
    """

    data: NDArray[np.float64]
    generated: NDArray[np.float64]
    output: NDArray[np.float64]
    optimum: NDArray[np.float64]


@dataclass(frozen=True)
class Picture:
    """A training at one step.

    Attributes:
        step: of the generator.
        fake: generated points [N, dim], of the same noise at every step.
        descent: [M, dim], for the first points: the direction in which each lowers the generator's
            loss, the negative gradient of the point's own loss.
        surface: D(x) [GRID, GRID], 0 to 255, from the top row on; None for one dimension.
        density: for one-dimensional data.
        coverage: of the modes, by 4,000 points.
        gradient_norm: of the generator's loss by all its parameters.
        discriminator_loss, generator_loss, distance: of the last step.
    """

    step: int
    fake: Points
    descent: Points
    surface: NDArray[np.uint8] | None
    density: Density | None
    coverage: Coverage
    gradient_norm: float
    discriminator_loss: float
    generator_loss: float
    distance: float | None


def take(training: Training) -> Picture:
    """The picture of a training as it is; the training goes on as if none had been taken."""
    random = np.random.RandomState(training.settings.seed)
    noise = training.draw_noise(NUM_POINTS, random)
    with np.errstate(over="ignore", invalid="ignore"):
        points = training.generator(noise)
        descent, norm = gradients(training, noise[:SHOWN], random)
        flat = training.data.dim == 1
        return Picture(
            step=training.step_count,
            fake=points[:SHOWN],
            descent=descent[:ARROWS],
            surface=None if flat else surface(training),
            density=density(training, points) if flat else None,
            coverage=coverage(points, training.data),
            gradient_norm=norm,
            discriminator_loss=training.discriminator_loss,
            generator_loss=training.generator_loss,
            distance=training.distance,
        )


def gradients(
    training: Training, noise: Points, random: np.random.RandomState
) -> tuple[Points, float]:
    """The descent of each generated point [N, dim], and the norm of the generator's gradient."""
    real = training.data.draw(random, len(noise)).astype(training.dtype, copy=False)
    trace = training.generator.forward(noise)
    _, by_points = training.loss_at(real, trace.output, training.objective.generator)
    grad = np.zeros_like(training.generator.flat)
    training.generator.backward(trace, by_points, grad)
    return -len(noise) * by_points, float(np.linalg.norm(grad))


def output(training: Training, points: Points) -> NDArray[np.float32]:
    """D(x) in [0, 1] at points [N, dim].

    A probability as it is, a target limited to [0, 1], and a critic between its smallest and its
    largest value at these points.
    """
    logits = training.discriminator(points)[:, 0]
    kind = training.objective.output
    if kind == "probability":
        return sigmoid(logits)
    if kind == "target":
        return logits.clip(0, 1)
    least, most = logits.min(), logits.max()
    return (logits - least) / max(float(most - least), 1e-12)


def surface(training: Training) -> NDArray[np.uint8]:
    """D(x) over the plane [GRID, GRID], 0 to 255."""
    values = output(training, _PLANE.astype(training.dtype, copy=False))
    return np.nan_to_num(255 * values).round().astype(np.uint8).reshape(GRID, GRID)


def density(training: Training, points: Points) -> Density:
    """The densities of one-dimensional data and generated points [N, 1], and D(x)."""
    data, generated = training.data.density(AXIS), kernel_density(points[:, 0])
    axis = AXIS.astype(training.dtype)[:, None]
    optimum = data / np.maximum(data + generated, 1e-9)
    return Density(data, generated, output(training, axis).astype(float), optimum)


def kernel_density(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """The density of numbers [N] at the places of `AXIS`, by a normal kernel; [LINE]."""
    fine = 4 * (LINE - 1) + 1  # bins around four places between two of the axis
    width = 2 * EXTENT / (fine - 1)
    edge = EXTENT + width / 2
    counts, _ = np.histogram(points, fine, (-edge, edge))
    reach = int(4 * BANDWIDTH / width)
    kernel = np.exp(-((np.arange(-reach, reach + 1) * width / BANDWIDTH) ** 2) / 2)
    smooth = np.convolve(counts, kernel / kernel.sum(), "same")
    return smooth[::4] / (len(points) * width)


def as_json(picture: Picture) -> dict[str, Any]:
    """A picture for the page: points as 16-bit numbers and the surface as bytes, in base64."""
    shown: dict[str, Any] = {
        "step": picture.step,
        "fake": pack_points(picture.fake),
        "descent": pack_points(_shortened(picture.descent)),
        "surface": None,
    }
    if picture.surface is not None:
        shown["surface"] = _text(picture.surface)
    if picture.density is not None:
        shown["density"] = {
            name: [round(float(x), 4) for x in np.nan_to_num(values)]
            for name, values in vars(picture.density).items()
        }
    return shown


def pack_points(points: NDArray[Any]) -> str:
    """Points [N, dim] as whole numbers, 0 for -EXTENT to 65535 for EXTENT; limited to these."""
    scaled = (np.nan_to_num(points).clip(-EXTENT, EXTENT) + EXTENT) / (2 * EXTENT)
    return _text((65535 * scaled).round().astype("<u2"))


def _shortened(descent: Points) -> NDArray[Any]:
    """Arrows shorter than 0.6, in proportion to the gradient where it is small."""
    lengths = np.linalg.norm(descent, axis=1, keepdims=True)
    return np.nan_to_num(0.6 * descent / (1 + lengths))


def _text(numbers: NDArray[Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode()
