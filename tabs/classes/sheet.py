"""Sampling a class: seeds, dice, truncation; and a dropped picture brings its sheet back."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from gan_models import get_spec
from tabs.classes.listing import ListPanel
from tabs.classes.state import ClassSheet, classes_of, file_name, page_psi
from tabs.components import enlarge, history, links, preview, provenance_drop
from tabs.components import sheet as pictures
from tabs.components.errors import user_errors
from tabs.components.events import IN_ORDER, LAST
from tabs.components.history import History
from tabs.components.loading import Load, loading
from tabs.components.models import absence, refuse_absent
from tabs.components.seed_row import recount, roll

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
    clicked: gr.State  # which picture of the sheet is the large one
    info: gr.Markdown
    near: gr.Markdown
    history: gr.State  # of ClassSheets
    undo: gr.Button
    redo: gr.Button
    query: gr.Textbox
    enlarged: enlarge.Enlarged

    def outputs(self, listed: ListPanel) -> list[gr.components.Component]:
        """What `draw` fills, in its order."""
        return [
            *(self.gallery, self.info, self.near, self.history, self.count, self.large),
            *(self.clicked, self.undo, self.redo, self.query),
            *self.settings(listed),
        ]

    def settings(self, listed: ListPanel) -> list[gr.components.Component]:
        """What says of a sheet which it is: model, class, seeds, ψ and whose classes are listed."""
        return [listed.model, listed.class_name, self.seeds, self.psi, listed.ready]


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
    with gr.Row():
        steps = history.layout("classes")
        cancel = gr.Button(
            "Cancel", elem_id="classes-cancel", elem_classes="while-running", min_width=70
        )
    return {
        **{"seeds": seeds, "count": count, "psi": psi, "sample": sample, "dice": dice},
        **{"cancel": cancel, **steps},
    }


def layout_drop() -> gr.File:
    """Lay out the place for a picture that was saved on this page."""
    return provenance_drop.layout("classes-drop")


def results() -> dict[str, Any]:
    """Lay out the top of the right column: the pictures and what was done."""
    return {"gallery": pictures.layout("classes"), "history": gr.State(History())}


def facts() -> dict[str, Any]:
    """Lay out what is said of the pictures."""
    info = gr.Markdown("", elem_classes="card", elem_id="classes-info")
    near = gr.Markdown("", elem_classes="card", elem_id="classes-near")
    query, _ = links.layout("classes", "Link to these pictures")
    return {"info": info, "near": near, "query": query}


def draw(
    load: Load, sheet: ClassSheet, past: History, progress: gr.Progress, enlarged: bool
) -> Generator[Any, None, tuple[Any, ...]]:
    """Sample a sheet, yielding between batches; returns the values of `SheetPanel.outputs`.

    `past`: the history with this sheet as its current one.
    """
    refuse_absent(sheet.model)
    pipeline = yield from loading(load, sheet.model, progress)
    stem = f"{sheet.model}-{file_name(sheet.class_name)}"
    shown, line, _ = yield from pictures.draw(
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
        gr.Gallery(shown, selected_index=None, elem_classes=preview.sheet_classes(len(shown))),
        f"**{sheet.class_name}** · {line} · seeds {sheet.seeds_text}",
        "Classes with the nearest embedding: "
        + ", ".join(f"{name} {score:.2f}" for name, score in near),
        past,
        len(sheet.seeds),
        preview.show(*shown[0]),
        0,
        *past.buttons,
        sheet.query,
        *settings_of(sheet),
    )


def _is_shown(asked: tuple[Any, ...], shown: ClassSheet | None) -> bool:
    try:
        return ClassSheet.read(*asked) == shown
    except ValueError:  # drawing it says why
        return False


def settings_of(sheet: ClassSheet) -> tuple[Any, ...]:
    """The values of `SheetPanel.settings`."""
    names = gr.Dropdown(list(classes_of(sheet.model)), value=sheet.class_name)
    return sheet.model, names, sheet.seeds_text, sheet.truncation_psi, sheet.model


def wire(
    panel: SheetPanel, listed: ListPanel, picked: list[Any], opened: Any, load: Load
) -> list[Any]:
    """Connect the panel; `picked` and `opened` are events after which it samples, too: the choice
    of a class, those of a model, and the tab's opening.

    Returns the events that Cancel stops.
    """

    def sample(
        model: str,
        class_name: str,
        seeds: str,
        psi: float,
        ready: str,
        past: History,
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            sheet = ClassSheet.read(model, class_name, seeds, psi)
            if len(sheet.seeds) > MAX_PICTURES:
                raise ValueError(f"At most {MAX_PICTURES} pictures at once; give fewer seeds.")
            drawn = yield from draw(load, sheet, past.push(sheet), progress, enlarged)
            # what is typed meanwhile stays
            yield (*drawn[: -len(given)], *[gr.skip()] * len(given))

    def follow(
        model: str, *values: Any, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        class_name, seeds, psi, _, past, _ = values
        asked = (model, class_name, seeds, psi)
        # of a model that is not here the card says so; Gradio tells a choice by mouse twice
        if absence(get_spec(model)) or _is_shown(asked, past.current):
            yield gr.skip()
            return
        yield from sample(model, *values, progress=progress)

    def redraw(
        past: History, enlarged: bool, progress: gr.Progress
    ) -> Generator[Any, None, tuple[Any, ...]]:
        return (yield from draw(load, past.current, past, progress, enlarged))

    switch = panel.enlarged.switch
    given = panel.settings(listed)
    asked = [*given, panel.history, switch]
    kept, outputs = [panel.history, switch], panel.outputs(listed)
    options = {**LAST, "show_progress_on": [panel.gallery]}
    stepping = {**options, "trigger_mode": "multiple"}  # two quick clicks are two steps
    rolled = panel.dice.click(roll, panel.count, panel.seeds, **IN_ORDER)
    counted = panel.count.release(recount, [panel.seeds, panel.count], panel.seeds, **IN_ORDER)
    triggers = [
        *(picked[0].then, rolled.then, counted.then, listed.class_name.input),
        *(panel.sample.click, panel.seeds.submit, panel.psi.release),
    ]
    events = [on(sample, asked, outputs, **options) for on in triggers]
    follows = [event.then for event in (*picked[1:], opened)]
    events += [on(follow, asked, outputs, **options) for on in follows]
    events += [
        panel.undo.click(history.stepper(-1, redraw), kept, outputs, **stepping),
        panel.redo.click(history.stepper(1, redraw), kept, outputs, **stepping),
        switch.input(history.stepper(0, redraw), kept, outputs, **options),
    ]
    for event in events:
        event.then(**preview.into_view("classes-gallery"))
    return events
