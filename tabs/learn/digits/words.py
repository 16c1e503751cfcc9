"""What stands beside the sheets: what they show, how one measures, and each recipe's words."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from tabs.learn.digits.recipes_words import RECIPES
from tabs.learn.live.words import DELIMITERS

NO_FILMS = (
    "**The films of the digits are not on this server.** They are files of the repository, "
    "`checkpoints/digits-…-film.safetensors`: get them again, and restart the page."
)
INTRO = (
    "Generators of handwritten digits, stored at several steps of their training: the same seeds, "
    "from the first step to the last."
)
START = (
    "**What the sheets show.** A seed gives one latent $z$. It stays while the slider moves, so "
    "each place of a sheet shows what the network of that step makes of the same $z$. A and B take "
    "the same seeds, and B stands at its snapshot nearest to A's by share of the training.",
    "Snapshots are spaced geometrically, and the curves are drawn over a logarithmic axis: most of "
    "what one sees happens early. The dashed line marks the step.",
    "**Scores** are the outputs of the discriminator of that step for the picture above them. Of a "
    "GAN it is a logit: above 0 the picture counts as real. Of a WGAN only differences between "
    "pictures mean anything.",
    "**The plane** goes through $z = 0$, in the middle, and the directions of two seeds: one to "
    "the right, and up what the other one has at right angles to it. Look for how one digit "
    "becomes another, and for large areas that are alike.",
)
MEASURES = (
    "**How one measures.** A classifier, trained on digits, turns each picture into features. The "
    "figures compare 2,000 generated digits with real ones that were not trained on.",
    "**KID** ([Bińkowski et al. 2018](https://arxiv.org/abs/1801.01401)) is a squared distance of "
    "two sets of features $x$ and $y$, without bias, for a polynomial kernel $k$; smaller is "
    "better:",
    r"$$\mathbb{E}\, k(x, x') + \mathbb{E}\, k(y, y') - 2\, \mathbb{E}\, k(x, y)$$",
    "**Precision and recall** ([Kynkäänniemi et al. 2019](https://arxiv.org/abs/1904.06991)): the "
    "share of generated digits that lie among the real ones, and of real ones that lie among the "
    "generated. Precision tells of how good they look, recall of variety; a collapsed generator "
    "may have the first without the second.",
    "**Digits covered** counts the digits that make up at least 1 % of the pictures. **Accuracy**, "
    "of a conditional GAN, is the share of pictures in which the classifier reads the digit asked "
    "for.",
)


def build(names: Sequence[str]) -> None:
    """Lay out the texts of these films; the page shows those of its two models."""
    _card("start", START)
    for name in names:
        _card(name, RECIPES[name])
    _card("measures", MEASURES)


def _card(name: str, paragraphs: tuple[str, ...]) -> None:
    gr.Markdown(
        "\n\n".join(paragraphs),
        latex_delimiters=DELIMITERS,  # pyright: ignore[reportArgumentType] - dicts are taken
        elem_id=f"learn-digits-words-{name}",
        elem_classes="learn-digits-card",
        container=True,
    )
