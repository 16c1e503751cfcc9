"""Records of the Classes tab: sheets and single pictures; small, frozen, checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from gan_models import (
    ClassPoint,
    check_truncation_psi,
    class_names,
    find_class,
    format_seeds,
    get_spec,
)
from tabs.components import links
from tabs.components.events import Facts
from tabs.components.models import checked_model, start_psi
from tabs.components.seed_row import page_seeds
from tabs.languages.chosen import translate_name

TASK = "class"
MAX_CLASSES_IN_A_ROW = 24
_CORNERS = 4


@dataclass(frozen=True)
class ClassSheet:
    """A set of pictures of one class."""

    model: str
    class_name: str
    seeds: tuple[int, ...]
    truncation_psi: float

    @classmethod
    def read(
        cls, model: object, class_name: object, seeds: object, truncation_psi: Any
    ) -> ClassSheet:
        """Check the values of the page, a program or a provenance.

        Raises:
            ValueError: an unknown model or class, wrong seeds, ψ out of range.
        """
        checked = checked_model(str(model), TASK)
        return cls(
            checked,
            checked_class(checked, class_name),
            tuple(page_seeds(str(seeds))),
            check_truncation_psi(truncation_psi),
        )

    @property
    def seeds_text(self) -> str:
        """The seeds as they are typed."""
        return format_seeds(self.seeds)

    @property
    def query(self) -> str:
        """The query of a link to this sheet."""
        return links.write(
            tab="classes",
            model=self.model,
            **{"class": self.class_name},  # a keyword of Python
            seeds=self.seeds_text,
            psi=f"{self.truncation_psi:g}",
        )

    def pick(self, index: int) -> ClassPick:
        """One picture of the sheet, the first where there is none at `index`."""
        seed = self.seeds[index if index < len(self.seeds) else 0]
        return ClassPick(self.model, self.class_name, seed, self.truncation_psi)


@dataclass(frozen=True)
class ClassPick:
    """One picture of a class."""

    model: str
    class_name: str
    seed: int
    truncation_psi: float

    @classmethod
    def read(cls, item: Facts) -> ClassPick:
        """Check the values of the browser's storage or a provenance.

        Raises:
            ValueError: as `ClassSheet.read`.
        """
        given = (item["model"], item["class_name"], item["seed"], item["truncation_psi"])
        return ClassSheet.read(*given).pick(0)

    @property
    def sheet(self) -> ClassSheet:
        """The sheet of this picture alone."""
        return ClassSheet(self.model, self.class_name, (self.seed,), self.truncation_psi)

    @property
    def stem(self) -> str:
        """The name of its file, without the suffix."""
        return f"{self.model}-{file_name(self.class_name)}-seed{self.seed:08d}"

    def stored(self) -> dict[str, Any]:
        """For the browser's storage; `read` reads it."""
        return asdict(self)


def page_psi(model: str) -> float:
    """The ψ that the page starts with."""
    return start_psi(get_spec(model).family)


def classes_of(model: str) -> tuple[str, ...]:
    """The classes of a model that this tab offers."""
    return class_names(get_spec(checked_model(model, TASK)))


def checked_class(model: str, class_name: object) -> str:
    """The name of a class that is given by name or by index, if the model has it.

    Raises:
        ValueError: the model does not have it.
    """
    return find_class(get_spec(checked_model(model, TASK)), str(class_name))


def file_name(class_name: str) -> str:
    """A class as part of a file's name."""
    return "".join(letter if letter.isalnum() else "-" for letter in class_name.lower())


def search_classes(model: str, text: str) -> list[str]:
    """The classes whose names hold all the words of `text`, those that start with it first.

    Names in the visitor's language count, too.
    """
    words = str(text or "").lower().split()
    shown = {name: f"{name} {translate_name(name)}".lower() for name in classes_of(model)}
    found = [name for name in shown if all(word in shown[name] for word in words)]
    return sorted(found, key=lambda name: not name.lower().startswith(" ".join(words)))


def chosen_classes(model: str, names: Sequence[str] | None, num_seeds: int, most: int) -> list[str]:
    """The classes of a row: those named, or all; `most`: pictures that a sheet may have.

    Raises:
        ValueError: a class that the model does not have, or too many pictures.
    """
    chosen = [checked_class(model, name) for name in names or classes_of(model)]
    if len(chosen) > MAX_CLASSES_IN_A_ROW:
        raise ValueError(
            f"{len(chosen)} classes do not fit in one row; name up to {MAX_CLASSES_IN_A_ROW}."
        )
    if len(chosen) * num_seeds > most:
        raise ValueError(
            f"{len(chosen)} classes of {num_seeds} seeds are more than {most} pictures; take fewer."
        )
    return chosen


def morph_ends(
    model: str,
    kind: str,
    class_a: str,
    seed_a: float | None,
    class_b: str,
    seed_b: float | None,
) -> tuple[ClassPoint, ClassPoint]:
    """The two ends of a morph of "class", "z" or "both"; both have what does not change from A.

    Where both ends are of one class, "class" changes the seed: else nothing would change.

    Raises:
        ValueError: an unknown class, or a wrong seed.
    """
    seeds = [page_seeds(f"{seed:.0f}" if seed is not None else "")[0] for seed in (seed_a, seed_b)]
    a = ClassPoint(seeds[0], checked_class(model, class_a))
    b = ClassPoint(seeds[1], checked_class(model, class_b))
    if kind == "class" and a.class_name != b.class_name:
        b = ClassPoint(a.seed, b.class_name)
    elif kind == "z":
        b = ClassPoint(b.seed, a.class_name)
    return a, b


def read_weights(model: str, text: str) -> dict[str, float]:
    """Read "green 2, red 0.5" as weights of classes.

    Raises:
        ValueError: no such class, or a wrong weight.
    """
    weights: dict[str, float] = {}
    for part in str(text).replace(";", ",").split(","):
        if not part.strip():
            continue
        name, _, number = part.strip().rpartition(" ")
        try:
            weight = float(number)
        except ValueError:
            raise ValueError(
                f'"{part.strip()[:40]}" is no class with a weight; write such as: green 2, red 1.'
            ) from None
        name = checked_class(model, name.strip(" :="))
        weights[name] = weights.get(name, 0.0) + weight
    if not weights:
        raise ValueError("No weights given; write such as: green 2, red 1.")
    return weights


def chosen_corners(corners: Sequence[str | None]) -> list[str]:
    """The classes at the corners.

    Raises:
        ValueError: a corner has none.
    """
    chosen = [name for name in corners if name]
    if len(chosen) != len(corners):
        raise ValueError("A corner of the pad has no class; choose one for each corner.")
    return chosen


def pad_weights(corners: Sequence[str | None], place: str) -> dict[str, float]:
    """Weights of the classes at the corners (left to right, top to bottom) for "x,y", 0 to 1.

    Raises:
        ValueError: no position, or a corner without a class.
    """
    try:
        x, y = (min(max(float(number), 0.0), 1.0) for number in str(place).split(","))
    except ValueError:
        raise ValueError(
            "The place on the pad is two numbers from 0 to 1; click the pad."
        ) from None
    shares = ((1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y)
    weights: dict[str, float] = {}
    for name, share in zip(chosen_corners(corners)[:_CORNERS], shares, strict=True):
        weights[name] = weights.get(name, 0.0) + share
    return weights


def write_weights(weights: dict[str, float]) -> str:
    """The text that `read_weights` reads as `weights`, without those below 0.005."""
    return ", ".join(f"{name} {weight:.3g}" for name, weight in weights.items() if weight >= 0.005)
