"""What a fine-tuning begins from: a generator that is there already, and its discriminator."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from gan_models import convert, shelf, weights
from gan_models.spec import ModelSpec
from gan_models.training.game import TrainingError

FAMILIES = ("stylegan2",)  # whose generators the latent game trains
JUDGES = ("projected-discriminator", "stylegan2-discriminator")


@dataclass(frozen=True)
class Base:
    """A generator to begin from."""

    id: str
    title: str
    licence: str
    source: str
    generator: nn.Module
    discriminator: nn.Module | None  # its own, where that is there

    @property
    def resolution(self) -> int:
        """Side of its pictures, px."""
        return self.generator.img_resolution


def list_bases() -> tuple[ModelSpec, ...]:
    """The models that can be fine-tuned here and now: of a family that can be, and available."""
    return tuple(
        spec
        for spec in shelf.list_models()
        if _can_be_base(spec.task, spec.family) and weights.availability(spec)[0]
    )


def _can_be_base(task: str, family: str) -> bool:
    return task == "latent" and family in FAMILIES


def load_base(name: str) -> Base:
    """A base by the id of a model, or by the path of a self-describing file.

    The discriminator is looked for beside the generator's file, under `<stem>-discriminator` or,
    beside generator.safetensors, as a run leaves it.

    Raises:
        ValueError: no such model, or one that cannot be fine-tuned.
        WeightsError: the weights cannot be had.
    """
    if name.lower().endswith(".safetensors"):
        path = Path(name)
        if not path.is_file():
            raise ValueError(f"There is no file {path}; check the path of the base.")
        generator, info = weights.load_described(path)
        facts = {"id": path.stem} | {key: info[key] for key in ("title", "licence", "source")}
        task, family = info["task"], info["family"]
    else:
        spec = shelf.get_spec(name)
        task, family = spec.task, spec.family
        facts = {"id": spec.id, "title": spec.title, "licence": spec.licence}
        facts["source"] = spec.attribution
    if not _can_be_base(task, family):
        known = ", ".join(spec.id for spec in list_bases()) or "none that is here"
        raise ValueError(
            f"{name} cannot be fine-tuned: a latent model of family {' or '.join(FAMILIES)} is "
            f"needed. Choose from: {known}."
        )
    if not name.lower().endswith(".safetensors"):
        path = weights.ensure(spec)
        if spec.format == "ganvas":
            generator = weights.load_described(path)[0]
        else:
            generator = convert.load_generator(path, format=spec.format, **spec.options)
    return Base(generator=generator, discriminator=_discriminator_beside(path), **facts)


def _discriminator_beside(path: Path) -> nn.Module | None:
    names = [f"{path.stem}-discriminator"]
    names += ["discriminator"] if path.stem == "generator" else []
    for file in (path.with_name(f"{name}.safetensors") for name in names):
        if file.is_file():
            network, info = weights.load_described(file)
            return network if info["family"] in JUDGES else None
    return None


def own_discriminator(base: Base) -> nn.Module:
    """The base's own discriminator.

    Raises:
        TrainingError: it has none.
    """
    if base.discriminator is None:
        raise TrainingError(
            f"{base.title} comes without a discriminator of its own; choose the projected one."
        )
    return base.discriminator
