"""Pairs of trainings that show one thing each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gan_models.learning.live import losses
from gan_models.learning.live.measures import NUM_POINTS, measure
from gan_models.learning.live.settings import Settings
from gan_models.learning.live.training import Training

COLLAPSING = Settings(
    objective="nonsaturating", generator_rate=6e-3, discriminator_rate=1.5e-4, noise_dim=4
)
EVEN = Settings(objective="nonsaturating", noise_dim=4)
CRITIC = Settings(objective="wgan-gp", noise_dim=4, discriminator_steps=3)
PAIRED = Settings(objective="relativistic", discriminator_rate=2e-3, noise_dim=4)
FAR_AHEAD = Settings(
    objective="minimax",
    optimizer="sgd",
    generator_rate=1e-3,
    discriminator_rate=0.3,
    head_start=2000,
    noise_dim=4,
)
CYCLING = Settings(
    objective="nonsaturating",
    data="bump",
    generator_rate=1e-2,
    discriminator_rate=2e-4,
    noise_dim=4,
    width=32,
)
LOOK_EVERY = 10  # steps between two looks at the mean of the generated points


@dataclass(frozen=True)
class Preset:
    """Trainings of one seed on the same data, side by side.

    Attributes:
        runs: their settings, of seed 0.
        steps: of the generator, after which they pause.
        shows: the run that the preset is about.
    """

    runs: tuple[Settings, Settings]
    steps: int
    shows: int


PRESETS: dict[str, Preset] = {
    "mode-collapse": Preset((COLLAPSING, EVEN), 4000, 0),
    "wgan-gp": Preset((COLLAPSING, CRITIC), 4000, 1),
    "relativistic": Preset((COLLAPSING, PAIRED), 4000, 1),
    "vanishing-gradient": Preset(
        (FAR_AHEAD, replace(FAR_AHEAD, objective="nonsaturating")), 400, 0
    ),
    "cycles": Preset(
        (CYCLING, replace(CYCLING, generator_rate=1e-3, discriminator_rate=1e-3)), 1000, 0
    ),
    "densities": Preset(
        (
            Settings(objective="nonsaturating", data="bumps", noise_dim=4),
            Settings(objective="wgan-gp", data="bumps", noise_dim=4, discriminator_steps=3),
        ),
        3000,
        0,
    ),
}


@dataclass(frozen=True)
class RunResult:
    """What one run of a preset has come to.

    Attributes:
        settings: of the run.
        modes_covered, num_modes: modes with at least 2 % of 4,000 points; all of them.
        share_near: the share of the points that are near a mode.
        turns: in the second half of the run, how often the mean of the generated points crossed
            that of the data, along the first axis.
        distance_of_means: in the second half of the run, how far the two means lay apart on
            average.
    """

    settings: Settings
    modes_covered: int
    num_modes: int
    share_near: float
    turns: int
    distance_of_means: float


@dataclass(frozen=True)
class PresetResult:
    """What a preset has come to.

    Attributes:
        runs: of both runs.
        modes_covered: of the run that the preset is about.
        gradient_ratio: before the first step of the generator, after the discriminator's head
            start: the norm of the saturating generator's gradient divided by that of the
            non-saturating one.
    """

    name: str
    seed: int
    steps: int
    runs: tuple[RunResult, RunResult]
    modes_covered: int
    gradient_ratio: float


def preset_settings(name: str, seed: int) -> tuple[Settings, Settings]:
    """The settings of a preset's two runs with this seed.

    Raises:
        ValueError: no such preset, or the seed is out of range.
    """
    if not isinstance(name, str) or name not in PRESETS:
        raise ValueError(f"The presets are {', '.join(PRESETS)}; {str(name)[:40]!r} is none.")
    first, second = PRESETS[name].runs
    return replace(first, seed=seed), replace(second, seed=seed)


def run_preset(name: str, seed: int, steps: int | None = None) -> PresetResult:
    """Run both trainings of a preset to their end, without a page.

    Args:
        name: in `PRESETS`.
        seed: of both runs.
        steps: instead of the preset's own number.

    Raises:
        ValueError: no such preset, or the seed is out of range.
    """
    settings = preset_settings(name, seed)
    preset = PRESETS[name]
    count = preset.steps if steps is None else steps
    ratio = gradient_ratio(settings[preset.shows])
    first, second = (_run(each, count) for each in settings)
    shown = (first, second)[preset.shows]
    return PresetResult(name, seed, count, (first, second), shown.modes_covered, ratio)


def _run(settings: Settings, steps: int) -> RunResult:
    training = Training(settings)
    noise = training.draw_noise(NUM_POINTS // 4, np.random.RandomState(settings.seed))
    middle = training.data.modes.mean(axis=0)
    offsets = []
    while training.step_count < steps and not training.has_diverged:
        training.step()
        if training.step_count % LOOK_EVERY == 0 and 2 * training.step_count > steps:
            offsets.append(training.generator(noise).mean(axis=0) - middle)
    found = measure(training)
    path = np.array(offsets).reshape(-1, training.data.dim)
    return RunResult(
        settings=settings,
        modes_covered=found.modes_covered,
        num_modes=found.num_modes,
        share_near=found.share_near,
        turns=int(np.count_nonzero(np.diff(np.sign(path[:, 0])))),
        distance_of_means=float(np.linalg.norm(path, axis=1).mean()) if len(path) else 0.0,
    )


def gradient_ratio(settings: Settings) -> float:
    """The saturating generator's gradient norm, divided by the non-saturating one's.

    Both for the same networks, after the discriminator's head start.
    """
    training = Training(settings)
    while training.head_start_left:
        training.step()
    random = np.random.RandomState(settings.seed)
    noise = training.draw_noise(NUM_POINTS, random)
    real = training.data.draw(random, NUM_POINTS)
    norms = []
    for loss in (losses.saturating, losses.nonsaturating):
        grad = np.zeros_like(training.generator.flat)
        training.generator_gradient(real, noise, grad, loss)
        norms.append(float(np.linalg.norm(grad)))
    return norms[0] / norms[1]
