"""The models that can be fine-tuned here: StyleGAN2s whose weights are on this machine."""

from __future__ import annotations

from gan_models import Jobs, ModelSpec
from tabs.components.models import title_of
from tabs.components.space import on_zero_gpu

FAVOURITE = "landscapes"
MISSING = (
    "**No model here can be fine-tuned yet.** A StyleGAN2 is needed: put our own at "
    "`checkpoints/landscapes.safetensors`, or, on your own machine, open one under *Your model*; "
    "then open this tab again."
)


NO_GPU = (
    "**Fine-tuning is not offered here.** ZeroGPU lends a GPU for the duration of a call, and a "
    "training in the background has none; run Ganvas on your own machine, or on a Space with other "
    "hardware."
)


def check_offered() -> None:
    """Check that trainings can run here.

    Raises:
        ValueError: not on ZeroGPU.
    """
    if on_zero_gpu():
        raise ValueError(_plain(NO_GPU))


def missing() -> str:
    """Why nothing can be fine-tuned where `bases` is empty, as Markdown."""
    return NO_GPU if on_zero_gpu() else MISSING


def bases(jobs: Jobs) -> list[ModelSpec]:
    """The models to start from, our landscapes first, then by resolution; none on ZeroGPU."""
    if on_zero_gpu():
        return []
    return sorted(jobs.bases(), key=lambda spec: (spec.id != FAVOURITE, spec.base_resolution))


def choices(jobs: Jobs) -> list[tuple[str, str]]:
    """Labels and ids for the dropdown."""
    return [(f"{title_of(spec)} · {spec.base_resolution} px", spec.id) for spec in bases(jobs)]


def checked_base(jobs: Jobs, base: str | None) -> str:
    """The id, if the model can be fine-tuned; without an id, that of the first model.

    Raises:
        ValueError: it is not, or there is none at all.
    """
    known = [spec.id for spec in bases(jobs)]
    if not known:
        raise ValueError(_plain(missing()))
    if not base:
        return known[0]
    if base not in known:
        raise ValueError(f"{str(base)[:60]} cannot be fine-tuned; choose from {', '.join(known)}.")
    return base


def _plain(markdown: str) -> str:
    return markdown.replace("*", "").replace("`", "")
