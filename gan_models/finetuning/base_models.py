"""Base models of fine-tuning: a trained generator and its discriminator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gan_models import weights
from gan_models.networks.base import Network
from gan_models.training.errors import TrainingError
from gan_models.zoo import ModelSpec

FAMILIES = ("stylegan2",)  # that the latent trainer can train
DISCRIMINATORS = ("projected-discriminator", "stylegan2-discriminator")


@dataclass(frozen=True)
class Base:
    """A generator to start from, its facts and its discriminator."""

    id: str
    title: str
    licence: str
    source: str
    generator: Network
    discriminator: Network | None  # the one it was trained with, if its file exists

    @property
    def resolution(self) -> int:
        """Side of its pictures, px."""
        return self.generator.img_resolution


def list_bases() -> tuple[ModelSpec, ...]:
    """The available models that can be fine-tuned."""
    return tuple(
        spec
        for spec in weights.list_models()
        if _can_be_base(spec) and weights.availability(spec)[0]
    )


def _can_be_base(spec: ModelSpec) -> bool:
    return spec.task == "latent" and spec.family in FAMILIES


def load_base(name: str) -> Base:
    """Load a base by the id of a model or the path of a self-describing file.

    The discriminator is the file's companion, see `weights.companion`.

    Raises:
        ValueError: no such model, or one that cannot be fine-tuned.
        WeightsError: the weights cannot be had.
    """
    if name.lower().endswith(".safetensors"):
        path = Path(name)
        if not path.is_file():
            raise ValueError(f"There is no file {path}; check the path of the base.")
        spec = weights.spec_of_file(path)
    else:
        spec = weights.get_spec(name)
    if not _can_be_base(spec):
        known = ", ".join(spec.id for spec in list_bases()) or "none that is here"
        raise ValueError(
            f"{name} cannot be fine-tuned: a latent model of family {' or '.join(FAMILIES)} is "
            f"needed. Choose from: {known}."
        )
    return Base(
        id=spec.id,
        title=spec.title,
        licence=spec.licence,
        source=spec.attribution,
        generator=weights.load_network(spec),
        discriminator=_discriminator_of(weights.ensure(spec)),
    )


def _discriminator_of(path: Path) -> Network | None:
    network = weights.companion(path, "discriminator")
    return network if network is not None and network.family in DISCRIMINATORS else None


def required_discriminator(base: Base) -> Network:
    """The discriminator that the base was trained with.

    Raises:
        TrainingError: its file does not exist.
    """
    if base.discriminator is None:
        raise TrainingError(
            f"{base.title} comes without a discriminator of its own; choose the projected one."
        )
    return base.discriminator
