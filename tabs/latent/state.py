"""What a visitor of the Latent tab has on the table: small frozen records, safe to copy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlencode

from gan_models import check_truncation_psi, format_seeds, get_spec
from tabs.common import page_seeds
from tabs.mine import checked_any, offered

TASK = "latent"
MAX_HISTORY = 100
MAX_FAVOURITES = 48


def has_w(model: str) -> bool:
    """Whether a model has a mapping network, by its family; what is fine-tuned here has one."""
    return offered(model) is not None or get_spec(model).family.startswith("stylegan")


@dataclass(frozen=True)
class Sheet:
    """A set of pictures: which model, which seeds, how much truncation."""

    model: str
    seeds: tuple[int, ...]
    truncation_psi: float

    @classmethod
    def read(cls, model: Any, seeds: Any, truncation_psi: Any) -> Sheet:
        """Check what a page, a link or a recipe says.

        Raises:
            ValueError: an unknown model, seeds that are none, ψ out of range.
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
        """The part of a link that brings this sheet back; none where others cannot follow it."""
        if offered(self.model):
            return ""
        facts = {"model": self.model, "seeds": self.seeds_text, "psi": f"{self.truncation_psi:g}"}
        return "?" + urlencode(facts)

    def stored(self) -> dict[str, Any]:
        """For the browser's storage; `read(**…)` takes it back."""
        return {
            "model": self.model,
            "seeds": self.seeds_text,
            "truncation_psi": self.truncation_psi,
        }


@dataclass(frozen=True)
class History:
    """Sheets sampled so far, and where undo and redo have got to."""

    sheets: tuple[Sheet, ...] = ()
    position: int = -1

    @property
    def current(self) -> Sheet | None:
        """The sheet on the table."""
        return self.sheets[self.position] if self.sheets else None

    @property
    def first(self) -> Pick | None:
        """The first picture of the sheet on the table."""
        sheet = self.current
        return Pick(sheet.model, sheet.seeds[0], sheet.truncation_psi) if sheet else None

    @property
    def can_undo(self) -> bool:
        """Whether there is an older sheet."""
        return self.position > 0

    @property
    def can_redo(self) -> bool:
        """Whether an undone sheet waits."""
        return self.position < len(self.sheets) - 1

    def push(self, sheet: Sheet) -> History:
        """The history after sampling `sheet`; what was undone before is gone."""
        if sheet == self.current:
            return self
        sheets = (*self.sheets[: self.position + 1], sheet)[-MAX_HISTORY:]
        return History(sheets, len(sheets) - 1)

    def step(self, by: int) -> History:
        """One sheet back (-1) or forward (1), or the same where there is none."""
        return replace(self, position=min(max(self.position + by, 0), len(self.sheets) - 1))


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
    is_automatic: bool = False  # the first two of a sheet; nobody has clicked them

    def with_click(self, pick: Pick) -> Pair:
        """Set the end whose turn it is; the other end is dropped if it is another model's.

        A morph has one ψ, that of the picture clicked last.
        """
        other = self.b if self.turn == "A" else self.a
        if other is not None:
            same = other.model == pick.model
            other = replace(other, truncation_psi=pick.truncation_psi) if same else None
        return Pair(pick, other, "B") if self.turn == "A" else Pair(other, pick, "A")


def first_pair(history: History) -> Pair:
    """The first two pictures of the sheet on the table, as far as there are any."""
    sheet = history.current
    picks = (
        [Pick(sheet.model, seed, sheet.truncation_psi) for seed in sheet.seeds[:2]] if sheet else []
    )
    return Pair(*picks, is_automatic=True)


def read_favourites(stored: Any) -> list[Pick]:
    """Favourites from the browser's storage; what is no longer valid is left out."""
    picks = []
    for item in stored if isinstance(stored, list) else []:
        try:
            sheet = Sheet.read(item["model"], item["seed"], item["truncation_psi"])
        except (ValueError, KeyError, TypeError):
            continue
        picks.append(Pick(sheet.model, sheet.seeds[0], sheet.truncation_psi))
    return picks[:MAX_FAVOURITES]


def read_stored_sheet(stored: Any) -> Sheet | None:
    """The last sheet from the browser's storage, if it is still valid."""
    if not isinstance(stored, Mapping):
        return None
    try:
        return Sheet.read(stored["model"], stored["seeds"], stored["truncation_psi"])
    except (ValueError, KeyError):
        return None
