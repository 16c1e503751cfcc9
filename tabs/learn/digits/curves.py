"""The losses of a film as inline SVG, over a logarithmic axis of pictures seen."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from gan_models import DigitFilm, scale_curves
from tabs.languages.chosen import translate

WIDTH, HEIGHT, MARGIN = 300, 84, 4
CLIPPED = 0.01  # share of the values that may lie outside at either end


@dataclass(frozen=True)
class Panel:
    """Curves that share their axes; `columns`: (name, class of the line, title)."""

    title: str
    columns: tuple[tuple[str, str, str], ...]


LOSSES = Panel(
    "Losses",
    (
        ("discriminator", "dloss", "loss of the discriminator"),
        ("generator", "gloss", "loss of the generator"),
    ),
)
WASSERSTEIN = Panel(
    "Wasserstein estimate", (("wasserstein", "estimate", "mean D(x) minus mean D(G(z))"),)
)
OUTPUTS = Panel(
    "Mean logits of D", (("d_real", "real", "real digits"), ("d_fake", "fake", "generated digits"))
)


def curves(film: DigitFilm) -> str:
    """The panels of a film as HTML in the visitor's language; each has a line `.marker`."""
    found = film.film.curves
    drawn = [p for p in (LOSSES, WASSERSTEIN, OUTPUTS) if any(found.get(c[0]) for c in p.columns)]
    return "".join(_panel(panel, film) for panel in drawn)


def place(film: DigitFilm, step: int) -> float:
    """The x of the marker of a step in the panels."""
    return round(_x(_place(film, film.kimg_at(step))), 1)


def _place(film: DigitFilm, kimg: float) -> float:
    first, last = film.kimg_at(film.steps[0]), film.kimg
    if not 0 < first < last:
        return 1.0
    return min(max(math.log(max(kimg, first) / first) / math.log(last / first), 0.0), 1.0)


def _panel(panel: Panel, film: DigitFilm) -> str:
    columns = [column for column in panel.columns if film.film.curves.get(column[0])]
    scaled = scale_curves([film.film.curves[name] for name, _, _ in columns], CLIPPED)
    places = [[(_place(film, x * scaled.right), y) for x, y in curve] for curve in scaled.curves]
    lines = "".join(
        f'<polyline class="{name}" points="{_points(curve)}"/>'
        for (_, name, _), curve in zip(columns, places, strict=True)
    )
    keys = "".join(
        f'<span class="key {name}"><i></i><span>{html.escape(translate(title))}</span></span>'
        for _, name, title in columns
    )
    title = html.escape(translate(panel.title))
    return (
        f"<figure><figcaption><b>{title}</b> {keys}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{title}">{lines}'
        f'<line class="marker" x1="0" x2="0" y1="0" y2="{HEIGHT}"/></svg>'
        f"<p><span>{_number(scaled.low)} – {_number(scaled.high)}</span>"
        f"<span>{film.kimg_at(film.steps[0]):.3g} – {film.kimg:,.4g} kimg</span></p></figure>"
    )


def _x(share: float) -> float:
    return MARGIN + (WIDTH - 2 * MARGIN) * share


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _points(curve: Sequence[tuple[float, float]]) -> str:
    high = HEIGHT - 2 * MARGIN
    return " ".join(f"{_x(x):.1f},{MARGIN + high * (1 - y):.1f}" for x, y in curve)
