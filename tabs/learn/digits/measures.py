"""What stands beside a sheet: the step, and what was measured of its generator."""

from __future__ import annotations

from gan_models import DigitFilm
from tabs.languages.chosen import translate

TITLES = {
    "kid_digits": "KID",
    "precision": "Precision",
    "recall": "Recall",
    "digits_covered": "Digits covered",
    "accuracy": "Accuracy",
}


def facts(film: DigitFilm, step: int) -> list[list[str]]:
    """Titles and values, in the visitor's language."""
    rows = [("Step", f"{step:,}"), ("kimg", f"{film.kimg_at(step):,.4g}")]
    measured = film.film.measures.get(step, {})
    rows += [
        (title, _text(name, measured[name])) for name, title in TITLES.items() if name in measured
    ]
    return [[translate(title), value] for title, value in rows]


def _text(name: str, value: float) -> str:
    if name == "digits_covered":
        return f"{value:.0f}/10"
    return f"{value:.3g}" if name == "kid_digits" else f"{100 * value:.0f} %"
