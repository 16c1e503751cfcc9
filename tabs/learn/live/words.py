"""What stands beside the pictures: explanations, formulas, papers, and what to look for."""

from __future__ import annotations

import gradio as gr

from tabs.learn.live.objectives_words import OBJECTIVES
from tabs.learn.live.presets_words import PRESETS

DELIMITERS = [
    {"left": "$$", "right": "$$", "display": True},
    {"left": "$", "right": "$", "display": False},
]
INTRO = (
    "Two small networks are trained on this server while you watch: a generator turns noise into "
    "points, and a discriminator tells them from real points."
)
START = (
    "**What the pictures show.** Blue points are real, orange ones come from the generator $G(z)$. "
    "The background is the discriminator's output $D(x)$: blue where it takes points for real, "
    "orange where it takes them for generated.",
    "Arrows show the gradient that moves generated points: uphill on $D$, towards what counts as "
    "real. Where the background is even there is no arrow, and nothing to learn from.",
    "**A mode is covered** if at least 2 % of 4,000 generated points lie within 0.2 of it. Ring "
    "and grid are the data by which [VEEGAN](https://arxiv.org/abs/1705.07761) counts modes.",
    "A and B start from the same seed: the same weights, data and noise. Choose a preset, or "
    "change one setting and compare.",
    "A training pauses ten seconds after the page was last seen, is deleted after ten minutes, and "
    "ends after 50,000 steps.",
)
DENSITIES = (
    "**In one dimension** (figure 1 of [Goodfellow et al. 2014](https://arxiv.org/abs/1406.2661)) "
    "the densities can be drawn, and with them the best discriminator for the generator as it is:",
    r"$$D^*(x) = \frac{p_{data}(x)}{p_{data}(x) + p_g(x)}$$",
    "It is dashed, where the objective has one. Look for $D(x)$ coming close to it, and for both "
    "becoming ½ where the two densities are equal. $D$ is scaled to its own range for critics, "
    "whose values have no fixed scale.",
)


def build() -> None:
    """Lay out all texts; the page shows those of its settings."""
    _card("start", START)
    for name, paragraphs in PRESETS.items():
        _card(f"preset-{name}", paragraphs)
    for name, paragraphs in OBJECTIVES.items():
        _card(f"objective-{name}", paragraphs)
    _card("densities", DENSITIES)


def _card(name: str, paragraphs: tuple[str, ...]) -> None:
    gr.Markdown(
        "\n\n".join(paragraphs),
        latex_delimiters=DELIMITERS,  # pyright: ignore[reportArgumentType] - dicts are taken
        elem_id=f"learn-words-{name}",
        elem_classes="learn-card",
        container=True,
    )
