"""Pipeline of class-conditional generators: samples, mixtures of classes and morphs."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from PIL import Image
from torch import Tensor

from gan_models import seeds as seed_latents
from gan_models.checks import as_float, as_index
from gan_models.media import images as pictures
from gan_models.networks.base import Network
from gan_models.pipelines.base import BasePipeline
from gan_models.pipelines.walk import slerp
from gan_models.zoo import ModelSpec

if TYPE_CHECKING:
    from gan_models.networks.biggan import BigGANDeepGenerator
    from gan_models.networks.dcgan import DCGANGenerator, UpBlock
    from gan_models.networks.digits import DigitGenerator

_IMAGENET = 1000


@dataclass(frozen=True)
class ClassPoint:
    """One end of a morph: a seed and a class."""

    seed: int
    class_name: str | int  # a name, or an index


class ClassPipeline(BasePipeline[Network]):
    """Pictures of latents and classes."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the network."""
        return class_names(self.spec)

    def sample(
        self,
        seeds: Sequence[int],
        class_name: str | int | Sequence[str | int],
        truncation_psi: float = 1.0,
    ) -> list[Image.Image]:
        """One picture per seed, each with its provenance.

        Args:
            seeds: whole numbers from 0 to 2^32-1, at most 10,000.
            class_name: one of `classes`, or its index; or one for each seed.
            truncation_psi: 0 (the average picture) to 1 (all the variety); -2 to 2.

        Raises:
            ValueError: no such class, or a seed or ψ out of range.
        """
        return list(self.iter_sample(seeds, class_name, truncation_psi))

    def iter_sample(
        self,
        seeds: Sequence[int],
        class_name: str | int | Sequence[str | int],
        truncation_psi: float = 1.0,
    ) -> Iterator[Image.Image]:
        """`sample` as an iterator; arguments are checked at once."""
        psi = seed_latents.check_truncation_psi(truncation_psi)
        seeds = seed_latents.check_seeds(seeds)
        given: list[str | int]
        if isinstance(class_name, str | int):
            given = [class_name] * len(seeds)
        elif (index := as_index(class_name)) >= 0:  # an integer of another type
            given = [index] * len(seeds)
        else:
            given = list(class_name)
        if len(given) != len(seeds):
            raise ValueError(f"{len(seeds)} seeds need as many classes, or one; not {len(given)}.")
        names = [find_class(self.spec, name) for name in given]
        made = self._render(self._z(seeds), self._one_hot(names), psi)
        return (
            self._with_provenance(image, seed=seed, class_name=name, truncation_psi=psi)
            for seed, name, image in zip(seeds, names, made, strict=True)
        )

    def sample_mix(
        self,
        seeds: Sequence[int],
        class_weights: Mapping[str | int, float],
        truncation_psi: float = 1.0,
    ) -> list[Image.Image]:
        """One picture per seed of a mixture of classes.

        Args:
            seeds: as for `sample`.
            class_weights: weights of classes, 0 or more; they are normalised to sum to 1.
            truncation_psi: -2 to 2.

        Raises:
            ValueError: no such class, a weight below 0, or no weight above 0.
        """
        psi = seed_latents.check_truncation_psi(truncation_psi)
        seeds = seed_latents.check_seeds(seeds)
        weights = self._named(_checked_weights(class_weights))
        c = self._mixture(weights).expand(len(seeds), -1)
        made = self._render(self._z(seeds), c, psi)
        return [
            self._with_provenance(image, seed=seed, class_weights=weights, truncation_psi=psi)
            for seed, image in zip(seeds, made, strict=True)
        ]

    def morphs(
        self,
        a: ClassPoint,
        b: ClassPoint,
        times: Sequence[float],
        truncation_psi: float = 1.0,
    ) -> list[Image.Image]:
        """The pictures at `times` on the way from one class and seed to another.

        z is interpolated by slerp, the one-hot class vectors linearly. 0 is exactly the sample of
        `a`, 1 that of `b`.

        Raises:
            ValueError: no such class, or a time, seed or ψ out of range.
        """
        return list(self.iter_morph(a, b, times, truncation_psi))

    def iter_morph(
        self,
        a: ClassPoint,
        b: ClassPoint,
        times: Sequence[float],
        truncation_psi: float = 1.0,
    ) -> Iterator[Image.Image]:
        """`morphs` as an iterator; arguments are checked at once."""
        times = seed_latents.check_times(times)
        psi = seed_latents.check_truncation_psi(truncation_psi)
        seed_a, seed_b = seed_latents.check_seeds([a.seed, b.seed])
        ends = self._z([seed_a, seed_b])
        class_a, class_b = (find_class(self.spec, end.class_name) for end in (a, b))
        classes = self._one_hot([class_a, class_b])
        z = torch.stack([slerp(ends[0], ends[1], t) for t in times])
        c = torch.stack([torch.lerp(classes[0], classes[1], t) for t in times])
        facts = {
            "seed_a": seed_a,
            "class_a": class_a,
            "seed_b": seed_b,
            "class_b": class_b,
            "truncation_psi": psi,
        }
        made = self._render(z, c, psi)
        return (
            self._with_provenance(image, t=t, **facts) for t, image in zip(times, made, strict=True)
        )

    def nearest_classes(self, class_name: str | int, count: int = 5) -> list[tuple[str, float]]:
        """The classes with the most similar embeddings, with the cosine similarity, -1 to 1.

        The mean embedding is subtracted first, as it is common to all classes.
        """
        index = self._index(class_name)
        table = self._embedding()  # [num_classes, dim]
        unit = torch.nn.functional.normalize(table - table.mean(0), dim=1)
        similarity = unit @ unit[index]
        order = [k for k in similarity.argsort(descending=True).tolist() if k != index]
        return [(self.classes[k], float(similarity[k])) for k in order[:count]]

    def _embedding(self) -> Tensor:
        """The embedding of each class in the network, [num_classes, dim].

        Raises:
            ValueError: the network has none.
        """
        if self.spec.family == "dcgan":  # the first layer's weights for the class planes
            first = cast("UpBlock", cast("DCGANGenerator", self.generator).blocks[0])
            table = first.conv.weight[self.generator.z_dim :].flatten(1)
        elif self.spec.family == "dcgan-28":
            table = cast("DigitGenerator", self.generator).class_embedding
        elif self.spec.family == "biggan-deep":
            table = cast("BigGANDeepGenerator", self.generator).embeddings.weight.T
        else:
            embed = self.generator.mapping.embed
            if embed is None:
                raise ValueError(f"{self.spec.id} has no embeddings of classes.")
            table = embed.weight.T
        return table.detach().float().cpu()

    def _with_provenance(self, image: Image.Image, **facts: object) -> Image.Image:
        return pictures.add_provenance(image, self.provenance(**facts))

    def _index(self, class_name: str | int) -> int:
        return self.classes.index(find_class(self.spec, class_name))

    def _named(self, class_weights: Mapping[str | int, float]) -> dict[str, float]:
        """Weights by class name; those of the same class are added."""
        named: dict[str, float] = {}
        for name, weight in class_weights.items():
            name = find_class(self.spec, name)
            named[name] = named.get(name, 0.0) + weight
        return named

    def _one_hot(self, names: Sequence[str]) -> Tensor:
        """Classes by name, [N, num_classes]."""
        index = torch.tensor([self._index(name) for name in names])
        return torch.nn.functional.one_hot(index, len(self.classes)).float()

    def _mixture(self, class_weights: Mapping[str, float]) -> Tensor:
        """Classes by weight, [num_classes], summing to 1."""
        c = torch.zeros(len(self.classes))
        for name, weight in class_weights.items():
            c[self._index(name)] = weight
        return c / c.sum()

    def _z(self, seeds: Sequence[int]) -> Tensor:
        """Latents of seeds, [N, z_dim]; for BigGAN truncated to ±2."""
        truncated = self.spec.family == "biggan-deep"
        draw = seed_latents.sample_truncated_z if truncated else seed_latents.sample_z
        return draw(seeds, self.generator.z_dim)

    def _render(self, z: Tensor, c: Tensor, psi: float) -> Iterator[Image.Image]:
        """Pictures of z [N, z_dim] and c [N, num_classes], batch by batch."""
        size = self.batch_size
        for some_z, some_c in zip(z.split(size), c.split(size), strict=True):
            made = self._forward(some_z.to(self.device), some_c.to(self.device), psi)
            yield from pictures.to_pil(made)

    @torch.inference_mode()
    def _forward(self, z: Tensor, c: Tensor, psi: float) -> Tensor:
        """z [N, z_dim], c [N, num_classes] -> images [N, 3, H, W] in [-1, 1]."""
        if self.spec.family == "biggan-deep":
            with self.precision:
                return self.generator(z * psi, c, min(abs(psi), 1.0))
        if hasattr(self.generator, "mapping"):
            return self.generator(z, c, truncation_psi=psi)
        return self.generator(z * psi, c)


