"""The advanced settings; an empty field takes the preset's value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from tabs.components.events import Options

PRESETS = [
    ("Quick: at most 8 minutes", "quick"),
    ("Normal: at most 45 minutes", "normal"),
    ("Long: at most 3 hours", "long"),
]
PRESET_HELP = (
    "Time of training on this machine; it ends sooner after 5, 30 or 100 thousand pictures seen. "
    "Quick shows where it goes, Normal is good for most sets, Long for hundreds of pictures."
)
CROPS = [
    ("Centre: the square in the middle", "centre"),
    ("Letterbox: the whole picture, with borders", "letterbox"),
    ("Random: another square each time", "random"),
]
AS_PRESET = ""


@dataclass(frozen=True)
class Setting:
    """One field of the training's settings: a number, or a choice where there are options."""

    name: str  # of the field in the training's settings
    label: str
    help: str
    options: tuple[tuple[str, str], ...] = ()
    whole: bool = False
    scale: float = 1.0  # the value typed, times this, is the training's

    @property
    def elem_id(self) -> str:
        """The element id of the field."""
        return "finetune-" + self.name.replace("_", "-")


SETTINGS = (
    Setting(
        "seconds", "Minutes at most", "Training stops then, whatever it has reached.", scale=60
    ),
    Setting("kimg", "Thousand pictures at most", "How many pictures are trained on in all."),
    Setting(
        "discriminator",
        "Discriminator",
        "Projected: works on features of a network trained on ImageNet; learns fastest from "
        "few pictures. The base's own: slower, closer to the base.",
        (("Projected features", "projected"), ("The base's own", "base")),
    ),
    Setting(
        "augmentation",
        "Augmentation",
        "Shows the discriminator shifted, recoloured and partly masked pictures, against over"
        "fitting. Adaptive: the probability follows the overfitting.",
        (("Always (DiffAugment)", "diffaugment"), ("Adaptive (ADA)", "ada"), ("None", "none")),
    ),
    Setting(
        "mirror",
        "Mirrored pictures",
        "Each picture is also used mirrored. Switch off for writing, and where left is not right.",
        (("Yes", "yes"), ("No", "no")),
    ),
    Setting(
        "matching",
        "Feature matching",
        "Weight of the feature matching loss, on the features of a network trained on ImageNet. "
        "0 leaves it out.",
    ),
    Setting(
        "adversarial",
        "Weight of the adversarial loss",
        "Relative to the feature matching; 0 trains without a discriminator, twice as fast.",
    ),
    Setting(
        "generator_rate",
        "Learning rate of the generator",
        "Higher is faster and may run away; if a run diverges, halve it. Around 0.0025.",
    ),
    Setting(
        "discriminator_rate",
        "Learning rate of the discriminator",
        "If all samples become alike, lower it. Around 0.0004.",
    ),
    Setting("batch", "Pictures a step", "More is steadier and slower; 8 to 32.", whole=True),
    Setting(
        "freeze_d",
        "Frozen layers of the discriminator",
        "The first layers that stay as they are (FreezeD): with very few pictures 1 to 4 help.",
        whole=True,
    ),
    Setting(
        "ema_half_life_kimg",
        "Averaging, half-life in thousand pictures",
        "Half-life of the moving average (EMA) of the weights that is shown and saved.",
    ),
    Setting(
        "r1_gamma",
        "R1 penalty",
        "Gradient penalty of the base's own discriminator; the projected one does not use it.",
    ),
    Setting("seed", "Seed", "The same seed, settings and pictures give the same run.", whole=True),
)


def layout() -> list[gr.Dropdown | gr.Textbox]:
    """Lay the fields out, one for each of `SETTINGS`."""
    with gr.Accordion("Advanced settings", open=False, elem_id="finetune-advanced"):
        gr.Markdown("What is left empty is as the preset has it.", elem_classes="card")
        with gr.Row():
            return [_field(setting) for setting in SETTINGS]


def _field(setting: Setting) -> gr.Dropdown | gr.Textbox:
    shared: Options = {"label": setting.label, "info": setting.help, "elem_id": setting.elem_id}
    if setting.options:
        options = [("As the preset", AS_PRESET), *setting.options]
        return gr.Dropdown(options, value=AS_PRESET, min_width=240, **shared)
    # as text, because a field for numbers cannot be left empty: it says 0
    return gr.Textbox(AS_PRESET, placeholder="as the preset", min_width=240, max_lines=1, **shared)


def read(values: Sequence[Any]) -> dict[str, Any]:
    """The settings that differ from the preset's, by their names in the training's settings.

    Raises:
        ValueError: a text that should be a number is not.
    """
    chosen: dict[str, Any] = {}
    for setting, value in zip(SETTINGS, values, strict=True):
        text = str(value or "").strip()
        if text == AS_PRESET:
            continue
        if setting.options:
            chosen[setting.name] = text == "yes" if setting.name == "mirror" else text
        else:
            chosen[setting.name] = _number(setting, text)
    return chosen


def _number(setting: Setting, text: str) -> float:
    kind = int if setting.whole else float
    try:
        return kind(text) * kind(setting.scale)
    except ValueError:
        what = "a whole number" if setting.whole else "a number"
        raise ValueError(
            f"{setting.label} must be {what}, not {text[:20]!r}; or leave it empty."
        ) from None
