"""Sampling a class: seeds, dice, truncation; and a dropped picture brings its sheet back."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from tabs.classes.listing import ListPanel
from tabs.classes.state import TASK, ClassSheet, classes_of, file_name
from tabs.common import (
    GPU,
    PRIVATE,
    Load,
    device_of,
    loading,
    png_files,
    speed_line,
    user_errors,
)
from tabs.components import enlarge
from tabs.components.upscalers import fast_grower
from tabs.latent.sheet import recount, roll

FIRST_SEEDS = "0-8"
MAX_PICTURES = 36


@dataclass(frozen=True)
class SheetPanel:
    """The components of the panel that others read or write."""

    seeds: gr.Textbox
    count: gr.Slider
    psi: gr.Slider
    sample: gr.Button
    dice: gr.Button
    cancel: gr.Button
    drop: gr.File
    gallery: gr.Gallery
    info: gr.Markdown
    near: gr.Markdown
    sheet: gr.State  # the ClassSheet on the table
    large: enlarge.Enlarged

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What a sample fills."""
        return [self.gallery, self.info, self.near, self.sheet]


def controls() -> dict[str, Any]:
    """Lay out the rest of the left column: which seeds."""
    seeds = gr.Textbox(
        FIRST_SEEDS, label="Seeds", info="Such as 0-8, 42", max_lines=1, elem_id="classes-seeds"
    )
    count = gr.Slider(
        1, MAX_PICTURES, 9, step=1, label="How many for the dice", elem_id="classes-count"
    )
    psi = gr.Slider(0, 2, 1, step=0.05, label="Truncation ψ", elem_id="classes-psi")
    with gr.Row():
        sample = gr.Button("Sample", variant="primary", elem_id="classes-sample", min_width=90)
        dice = gr.Button("Dice", elem_id="classes-dice", min_width=70)
        cancel = gr.Button("Cancel", elem_id="classes-cancel", min_width=70)
    drop = gr.File(
        label="Drop a PNG from this page to bring back what made it", file_types=[".png"],
        height=140, elem_id="classes-drop",
    )  # fmt: skip
    return {
        **{"seeds": seeds, "count": count, "psi": psi, "sample": sample, "dice": dice},
        **{"cancel": cancel, "drop": drop},
    }


def results() -> dict[str, Any]:
    """Lay out the top of the right column: the pictures and what was done."""
    gallery = gr.Gallery(
        label="Pictures: click one for A, another for B", columns=6, height="auto",
        allow_preview=False, format="png", interactive=False, object_fit="contain", buttons=[],
        elem_id="classes-gallery", elem_classes="sheet",
    )  # fmt: skip
    info = gr.Markdown("", elem_classes="card", elem_id="classes-info")
    near = gr.Markdown("", elem_classes="card", elem_id="classes-near")
    large = enlarge.layout("classes", "Enlarge the clicked picture", sheet=True)
    return {
        **{"gallery": gallery, "info": info, "near": near, "sheet": gr.State(None)},
        "large": large,
    }


def draw(
    load: Load, sheet: ClassSheet, progress: gr.Progress, enlarged: bool
) -> Generator[Any, None, tuple[Any, ...]]:
    """Sample a sheet, yielding between batches; returns the values of `SheetPanel.outputs`."""
    pipeline = yield from loading(load, sheet.model, progress)
    grower = yield from fast_grower(load, enlarged, len(sheet.seeds), progress)
    started, made = time.perf_counter(), []
    for image in pipeline.iter_sample(sheet.seeds, sheet.class_name, sheet.truncation_psi):
        made.append((yield from grower.grow(image)))
        if time.perf_counter() - started > 0.5:
            progress((len(made), len(sheet.seeds)), unit="pictures")
            yield gr.skip()
    seconds = time.perf_counter() - started
    stem, end = f"{sheet.model}-{file_name(sheet.class_name)}", enlarge.suffix(enlarged)
    paths = png_files(made, [f"{stem}-seed{seed:08d}{end}" for seed in sheet.seeds])
    shown = [(path, f"seed {seed}") for path, seed in zip(paths, sheet.seeds, strict=True)]
    near = pipeline.nearest_classes(sheet.class_name)
    line = speed_line(len(made), seconds, device_of(pipeline))
    return (
        gr.Gallery(shown, selected_index=None, elem_classes=enlarge.sheet_classes(enlarged)),
        f"**{sheet.class_name}** · {line} · seeds {sheet.seeds_text}",
        "Nearest in the embedding: " + ", ".join(f"{name} {score:.2f}" for name, score in near),
        sheet,
    )


def wire(panel: SheetPanel, listed: ListPanel, picked: Any, opened: Any, load: Load) -> list[Any]:
    """Connect the panel; `picked` and `opened` are events after which it samples, too.

    Returns the events that Cancel stops.
    """

    def sample(
        model: str,
        class_name: str,
        seeds: str,
        psi: float,
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            sheet = ClassSheet.read(model, class_name, seeds, psi)
            if len(sheet.seeds) > MAX_PICTURES:
                raise ValueError(f"At most {MAX_PICTURES} pictures at once; give fewer seeds.")
            yield (yield from draw(load, sheet, progress, enlarged))

    def restore(
        file: str | None, enlarged: bool, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        if file is None:
            yield gr.skip()
            return
        with user_errors():
            sheet = read_class_recipe(enlarge.read_base_recipe(file))
            drawn = yield from draw(load, sheet, progress, enlarged)
            names = list(classes_of(sheet.model))
            chosen = gr.Dropdown(names, value=sheet.class_name)
            yield (*drawn, sheet.model, chosen, sheet.seeds_text, sheet.truncation_psi)

    given = [listed.model, listed.class_name, panel.seeds, panel.psi]
    asked = [*given, panel.large.switch]
    options = {**GPU, **PRIVATE, "show_progress_on": [panel.gallery]}
    rolled = panel.dice.click(roll, panel.count, panel.seeds, queue=False, **PRIVATE)
    counted = [panel.seeds, panel.count]
    panel.count.release(recount, counted, panel.seeds, queue=False, **PRIVATE)
    triggers = [
        *(picked.then, opened.then, rolled.then, listed.class_name.input),
        *(panel.sample.click, panel.seeds.submit, panel.psi.release, panel.large.switch.input),
    ]
    dropped = [panel.drop, panel.large.switch]
    restored = panel.drop.upload(restore, dropped, [*panel.outputs, *given], **options)
    return [restored, *(on(sample, asked, panel.outputs, **options) for on in triggers)]


def read_class_recipe(recipe: dict[str, Any]) -> ClassSheet:
    """The sheet that a recipe stands for; of a morph, its end A.

    Raises:
        ValueError: the recipe is another task's or broken.
    """
    try:
        if recipe["task"] != TASK:
            raise ValueError(
                f"This picture was made in another tab ({recipe['task']}); drop it there."
            )
        if "class_weights" in recipe:
            weights = recipe["class_weights"]
            mixture = ", ".join(f"{name} {weights[name]:g}" for name in weights)
            raise ValueError(f"This picture is a mixture; write its weights into Mix: {mixture}.")
        name = recipe.get("class_name", recipe.get("class_a"))
        seed = recipe["seed"] if "seed" in recipe else recipe["seed_a"]
        return ClassSheet.read(recipe["model"], name, seed, recipe["truncation_psi"])
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("The picture's recipe is broken; download the picture again.") from error