def _checked_weights(class_weights: Mapping[str | int, float]) -> dict[str | int, float]:
    """The classes of a mixture with a weight above 0, the weights as Python floats.

    Raises:
        ValueError: a weight below 0, or no weight above 0.
    """
    weights = {name: as_float(weight) for name, weight in class_weights.items()}
    for name, weight in weights.items():
        if not 0 <= weight < math.inf:
            raise ValueError(f"The weight of {name} must be 0 or more, not {class_weights[name]}.")
    if not sum(weights.values()) > 0:
        raise ValueError("A mixture needs a class with a weight above 0; raise one.")
    return {name: weight for name, weight in weights.items() if weight > 0}


def class_names(spec: ModelSpec) -> tuple[str, ...]:
    """The classes of a model in the order of the network; those of ImageNet if it names none.

    Raises:
        ValueError: the model has no classes.
    """
    if spec.classes:
        return spec.classes
    # networks of this family have ImageNet's classes unless their config says otherwise
    default = _IMAGENET if spec.family == "biggan-deep" else 0
    if spec.config.get("num_classes", default) == _IMAGENET:
        from torchvision.models import ResNet50_Weights  # slow to load

        return tuple(ResNet50_Weights.DEFAULT.meta["categories"])
    raise ValueError(f"{spec.id} has no classes; choose a model of task class.")


def find_class(spec: ModelSpec, wanted: str | int) -> str:
    """The name of a class given by name or index.

    A number as text is an index if no class name is a number.

    Raises:
        ValueError: the model has no such class, or no classes.
    """
    known = class_names(spec)
    if isinstance(wanted, str):
        if wanted in known:
            return wanted
        is_index = wanted.strip().isdecimal() and not any(name.isdecimal() for name in known)
        index = int(wanted) if is_index else -1
    else:
        index = as_index(wanted)
    if not 0 <= index < len(known):
        raise ValueError(_unknown_class(str(wanted), spec.id, known))
    return known[index]


def _unknown_class(name: str, model: str, known: Sequence[str]) -> str:
    short = name if len(name) <= 40 else name[:40] + "…"
    close = difflib.get_close_matches(name[:40], known, n=8, cutoff=0.5) if len(known) > 30 else ()
    some = ", ".join(close or known[:30]) + ("" if close or len(known) <= 30 else ", …")
    return f"{model} has no class {short!r}; choose from: {some}."
