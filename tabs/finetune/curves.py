"""The curves of a run as small SVG panels in the page's own colours, with words for each."""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

WIDTH, HEIGHT = 300, 110
_MOST_POINTS = 150
_WAITING = "Curves come with the first measurements, after a minute or so."


@dataclass(frozen=True)
class Panel:
    """What one panel shows: columns of a run's tables."""

    title: str
    help: str
    columns: tuple[tuple[str, str], ...]  # name in the table, word for it


PANELS = (
    Panel(
        "Distance to your pictures (KID)",
        "Falls while it learns; if it rises again, an earlier snapshot was better.",
        (("kid_effl0", ""),),
    ),
    Panel(
        "Diversity and copies",
        "Diversity relative to your pictures, and the share of samples that are copies.",
        (("diversity_share", "diversity"), ("memorised_share", "copies")),
    ),
    Panel(
        "Gap between features",
        "Between what a network sees in samples and in your pictures: falls while it learns, and "
        "may go under 0.",
        (("matching", ""),),
    ),
    Panel(
        "Output of the discriminator",
        "Mean logits on your pictures and on samples; a large distance means that the "
        "discriminator tells them apart.",
        (("logit_real", "yours"), ("logit_fake", "samples")),
    ),
    Panel(
        "Losses",
        "The two losses work against each other; neither has to fall.",
        (("generator", "generator"), ("discriminator", "discriminator")),
    ),
    Panel("Augmentation probability", "How often it is applied.", (("augmentation", ""),)),
)


def curves(folder: Path) -> str:
    """The panels of a run, from the tables in its folder, as HTML."""
    series: dict[str, list[tuple[float, float]]] = {}
    for name in ("losses.csv", "metrics.csv"):
        series |= _read(folder / name)
    drawn = [panel for panel in PANELS if any(name in series for name, _ in panel.columns)]
    if not drawn:
        return f'<div class="run-empty">{_WAITING}</div>'
    return f'<div class="run-curves">{"".join(_panel(panel, series) for panel in drawn)}</div>'


def _read(path: Path) -> dict[str, list[tuple[float, float]]]:
    """Every column of a table against its kimg."""
    try:
        text = path.read_text("utf-8").rpartition("\n")[0]  # the last row may lack its end
    except OSError:
        return {}
    series: dict[str, list[tuple[float, float]]] = {}
    for row in csv.DictReader(io.StringIO(text)):
        for name, value in row.items():
            if value and name not in ("step", "kimg"):
                series.setdefault(name, []).append((float(row["kimg"]), float(value)))
    return series


def _panel(panel: Panel, series: dict[str, list[tuple[float, float]]]) -> str:
    lines = [(word, thin(series[name])) for name, word in panel.columns if series.get(name)]
    points = [point for _, line in lines for point in line]
    right = max(x for x, _ in points) or 1.0
    low, high = min(y for _, y in points), max(y for _, y in points)
    span = high - low or 1.0
    paths, legend = [], []
    for number, (word, line) in enumerate(lines):
        path = " ".join(
            f"{4 + x / right * (WIDTH - 8):.1f},{HEIGHT - 6 - (y - low) / span * (HEIGHT - 12):.1f}"
            for x, y in line
        )
        paths.append(f'<polyline class="line{number}" points="{path}"/>')
        label = f"{word} " if word else ""
        legend.append(f'<span class="line{number}">{html.escape(label)}{line[-1][1]:.3g}</span>')
    return (
        f'<div class="run-panel"><b>{html.escape(panel.title)}</b> {" ".join(legend)}'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(panel.title)}">'
        f'{"".join(paths)}</svg><div class="run-axis"><span>{low:.3g} to {high:.3g}</span>'
        f"<span>{1000 * right:,.0f} pictures</span></div><p>{html.escape(panel.help)}</p></div>"
    )


def thin(line: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most 150 points: the means of neighbours, finite ones only."""
    line = [(x, y) for x, y in line if abs(y) < float("inf")]  # nan compares as false
    size = -(-len(line) // _MOST_POINTS)
    groups = [line[k : k + size] for k in range(0, len(line), size)] if line else []
    return [(group[-1][0], sum(y for _, y in group) / len(group)) for group in groups]
