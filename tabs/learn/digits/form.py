"""The page of the films as HTML: choices, slider, and places for sheets, curves and plane."""

from __future__ import annotations

import html
from collections.abc import Sequence

TITLES = {
    "digits-gan": "Perceptron GAN",
    "digits-dcgan": "DCGAN",
    "digits-wgan": "WGAN, clipped weights",
    "digits-wgan-gp": "WGAN-GP",
    "digits-cgan": "Conditional GAN",
    "digits-gan-collapsed": "Collapsed GAN",
}
FIRST = ("digits-dcgan", "digits-wgan-gp")  # where they are here
SEEDS = "0-63"


def page(names: Sequence[str]) -> str:
    """The whole of it; `names`: of the films that are here."""
    first = FIRST[0] if FIRST[0] in names else names[0]
    second = FIRST[1] if FIRST[1] in names and FIRST[1] != first else ""
    return f"""<div class="films" data-text-unreachable="The server does not answer; try again.">
<style class="words-style">.block.learn-digits-card {{ display: none; }}</style>
<div class="bar">
<label>Seeds <input type="text" data-set="seeds" value="{SEEDS}" inputmode="text"></label>
<label class="for-class">Digit {_digits()}</label>
<label class="tick"><input type="checkbox" data-set="scores">
 Show the discriminator's scores</label>
</div>
<div class="bar time">
<button type="button" class="main" data-act="play">Play</button>
<button type="button" class="main" data-act="pause" hidden>Pause</button>
<input type="range" data-set="snapshot" min="0" max="0" value="0" step="1"
 aria-label="Snapshot of the training">
<output>–</output>
</div>
<p class="status" role="status"></p>
<div class="pair">{_side(0, "A", names, first)}{_side(1, "B", names, second)}</div>
<details class="plane"><summary>A plane of latent space, of model A</summary>
<div class="bar"><label>Two seeds <input type="text" data-set="plane" value="0, 1"></label></div>
<img class="digits" alt="Digits of the plane through two seeds" hidden>
</details>
</div>"""


def _options(choices: dict[str, str], chosen: str) -> str:
    return "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>'
        f"{html.escape(title)}</option>"
        for value, title in choices.items()
    )


def _digits() -> str:
    choices = {"": "all in turn"} | {str(k): str(k) for k in range(10)}
    return f'<select data-set="digit">{_options(choices, "")}</select>'


def _side(index: int, letter: str, names: Sequence[str], chosen: str) -> str:
    choices = {name: TITLES[name] for name in names}
    if index:
        choices = {"": "none"} | choices
    return f"""<section class="side" data-side="{index}" aria-label="Film of model {letter}">
<header><b>{letter}</b> <select data-set="model" aria-label="Choice of model {letter}">
{_options(choices, chosen)}</select></header>
<div class="sheet"><img class="digits" alt="Digits of model {letter}" hidden>
<div class="scores" hidden></div></div>
<p class="unscored" hidden>The discriminator of this step was not kept; go to the last one.</p>
<dl class="facts"></dl>
<button type="button" data-act="save" data-side="{index}">Download the sheet</button>
<div class="curves"></div>
</section>"""
