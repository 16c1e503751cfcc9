"""Sampling a sheet of pictures: model, seeds, dice, truncation, undo and redo, the link."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from gan_models import get_spec
from tabs.components import enlarge, history, links, model_menu, preview
from tabs.components import sheet as pictures
from tabs.components.errors import user_errors
from tabs.components.events import IN_ORDER, LAST
from tabs.components.history import History
from tabs.components.loading import Load, loading
from tabs.components.model_menu import ModelMenu
from tabs.components.models import absence, refuse_absent, start_psi
from tabs.components.seed_row import MAX_ON_PAGE, recount, roll
from tabs.components.tickets import card_of, file_stem, ticket_model
from tabs.latent.state import TASK, Sheet, has_w

FIRST_SEEDS = "0-8"
FIRST_COUNT = 9
_PSI_HELP = "Lower: closer to the average. Higher: more varied, and more failures."


@dataclass(frozen=True)
class SheetPanel:
    """The components of the panel that others read or write."""

    menu: ModelMenu
    seeds: gr.Textbox
    psi: gr.Slider
    sample: gr.Button
    cancel: gr.Button
    gallery: gr.Gallery
    large: gr.Image
    picked: gr.State  # the picture of the sheet that was clicked last; None: the first is large
    info: gr.Markdown
    history: gr.State
    store: gr.BrowserState
    query: gr.Textbox
    undo: gr.Button
    redo: gr.Button
    dice: gr.Button
    count: gr.Slider
    space: gr.Radio
    enlarged: enlarge.Enlarged

    @property
    def model(self) -> gr.Dropdown:
        """The choice of the model."""
        return self.menu.dropdown

    @property
    def outputs(self) -> list[gr.Component]:
        """What `draw` fills, in its order."""
        return [
            *(self.gallery, self.info, self.history, self.model, self.seeds, self.psi),
            *(self.undo, self.redo, self.store, self.query, self.count, self.large, self.picked),
        ]


def controls() -> dict[str, Any]:
    """Lay out the left column: what to sample."""
    menu = model_menu.layout(TASK, "latent")
    first = menu.dropdown.value
    seeds = gr.Textbox(
        FIRST_SEEDS,
        label="Seeds",
        info="The same seed always gives the same picture. Write 0-8 or 3, 8, 42.",
        elem_id="latent-seeds",
        max_lines=2,
    )
    count = gr.Slider(1, MAX_ON_PAGE, FIRST_COUNT, step=1, label="Pictures", elem_id="latent-count")
    psi = gr.Slider(
        0, 2, page_psi(first), step=0.05, label="Truncation ψ", info=_PSI_HELP, elem_id="latent-psi"
    )
    with gr.Row():
        sample = gr.Button("Sample", variant="primary", elem_id="latent-sample", min_width=90)
        dice = gr.Button("Random seeds", elem_id="latent-dice", min_width=90)
    with gr.Row():
        steps = history.layout("latent")
        cancel = gr.Button(
            "Cancel", elem_id="latent-cancel", elem_classes="while-running", min_width=70
        )
    space = gr.Radio(
        [("z (slerp)", "z"), ("w (straight line)", "w")],
        value="w" if has_w(first) else "z",
        visible=has_w(first),
        label="Interpolate in",
        elem_id="latent-space",
    )
    return {
        **{"menu": menu, "seeds": seeds, "count": count, "psi": psi, "sample": sample},
        **{"dice": dice, **steps, "cancel": cancel, "space": space},
    }


def results() -> dict[str, Any]:
    """Lay out the top of the right column: the pictures and what was done."""
    return {
        "gallery": pictures.layout("latent"),
        "history": gr.State(History()),
        "store": gr.BrowserState(None, storage_key="ganvas-latent-sheet", secret="ganvas"),
    }


def facts() -> dict[str, Any]:
    """Lay out what is said of the sheet: the time it took, and a link that brings it back."""
    info = gr.Markdown("", elem_id="latent-info", elem_classes="card")
    query, _ = links.layout("latent", "Link to these pictures")
    return {"info": info, "query": query}


def page_psi(model: str) -> float:
    """The ψ that the page begins with; what is fine-tuned here is a StyleGAN."""
    return start_psi("stylegan2" if ticket_model(model) else get_spec(model).family)


def draw(
    load: Load, sheet: Sheet, history: History, progress: gr.Progress, enlarged: bool = False
) -> Generator[Any, None, tuple[Any, ...]]:
    """Sample a sheet, yielding between batches; returns the values of `SheetPanel.outputs`."""
    if not ticket_model(sheet.model):
        refuse_absent(sheet.model)
    pipeline = yield from loading(load, sheet.model, progress)
    shown, line, _ = yield from pictures.draw(
        load,
        pipeline,
        pipeline.iter_sample(sheet.seeds, sheet.truncation_psi),
        [f"{file_stem(sheet.model)}-seed{seed:08d}" for seed in sheet.seeds],
        [f"seed {seed}" for seed in sheet.seeds],
        enlarged,
        progress,
    )
    return (
        gr.Gallery(shown, selected_index=None, elem_classes=preview.sheet_classes(len(shown))),
        f"{line} · seeds {sheet.seeds_text}",
        history,
        sheet.model,
        sheet.seeds_text,
        sheet.truncation_psi,
        *history.buttons,
        sheet.stored(),
        sheet.query,
        len(sheet.seeds),
        preview.show(*shown[0]),
        None,
    )


def wire(panel: SheetPanel, load: Load) -> list[Any]:
    """Connect the panel; returns the events that Cancel stops."""

    def sample(
        model: str,
        seeds: str,
        psi: float,
        history: History,
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            sheet = Sheet.read(model, seeds, psi)
            drawn = yield from draw(load, sheet, history.push(sheet), progress, enlarged)
            # what is typed meanwhile stays: model, seeds and ψ
            yield (*drawn[:3], *[gr.skip()] * 3, *drawn[6:])

    def redraw(
        past: History, enlarged: bool, progress: gr.Progress
    ) -> Generator[Any, None, tuple[Any, ...]]:
        return (yield from draw(load, past.current, past, progress, enlarged))

    def choose(
        model: str,
        seeds: str,
        history: History,
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            if not ticket_model(model) and absence(get_spec(model)):
                yield gr.skip()  # the card says so, and has the button
                return
            sheet = Sheet.read(model, seeds, page_psi(model))
            if sheet == history.current:  # Gradio tells a choice by mouse twice
                yield gr.skip()
                return
            yield (yield from draw(load, sheet, history.push(sheet), progress, enlarged))

    switch = panel.enlarged.switch
    inputs = [panel.model, panel.seeds, panel.psi, panel.history, switch]
    kept = [panel.history, switch]
    options = {**LAST, "show_progress_on": [panel.gallery]}
    stepping = {**options, "trigger_mode": "multiple"}  # two quick clicks are two steps
    rolled = panel.dice.click(roll, panel.count, panel.seeds, **IN_ORDER)
    counted = panel.count.release(recount, [panel.seeds, panel.count], panel.seeds, **IN_ORDER)
    chosen, fetched = model_menu.wire(panel.menu, TASK, load, card_of)
    sampled = [panel.sample.click, panel.seeds.submit, panel.psi.release, rolled.then]
    events = [on(sample, inputs, panel.outputs, **options) for on in (*sampled, counted.then)]
    choice = [panel.model, panel.seeds, panel.history, switch]
    events += [on(choose, choice, panel.outputs, **options) for on in (chosen, fetched)]
    events += [
        panel.undo.click(history.stepper(-1, redraw), kept, panel.outputs, **stepping),
        panel.redo.click(history.stepper(1, redraw), kept, panel.outputs, **stepping),
        switch.input(history.stepper(0, redraw), kept, panel.outputs, **options),
    ]
    for event in events:
        event.then(**preview.into_view("latent-gallery"))
    return events
