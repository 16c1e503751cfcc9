"""Sample a sheet of pictures of a class: seeds, truncation, undo and redo, the link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component

from gan_models import ClassPipeline, get_spec
from tabs.classes.listing import ListEvents, ListPanel
from tabs.classes.state import ClassSheet, classes_of, file_name, page_psi
from tabs.components import enlarge, history, links, preview
from tabs.components import sheet as pictures
from tabs.components.errors import user_errors
from tabs.components.events import IN_ORDER, LAST, Event, Options, Steps, Trigger, Updates, Values
from tabs.components.history import History
from tabs.components.loading import Load, loading
from tabs.components.models import absence, refuse_absent
from tabs.components.seed_row import recount, roll
from tabs.languages.chosen import translate_name

FIRST_SEEDS = "0-8"
MAX_PICTURES = 36


@dataclass(frozen=True)
class Controls:
    """The components of the left column below the choice of the class."""

    seeds: gr.Textbox
    count: gr.Slider
    psi: gr.Slider
    sample: gr.Button
    dice: gr.Button
    undo: gr.Button
    redo: gr.Button
    cancel: gr.Button


@dataclass(frozen=True)
class SheetPanel:
    """The components of the panel."""

    controls: Controls
    drop: gr.File
    gallery: gr.Gallery
    large: gr.Image
    clicked: gr.State  # index of the picture of the sheet that is the large one
    info: gr.Markdown
    nearest: gr.Markdown
    history: gr.State  # of `ClassSheet`s
    query: gr.Textbox
    enlarged: enlarge.Enlarged
    switch: gr.Checkbox  # whether the sheet is drawn enlarged

    @property
    def psi(self) -> gr.Slider:
        """The truncation."""
        return self.controls.psi

    def outputs(self, listed: ListPanel) -> list[Component]:
        """The components that `draw` fills, in its order."""
        left = self.controls
        return [
            *(self.gallery, self.info, self.nearest, self.history, left.count, self.large),
            *(self.clicked, left.undo, left.redo, self.query),
            *self.settings(listed),
        ]

    def settings(self, listed: ListPanel) -> list[Component]:
        """The settings: model, class, seeds, ψ and the model whose classes are listed."""
        left = self.controls
        return [listed.model, listed.class_name, left.seeds, left.psi, listed.ready]


def layout_controls(model: str) -> Controls:
    """Lay out the rest of the left column: the seeds; `model`: the one to start with."""
    seeds = gr.Textbox(
        FIRST_SEEDS, label="Seeds", info="Such as 0-8, 42", max_lines=1, elem_id="classes-seeds"
    )
    count = gr.Slider(1, MAX_PICTURES, 9, step=1, label="Pictures", elem_id="classes-count")
    psi = gr.Slider(0, 2, page_psi(model), step=0.05, label="Truncation ψ", elem_id="classes-psi")
    with gr.Row():
        sample = gr.Button("Sample", variant="primary", elem_id="classes-sample", min_width=90)
        dice = gr.Button("Random seeds", elem_id="classes-dice", min_width=90)
    with gr.Row():
        undo, redo = history.layout("classes")
        cancel = gr.Button(
            "Cancel", elem_id="classes-cancel", elem_classes="while-running", min_width=70
        )
    return Controls(
        seeds=seeds,
        count=count,
        psi=psi,
        sample=sample,
        dice=dice,
        undo=undo,
        redo=redo,
        cancel=cancel,
    )


def layout_facts() -> tuple[gr.Markdown, gr.Markdown, gr.Textbox]:
    """Lay out the lines on the sheet and its link; returns the lines and the field of the query."""
    info = gr.Markdown("", elem_classes="card", elem_id="classes-info")
    nearest = gr.Markdown("", elem_classes="card", elem_id="classes-near")
    query, _ = links.layout("classes", "Link to these pictures")
    return info, nearest, query


def draw(
    load: Load,
    sheet: ClassSheet,
    past: History[ClassSheet],
    progress: gr.Progress,
    enlarged: bool,
) -> Steps[Values]:
    """Sample a sheet, yielding between batches; returns the values of `SheetPanel.outputs`.

    `past`: the history with this sheet as its current one.
    """
    refuse_absent(sheet.model)
    pipeline: ClassPipeline = yield from loading(load, sheet.model, progress)
    stem = f"{sheet.model}-{file_name(sheet.class_name)}"
    made, line, _ = yield from pictures.draw(
        load,
        pipeline,
        pipeline.iter_sample(sheet.seeds, sheet.class_name, sheet.truncation_psi),
        [f"{stem}-seed{seed:08d}" for seed in sheet.seeds],
        [f"seed {seed}" for seed in sheet.seeds],
        enlarged,
        progress,
    )
    near = pipeline.nearest_classes(sheet.class_name)
    return (
        gr.Gallery(made, selected_index=None, elem_classes=preview.sheet_classes(len(made))),
        f"**{translate_name(sheet.class_name)}** · {line} · seeds {sheet.seeds_text}",
        "Classes with the nearest embedding: "
        + ", ".join(f"{translate_name(name)} {score:.2f}" for name, score in near),
        past,
        len(sheet.seeds),
        preview.show(*made[0]),
        0,
        *past.buttons,
        sheet.query,
        *settings_of(sheet),
    )


def _is_current(asked: Values, current: ClassSheet | None) -> bool:
    try:
        return ClassSheet.read(*asked) == current
    except ValueError:  # drawing it says why
        return False


def settings_of(sheet: ClassSheet) -> Values:
    """The values of `SheetPanel.settings`."""
    names = gr.Dropdown(list(classes_of(sheet.model)), value=sheet.class_name)
    return sheet.model, names, sheet.seeds_text, sheet.truncation_psi, sheet.model


def wire(panel: SheetPanel, listed: ListPanel, chosen: ListEvents, load: Load) -> list[Event]:
    """Connect the panel, which also samples after the events of the list.

    Returns the events that Cancel stops.
    """

    def sample(
        model: str,
        class_name: str,
        seeds: str,
        psi: float,
        ready: str,
        past: History[ClassSheet],
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        with user_errors():
            sheet = ClassSheet.read(model, class_name, seeds, psi)
            if len(sheet.seeds) > MAX_PICTURES:
                raise ValueError(f"At most {MAX_PICTURES} pictures at once; give fewer seeds.")
            drawn = yield from draw(load, sheet, past.push(sheet), progress, enlarged)
            # settings typed meanwhile are not overwritten
            yield (*drawn[: -len(given)], *[gr.skip()] * len(given))

    def follow(model: str, *values: Any, progress: gr.Progress = gr.Progress()) -> Updates:
        class_name, seeds, psi, _, past, _ = values
        asked = (model, class_name, seeds, psi)
        # an absent model: the card says so; Gradio sends a choice by mouse twice
        if absence(get_spec(model)) or _is_current(asked, past.current):
            yield gr.skip()
            return
        yield from sample(model, *values, progress=progress)

    def redraw(
        sheet: ClassSheet, past: History[ClassSheet], enlarged: bool, progress: gr.Progress
    ) -> Steps[Values]:
        return (yield from draw(load, sheet, past, progress, enlarged))

    left, switch = panel.controls, panel.switch
    given = panel.settings(listed)
    asked = [*given, panel.history, switch]
    past, outputs = [panel.history, switch], panel.outputs(listed)
    options: Options = {**LAST, "show_progress_on": [panel.gallery]}
    stepping: Options = {**options, "trigger_mode": "multiple"}  # two quick clicks are two steps
    rolled = left.dice.click(roll, left.count, left.seeds, **IN_ORDER)
    counted = left.count.release(recount, [left.seeds, left.count], left.seeds, **IN_ORDER)
    triggers: list[Trigger] = [chosen.class_picked.then, rolled.then, counted.then]
    triggers += [listed.class_name.input, left.sample.click, left.seeds.submit, left.psi.release]
    events = [on(sample, asked, outputs, **options) for on in triggers]
    follows = [event.then for event in (*chosen.model_chosen, chosen.opened)]
    events += [on(follow, asked, outputs, **options) for on in follows]
    events += [
        left.undo.click(history.stepper(-1, redraw), past, outputs, **stepping),
        left.redo.click(history.stepper(1, redraw), past, outputs, **stepping),
        switch.input(history.stepper(0, redraw), past, outputs, **options),
    ]
    for event in events:
        event.then(**preview.into_view("classes-gallery"))
    return events
