"""Sampling a class: seeds, dice, truncation; and a dropped picture brings its sheet back."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from gan_models import get_spec
from tabs.classes.listing import ListPanel
from tabs.classes.state import TASK, ClassSheet, classes_of, file_name
from tabs.common import (
    AT_ONCE,
    GPU,
    PRIVATE,
    Load,
    device_of,
    loading,
    png_files,
    refuse_absent,
    speed_line,
    start_psi,
    user_errors,
)
from tabs.components import enlarge, preview
from tabs.components.files import recipe_input
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
    large: gr.Image
    info: gr.Markdown
    near: gr.Markdown
    sheet: gr.State  # the ClassSheet on the table
    enlarged: enlarge.Enlarged

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What a sample fills."""
        return [self.gallery, self.info, self.near, self.sheet, self.count, self.large]


def controls(model: str) -> dict[str, Any]:
    """Lay out the rest of the left column: which seeds; `model` is the one to begin with."""
    seeds = gr.Textbox(
        FIRST_SEEDS, label="Seeds", info="Such as 0-8, 42", max_lines=1, elem_id="classes-seeds"
    )
    count = gr.Slider(1, MAX_PICTURES, 9, step=1, label="Pictures", elem_id="classes-count")
    psi = gr.Slider(0, 2, page_psi(model), step=0.05, label="Truncation ψ", elem_id="classes-psi")
    with gr.Row():
        sample = gr.Button("Sample", variant="primary", elem_id="classes-sample", min_width=90)
        dice = gr.Button("Random seeds", elem_id="classes-dice", min_width=90)
    cancel = gr.Button("Cancel", elem_id="classes-cancel", elem_classes="while-running")
    return {
        **{"seeds": seeds, "count": count, "psi": psi, "sample": sample, "dice": dice},
        "cancel": cancel,
    }


def layout_drop() -> gr.File:
    """Lay out the place for a picture that was saved on this page."""
    return recipe_input("classes-drop")


def page_psi(model: str) -> float:
    """The ψ that the page begins with."""
    return start_psi(get_spec(model).family)


def results() -> dict[str, Any]:
    """Lay out the top of the right column: the pictures and what was done."""
    gallery = gr.Gallery(
        label="Click a picture to see it large and to morph from it", columns=3, height="auto",
        type="filepath",
        allow_preview=False, format="png", interactive=False, object_fit="contain", buttons=[],
        elem_id="classes-gallery", elem_classes=["sheet", "main-sheet"], min_width=320,
    )  # fmt: skip
    return {"gallery": gallery, "sheet": gr.State(None)}


def facts() -> dict[str, Any]:
    """Lay out what is said of the pictures."""
    info = gr.Markdown("", elem_classes="card", elem_id="classes-info")
    near = gr.Markdown("", elem_classes="card", elem_id="classes-near")
    return {"info": info, "near": near}


def draw(
    load: Load, sheet: ClassSheet, progress: gr.Progress, enlarged: bool
) -> Generator[Any, None, tuple[Any, ...]]:
    """Sample a sheet, yielding between batches; returns the values of `SheetPanel.outputs`."""
    refuse_absent(sheet.model)
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
        gr.Gallery(shown, selected_index=None, elem_classes=preview.sheet_classes(len(shown))),
        f"**{sheet.class_name}** · {line} · seeds {sheet.seeds_text}",
        "Classes with the nearest embedding: "
        + ", ".join(f"{name} {score:.2f}" for name, score in near),
        sheet,
        len(sheet.seeds),
        preview.show(*shown[0]),
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
    asked = [*given, panel.enlarged.switch]
    options = {**GPU, **PRIVATE, "show_progress_on": [panel.gallery]}
    rolled = panel.dice.click(roll, panel.count, panel.seeds, **AT_ONCE)
    counted = panel.count.release(recount, [panel.seeds, panel.count], panel.seeds, **AT_ONCE)
    chosen = listed.ready.change(page_psi, listed.ready, panel.psi, **AT_ONCE)
    triggers = [
        *(picked.then, opened.then, rolled.then, counted.then, chosen.then),
        *(listed.class_name.input, panel.sample.click, panel.seeds.submit, panel.psi.release),
        panel.enlarged.switch.input,
    ]
    dropped = [panel.drop, panel.enlarged.switch]
    events = [panel.drop.upload(restore, dropped, [*panel.outputs, *given], **options)]
    events += [on(sample, asked, panel.outputs, **options) for on in triggers]
    for event in events:
        event.then(**preview.into_view("classes-gallery"))
    preview.wire(panel.gallery, panel.large)
    return events


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
