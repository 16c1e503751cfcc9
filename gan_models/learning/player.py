"""Films of the digits as the page plays them: pictures of seeds at each stored step."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from gan_models import seeds as seed_latents
from gan_models.learning.film import Film, load_film
from gan_models.media.images import add_provenance, to_pil
from gan_models.media.provenance import DIGITS_FILM
from gan_models.paths import CHECKPOINTS, sha256_of
from gan_models.weights import load_checkpoint

if TYPE_CHECKING:
    from gan_models.networks.base import Network

# of the recipes, whose module imports much more; in the order in which the page explains them
NAMES = (
    *("digits-gan", "digits-dcgan", "digits-wgan", "digits-wgan-gp", "digits-cgan"),
    "digits-gan-collapsed",
)
PLANE_SIDE = 11  # pictures a side of the plane
PLANE_REACH = 2.0  # both coordinates go from minus this to this
MAX_SEEDS = 100


@dataclass(frozen=True)
class DigitFilm:
    """The film of one recipe.

    Attributes:
        name: of the recipe, which is the id of its finished model.
        film: networks, curves and measures.
        classes: of a conditional generator; empty otherwise.
        kimg: thousands of real pictures that the whole training saw.
        hashes: of the files, part of every picture's provenance.
    """

    name: str
    film: Film
    classes: tuple[str, ...]
    kimg: float = 0.0
    hashes: Mapping[str, str] = field(default_factory=dict)

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps of the snapshots, ascending."""
        return self.film.steps

    def kimg_at(self, step: int) -> float:
        """Thousands of real pictures that the training had seen at a step."""
        return self.kimg * step / self.steps[-1]

    def nearest_step(self, share: float) -> int:
        """The snapshot nearest to a share of the training, 0 to 1, by the ratio of both."""
        wanted = max(share, 1e-9)
        return min(self.steps, key=lambda step: abs(math.log(step / self.steps[-1] / wanted)))

    def draw(self, step: int, seeds: Sequence[int], digit: int | None = None) -> list[Image.Image]:
        """One picture of 28 px a seed, as the generator was at a step, with its provenance.

        Args:
            step: one of `steps`.
            seeds: up to 100 whole numbers from 0 to 2^32-1.
            digit: of a conditional generator; by default the digits 0 to 9 in turn.

        Raises:
            ValueError: no such step or digit, or a seed out of range.
        """
        seeds = seed_latents.check_seeds(seeds)
        pictures = to_pil(self._draw(step, seeds, digit))
        for k, (picture, seed) in enumerate(zip(pictures, seeds, strict=True)):
            asked = k % len(self.classes) if self.classes and digit is None else digit
            add_provenance(picture, self._provenance(step, asked, seed=seed))
        return pictures

    def scores(self, step: int, seeds: Sequence[int], digit: int | None = None) -> list[float]:
        """The discriminator's logit of each picture of `draw`; empty where it was not kept.

        Raises:
            ValueError: as `draw`.
        """
        made = self._draw(step, seeds, digit)
        found = self.film.score(step, made, self._one_hot(len(made), digit))
        return [] if found is None else found.tolist()

    def plane(
        self, step: int, seeds: tuple[int, int], digit: int | None = None
    ) -> list[Image.Image]:
        """11 x 11 pictures of the plane through 0 and the latents of two seeds, row by row.

        The point (a, b) is a u + b v, a and b from -2 to 2, where u is the first seed's z, and v
        the part of the second one's that is orthogonal to it, both with the length of a typical z.

        Raises:
            ValueError: as `draw`, or both seeds are the same.
        """
        first, second = seed_latents.check_seeds(seeds)
        if first == second:
            raise ValueError("A plane needs two seeds that differ; change one of them.")
        u, v = self._latents([first, second])
        u, v = u / u.norm(), v / v.norm()
        v = F.normalize(v - (u @ v) * u, dim=0)
        length = self._latents([0]).shape[1] ** 0.5
        line = torch.linspace(-PLANE_REACH, PLANE_REACH, PLANE_SIDE)
        z = torch.stack([length * (a * u + b * v) for b in line.flip(0) for a in line])
        c = self._one_hot(len(z), 0 if self.classes and digit is None else digit)
        pictures = to_pil(self.film.draw(self._known(step), z, c))
        ends = [round(a, 2) + 0.0 for a in line.tolist()]
        places = [(a, b) for b in reversed(ends) for a in ends]
        for picture, (a, b) in zip(pictures, places, strict=True):
            facts = self._provenance(step, digit or 0, plane=[first, second], at=[a, b])
            add_provenance(picture, facts)
        return pictures

    def _provenance(self, step: int, digit: int | None, **facts: Any) -> dict[str, Any]:
        """What is needed to make a picture again."""
        asked = {"class_index": digit} if self.classes else {}
        made = {"version": 1, "task": DIGITS_FILM, "model": self.name, **self.hashes}
        return {**made, "step": step, **asked, **facts}

    def _draw(self, step: int, seeds: Sequence[int], digit: int | None) -> Tensor:
        seeds = seed_latents.check_seeds(seeds)
        if len(seeds) > MAX_SEEDS:
            raise ValueError(f"A film draws up to {MAX_SEEDS} seeds, not {len(seeds)}; take fewer.")
        c = self._one_hot(len(seeds), digit)
        return self.film.draw(self._known(step), self._latents(seeds), c)

    def _latents(self, seeds: Sequence[int]) -> Tensor:
        z_dim = cast("Network", self.film.generators[self.steps[-1]]).z_dim
        return seed_latents.sample_z(seeds, z_dim)

    def _known(self, step: int) -> int:
        if step not in self.steps:
            known = ", ".join(map(str, self.steps))
            raise ValueError(f"This film has no step {step}; choose from {known}.")
        return step

    def _one_hot(self, count: int, digit: int | None) -> Tensor | None:
        if not self.classes:
            return None
        if digit is not None and not 0 <= digit < len(self.classes):
            raise ValueError(f"There is no digit {digit}; choose 0 to {len(self.classes) - 1}.")
        asked = torch.arange(count) % len(self.classes)
        if digit is not None:
            asked = torch.full_like(asked, digit)
        return F.one_hot(asked, len(self.classes)).float()


def film_names() -> tuple[str, ...]:
    """The recipes whose films are here, in the order in which the page explains them."""
    return tuple(name for name in NAMES if film_path(name).is_file())


def film_path(name: str) -> Path:
    """The file of a recipe's film; it may not exist."""
    return CHECKPOINTS / f"{name}-film.safetensors"


@functools.cache
def open_film(name: str) -> DigitFilm:
    """The film of a recipe; opened once.

    Raises:
        ValueError: there is no film of this name here.
        WeightsError: its file is damaged.
    """
    known = film_names()
    if not known:
        raise ValueError(
            "The films of digits are not here: get the files of the folder checkpoints again."
        )
    if name not in known:
        raise ValueError(f"There is no film {str(name)[:40]!r}; choose from: {', '.join(known)}.")
    generator = CHECKPOINTS / f"{name}.safetensors"
    info = load_checkpoint(generator)[1]
    return DigitFilm(
        name,
        load_film(generator, film_path(name)),
        tuple(info.get("classes") or ()),
        float(info["training"]["kimg"]),
        {"weights_sha256": sha256_of(generator), "film_sha256": sha256_of(film_path(name))},
    )
