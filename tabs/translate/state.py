"""Records of the Translate tab: settings, results and favourites; small, frozen, checked."""

from __future__ import annotations

import filecmp
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gan_models import check_strength
from tabs.components import favourite_list, links, provenance_drop
from tabs.components.events import Facts
from tabs.components.models import checked_model

TASK = "translation"
EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.jpg"))
FIRST_EXAMPLE = Path(__file__).parent / "examples" / "river.jpg"
MAX_FAVOURITES = 12  # each includes its photo
PHOTO_PX = 512  # a favourite's photo
THUMBNAIL_PX = 256  # a favourite's translation


@dataclass(frozen=True)
class Settings:
    """The settings of a translation, as in links and provenances."""

    model: str
    strength: float = 1.0
    keep_colours: bool = False

    @classmethod
    def read(cls, facts: Facts) -> Settings:
        """Check the values of a provenance or the browser's storage.

        Raises:
            ValueError: another tab's provenance, an unknown model, a strength out of range.
        """
        # the browser's storage names no task
        with provenance_drop.reading({"task": TASK, **facts}, TASK):
            model = checked_model(str(facts["model"]), TASK)
            return cls(model, check_strength(facts["strength"]), bool(facts["keep_colours"]))


@dataclass(frozen=True)
class Result:
    """A translation: its settings and files, which are deleted after a while.

    Equal where picture and settings are equal, so that a repetition adds no step of undo.
    """

    settings: Settings
    original: str
    translated: str = field(compare=False)  # at full strength
    line: str = field(compare=False)

    @property
    def query(self) -> str:
        """The query of a link to this translation; without a visitor's picture."""
        given = self.settings
        return links.write(
            tab="translate",
            model=given.model,
            example=example_name(self.original),
            strength=None if given.strength == 1 else f"{given.strength:g}",
            colours=1 if given.keep_colours else None,
        )


@dataclass(frozen=True)
class Favourite:
    """A favourite: the settings, and small copies of the photo and of its translation."""

    settings: Settings
    name: str
    photo: str
    picture: str

    @classmethod
    def read(cls, item: Facts) -> Favourite:
        """Check the values of the browser's storage.

        Raises:
            ValueError: wrong settings, or no pictures.
        """
        name = file_stem(str(item["name"]))
        photo = favourite_list.checked_text(item["photo"])
        picture = favourite_list.checked_text(item["picture"])
        return cls(Settings.read(item), name, photo, picture)

    def stored(self) -> dict[str, Any]:
        """For the browser's storage; `read` reads it."""
        return {
            **asdict(self.settings),
            "name": self.name,
            "photo": self.photo,
            "picture": self.picture,
        }


def read_favourites(stored: object) -> list[Favourite]:
    """Favourites from the browser's storage that are still valid."""
    return favourite_list.read_all(stored, Favourite.read, MAX_FAVOURITES)


def file_stem(name: str) -> str:
    """A name as part of a file's name."""
    return "".join(c if c.isalnum() or c in "-_" else "-" for c in name[:60]) or "picture"


def example_name(path: str) -> str | None:
    """The name of the example that a picture is, by its content; None if it is none."""
    same = (one for one in EXAMPLES if Path(path).is_file() and filecmp.cmp(path, one, False))
    return next((one.stem for one in same), None)


def read_link(query: Mapping[str, str]) -> tuple[Settings, str | None]:
    """The settings of a link, and the file of its example, if it names one.

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
