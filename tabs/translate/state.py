"""What a visitor of the Translate tab has on the table: small frozen records, checked."""

from __future__ import annotations

import filecmp
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gan_models import check_strength
from tabs.components import favourite_list, links, provenance_drop
from tabs.components.models import checked_model

TASK = "translation"
EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.jpg"))
FIRST_EXAMPLE = Path(__file__).parent / "examples" / "river.jpg"
MAX_FAVOURITES = 12  # each holds its photo
KEPT_PX = 512  # a favourite's photo
SHOWN_PX = 256  # and its translation


@dataclass(frozen=True)
class Settings:
    """How a picture is translated: what a link and a provenance name."""

    model: str
    strength: float = 1.0
    keep_colours: bool = False

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Settings:
        """Check what a provenance or the browser's storage says.

        Raises:
            ValueError: another tab's provenance, an unknown model, a strength out of range.
        """
        # the browser's storage names no task
        with provenance_drop.reading({"task": TASK, **facts}, TASK):
            model = checked_model(str(facts["model"]), TASK)
            return cls(model, check_strength(facts["strength"]), bool(facts["keep_colours"]))


@dataclass(frozen=True)
class Result:
    """What was translated: files, which may be gone after a while.

    Two are the same where picture and settings are: the same once more is no step of undo.
    """

    settings: Settings
    original: str
    translated: str = field(compare=False)  # in full, whatever the strength
    line: str = field(compare=False)

    @property
    def query(self) -> str:
        """The part of a link that brings this back; a visitor's own picture is not in it."""
        given = self.settings
        return links.write(
            tab="translate",
            model=given.model,
            example=example_name(self.original),
            strength=None if given.strength == 1 else f"{given.strength:g}",
            colours=1 if given.keep_colours else None,
        )


@dataclass(frozen=True)
class Kept:
    """A favourite: the settings, and small copies of the photo and of its translation."""

    settings: Settings
    name: str
    photo: str
    picture: str

    @classmethod
    def read(cls, item: Any) -> Kept:
        """Check what the browser's storage says.

        Raises:
            ValueError: settings that are none, or no pictures.
        """
        name = file_stem(str(item["name"]))
        texts = [favourite_list.checked_text(item[part]) for part in ("photo", "picture")]
        return cls(Settings.read(item), name, *texts)

    def stored(self) -> dict[str, Any]:
        """For the browser's storage; `read` takes it back."""
        return {
            **asdict(self.settings),
            **{"name": self.name, "photo": self.photo, "picture": self.picture},
        }


def read_favourites(stored: Any) -> list[Kept]:
    """Favourites from the browser's storage; what is no longer valid is left out."""
    return favourite_list.read_all(stored, Kept.read, MAX_FAVOURITES)


def file_stem(name: str) -> str:
    """A name as part of a file's name."""
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name[:60]) or "picture"


def example_name(path: str) -> str | None:
    """Which example a picture is, by its content; None for a visitor's own."""
    same = (one for one in EXAMPLES if Path(path).is_file() and filecmp.cmp(path, one, False))
    return next((one.stem for one in same), None)


def read_link(query: Mapping[str, str]) -> tuple[Settings, str | None]:
    """What a link names: the settings, and the file of the example where it names one.

    Raises:
        ValueError: an unknown model or example, a strength out of range.
    """
    facts = {"strength": query.get("strength", 1.0), "keep_colours": query.get("colours") == "1"}
    settings = Settings.read({"model": query.get("model", ""), **facts})
    name = query.get("example")
    if name is None:
        return settings, None
    known = {example.stem: str(example) for example in EXAMPLES}
    if name not in known:
        raise ValueError(f"There is no such example; choose from {', '.join(known)}.")
    return settings, known[name]
