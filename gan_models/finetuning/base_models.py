"""What a fine-tuning starts from: a trained generator and its discriminator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from gan_models import weights
from gan_models.training.errors import TrainingError
from gan_models.zoo import ModelSpec

FAMILIES = ("stylegan2",)  # whose generators the latent trainer trains
DISCRIMINATORS = ("projected-discriminator", "stylegan2-discriminator")


@dataclass(frozen=True)
class Base:
    """A generator to start from."""

    id: str
    title: str
    licence: str
    source: str
    generator: nn.Module
    discriminator: nn.Module | None  # the one it was trained with, where its file is there

    @property
    def resolution(self) -> int:
        """Side of its pictures, px."""
        return self.generator.img_resolution


def list_bases() -> tuple[ModelSpec, ...]:
    """The models that can be fine-tuned here and now: of a family that can be, and available."""
    return tuple(
        spec
        for spec in weights.list_models()
        if _can_be_base(spec) and weights.availability(spec)[0]
    )


def _can_be_base(spec: ModelSpec) -> bool:
    return spec.task == "latent" and spec.family in FAMILIES


def load_base(name: str) -> Base:
    """A base by the id of a model, or by the path of a self-describing file.

    Its discriminator is the file's companion, `weights.companion`.

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


def _discriminator_of(path: Path) -> nn.Module | None:
    network = weights.companion(path, "discriminator")
    return network if network is not None and network.family in DISCRIMINATORS else None


def required_discriminator(base: Base) -> nn.Module:
    """The discriminator that the base was trained with.

    Raises:
        TrainingError: its file is not there.
    """
    if base.discriminator is None:
        raise TrainingError(
            f"{base.title} comes without a discriminator of its own; choose the projected one."
        )
    return base.discriminator
