"""The curves of a run as small SVG panels in the page's own colours, with words for each."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

from gan_models import read_curves, scale_curves, thin_curve

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
    thinned = {name: thin_curve(c, _MOST_POINTS) for name, c in read_curves(folder).items()}
    series = {name: curve for name, curve in thinned.items() if curve}  # some have no finite value
    drawn = [panel for panel in PANELS if any(name in series for name, _ in panel.columns)]
    if not drawn:
        return f'<div class="run-empty">{_WAITING}</div>'
    return f'<div class="run-curves">{"".join(_panel(panel, series) for panel in drawn)}</div>'


def _panel(panel: Panel, series: dict[str, list[tuple[float, float]]]) -> str:
    lines = {word: series[name] for name, word in panel.columns if name in series}
    scaled = scale_curves(list(lines.values()))
    paths, legend = [], []
    for number, ((word, line), curve) in enumerate(zip(lines.items(), scaled.curves, strict=True)):
        path = " ".join(
            f"{4 + x * (WIDTH - 8):.1f},{HEIGHT - 6 - y * (HEIGHT - 12):.1f}" for x, y in curve
        )
        paths.append(f'<polyline class="line{number}" points="{path}"/>')
        label = f"{word} " if word else ""
        legend.append(f'<span class="line{number}">{html.escape(label)}{line[-1][1]:.3g}</span>')
    axis = f"{scaled.low:.3g} – {scaled.high:.3g}"
    return (
        f'<div class="run-panel"><b>{html.escape(panel.title)}</b> {" ".join(legend)}'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(panel.title)}">'
        f'{"".join(paths)}</svg><div class="run-axis"><span>{axis}</span>'
        f"<span>{1000 * scaled.right:,.0f} pictures</span></div>"
        f"<p>{html.escape(panel.help)}</p></div>"
    )
