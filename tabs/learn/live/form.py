"""The page of the live part as HTML: buttons, settings, and places for its pictures."""

from __future__ import annotations

import html
from collections.abc import Iterable

from gan_models import LIVE_PRESETS

OBJECTIVES = {
    "minimax": "Minimax (saturating)",
    "nonsaturating": "Non-saturating",
    "least-squares": "Least squares",
    "wgan": "WGAN, clipped weights",
    "wgan-gp": "WGAN-GP",
    "hinge": "Hinge, spectral norm",
    "r1": "Non-saturating with R1",
    "relativistic": "Relativistic, R1 and R2",
}
DATA = {
    "ring": "Ring of eight",
    "grid": "Grid of 25",
    "moons": "Two moons",
    "spiral": "Spiral",
    "line": "Line",
    "drawn": "Draw your own",
    "bump": "1-D: one bump",
    "bumps": "1-D: three bumps",
}
PRESETS = {
    "mode-collapse": "Mode collapse",
    "wgan-gp": "The same with WGAN-GP",
    "relativistic": "The same in pairs",
    "vanishing-gradient": "Vanishing gradient",
    "cycles": "Cycles",
    "densities": "Two densities",
}
PACES = {"0": "as fast as it goes", "100": "100 a second", "25": "25 a second", "5": "5 a second"}
OPTIMIZERS = {"adam": "Adam", "sgd": "Gradient descent"}
FACTS = {
    "near": "Points near data",
    "discriminator": "Discriminator's loss",
    "generator": "Generator's loss",
    "gradient": "Generator's gradient",
    "distance": "Wasserstein est.",
}


def page() -> str:
    """The whole of it."""
    return f"""<div class="lab" data-text-unreachable="The server does not answer; trying again."
 data-text-draw="Draw here: real points appear where you drag.">
<style class="shown-words">.block.learn-card {{ display: none; }}</style>
<div class="presets" role="group" aria-label="Presets">{_presets()}</div>
<div class="bar">
<button type="button" class="main" data-act="play">Start</button>
<button type="button" class="main" data-act="pause" hidden>Pause</button>
<button type="button" data-act="step">One step</button>
<button type="button" data-act="reset">Reset</button>
<label>Data {_select("data", DATA, "ring")}</label>
<label>Steps {_select("pace", PACES, "0")}</label>
<label class="tick"><input type="checkbox" data-set="two" checked> Two runs</label>
<button type="button" data-act="clear" hidden>Clear the drawing</button>
</div>
<p class="status" role="status">Ready.</p>
{_legend()}
<div class="pair">{_side(0, "A", "nonsaturating")}{_side(1, "B", "relativistic")}</div>
<details class="more"><summary>Settings</summary>{_shared()}</details>
</div>"""


def _presets() -> str:
    return "".join(
        f'<button type="button" data-preset="{name}" aria-pressed="false">'
        f"{html.escape(PRESETS[name])}</button>"
        for name in LIVE_PRESETS
    )


def _options(choices: dict[str, str], chosen: str) -> str:
    return "".join(
        f'<option value="{value}"{" selected" if value == chosen else ""}>'
        f"{html.escape(title)}</option>"
        for value, title in choices.items()
    )


def _select(name: str, choices: dict[str, str], chosen: str) -> str:
    return f'<select data-set="{name}">{_options(choices, chosen)}</select>'


def _number(name: str, value: float, least: float, most: float, step: str = "1") -> str:
    return (
        f'<input type="number" data-set="{name}" value="{value:g}" min="{least:g}" '
        f'max="{most:g}" step="{step}" required>'
    )


def _side(index: int, letter: str, objective: str) -> str:
    rows = "".join(
        f'<div><dt>{html.escape(title)}</dt><dd data-fact="{name}">–</dd></div>'
        for name, title in FACTS.items()
    )
    rate = lambda name: _number(name, 1e-3, 1e-6, 0.5, "any")
    return f"""<section class="side" data-side="{index}" aria-label="Run {letter}">
<header><b>{letter}</b> <select data-set="objective" aria-label="Objective of run {letter}">
{_options(OBJECTIVES, objective)}</select></header>
<div class="plot">
<canvas role="img" aria-label="Real and generated points of run {letter}"></canvas>
<p class="hint" hidden></p></div>
<p class="score"><span class="pill">Step <b data-fact="step">0</b></span>
<span class="pill"><span data-fact="modes_title">Modes covered</span>
<b data-fact="modes">–</b></span></p>
<canvas class="curves" role="img" aria-label="Losses and covered modes of run {letter}"></canvas>
<dl class="facts">{rows}</dl>
<div class="own"><label>Generator's learning rate {rate("generator_rate")}</label>
<label>Discriminator's learning rate {rate("discriminator_rate")}</label>
<label>Discriminator steps {_number("discriminator_steps", 1, 1, 10)}</label></div>
</section>"""


def _legend() -> str:
    plane = (
        ("real", "real points"),
        ("fake", "generated points"),
        ("arrow", "where the generator's gradient pushes them"),
    )
    line = (
        ("real", "density of the data"),
        ("fake", "density of the generator"),
        ("output", "D(x)"),
        ("optimum", "the best D(x)"),
    )
    curves = (
        ("dloss", "loss of the discriminator"),
        ("gloss", "loss of the generator"),
        ("modes", "modes covered"),
    )
    return (
        f'<div class="legend"><p class="for-plane">{_keys(plane)}'
        '<span class="scale"><i>D: generated</i><b></b><i>real</i></span></p>'
        f'<p class="for-line" hidden>{_keys(line)}</p>'
        f'<p class="for-curves">{_keys(curves)}</p></div>'
    )


def _keys(keys: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f'<span class="key {name}"><i></i><span>{html.escape(text)}</span></span>'
        for name, text in keys
    )


def _shared() -> str:
    fields = (
        ("Seed", _number("seed", 0, 0, 2**32 - 1)),
        ("Noise dimension", _number("noise_dim", 4, 1, 16)),
        ("Width of the hidden layers", _number("width", 64, 4, 128)),
        ("Optimizer", _select("optimizer", OPTIMIZERS, "adam")),
        ("Head start of the discriminator, in steps", _number("head_start", 0, 0, 5000)),
    )
    return (
        '<div class="shared">'
        + "".join(f"<label>{title} {field}</label>" for title, field in fields)
        + "</div>"
    )
