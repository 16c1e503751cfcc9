"""Records of the Sample tab: sheets, picks and pairs of them; small, frozen, safe to copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from gan_models import check_truncation_psi, format_seeds, get_spec
from tabs.components import favourite_list, links
from tabs.components.events import Facts
from tabs.components.history import History
from tabs.components.seed_row import page_seeds
from tabs.components.tickets import checked_any, ticket_model

TASK = "latent"


def has_w(model: str) -> bool:
    """Whether a model has a mapping network, by its family; fine-tuned models have one."""
    return ticket_model(model) is not None or get_spec(model).family.startswith("stylegan")


@dataclass(frozen=True)
class Sheet:
    """A set of pictures: which model, which seeds, how much truncation."""

    model: str
    seeds: tuple[int, ...]
    truncation_psi: float

    @classmethod
    def read(cls, model: object, seeds: object, truncation_psi: Any) -> Sheet:
        """Check the values of the page, a link or a provenance.

        Raises:
            ValueError: an unknown model, wrong seeds, ψ out of range.
        """
        return cls(
            checked_any(str(model), TASK),
            tuple(page_seeds(str(seeds))),
            check_truncation_psi(truncation_psi),
        )

    @property
    def seeds_text(self) -> str:
        """The seeds as they are typed."""
        return format_seeds(self.seeds)

    @property
    def query(self) -> str:
        """The query of a link to this sheet; empty for fine-tuned models, which are private."""
        if ticket_model(self.model):
            return ""
        return links.write(model=self.model, seeds=self.seeds_text, psi=f"{self.truncation_psi:g}")

    def stored(self) -> dict[str, Any]:
        """For the browser's storage; `read(**…)` reads it."""
        return {
            "model": self.model,
            "seeds": self.seeds_text,
            "truncation_psi": self.truncation_psi,
        }


@dataclass(frozen=True)
class Pick:
    """One picture of a sheet."""

    model: str
    seed: int
    truncation_psi: float

    def stored(self) -> dict[str, Any]:
        """For the browser's storage."""
        return asdict(self)


@dataclass(frozen=True)
class Pair:
    """The two ends of a morph; an end is None until it is clicked."""

    a: Pick | None = None
    b: Pick | None = None
    turn: str = "A"  # the end that the next click sets
    is_automatic: bool = False  # the first two of a sheet, not clicked

    def with_click(self, pick: Pick) -> Pair:
        """Set the end whose turn it is; the other end is dropped if it is another model's.

        A morph has one ψ, that of the picture clicked last.
        """
        other = self.b if self.turn == "A" else self.a
        if other is not None:
            same = other.model == pick.model
            other = replace(other, truncation_psi=pick.truncation_psi) if same else None
        return Pair(pick, other, "B") if self.turn == "A" else Pair(other, pick, "A")


def first_pick(history: History[Sheet]) -> Pick | None:
    """The first picture of the sheet in view."""
    return first_pair(history).a


def first_pair(history: History[Sheet]) -> Pair:
    """The first two pictures of the sheet in view, as far as there are any."""
    sheet = history.current
    if sheet is None:
        return Pair(is_automatic=True)
    a, b, *_ = [*(Pick(sheet.model, seed, sheet.truncation_psi) for seed in sheet.seeds), None]
    return Pair(a, b, is_automatic=True)


def read_favourites(stored: object) -> list[Pick]:
    """Favourites from the browser's storage that are still valid."""
    return favourite_list.read_all(stored, _read_pick)


def _read_pick(item: Facts) -> Pick:
    sheet = Sheet.read(item["model"], item["seed"], item["truncation_psi"])
    return Pick(sheet.model, sheet.seeds[0], sheet.truncation_psi)


def read_stored_sheet(stored: object) -> Sheet | None:
    """The last sheet from the browser's storage, if it is still valid."""
    if not isinstance(stored, Mapping):
        return None
    try:
        return Sheet.read(stored["model"], stored["seeds"], stored["truncation_psi"])
    except (ValueError, KeyError):
        return None
