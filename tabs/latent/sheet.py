"""Sample a sheet of pictures: model, seeds, truncation, undo and redo, the link."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr
from gradio.components import Component

from gan_models import LatentPipeline, get_spec
from tabs.components import enlarge, history, links, model_menu, preview
from tabs.components import sheet as pictures
from tabs.components.errors import user_errors
from tabs.components.events import IN_ORDER, LAST, Event, Options, Steps, Trigger, Updates, Values
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
class Controls:
    """The components of the left column."""

    menu: ModelMenu
    seeds: gr.Textbox
    count: gr.Slider
    psi: gr.Slider
    sample: gr.Button
    dice: gr.Button
    undo: gr.Button
    redo: gr.Button
    cancel: gr.Button
    space: gr.Radio


@dataclass(frozen=True)
class SheetPanel:
    """The components of the panel."""

    controls: Controls
    gallery: gr.Gallery
    large: gr.Image
    picked: gr.State  # the picture of the sheet that was clicked last; None: the first is large
    info: gr.Markdown
    history: gr.State  # of `Sheet`s
    store: gr.BrowserState  # the last sheet
    query: gr.Textbox
    enlarged: enlarge.Enlarged
    switch: gr.Checkbox  # whether the sheet is drawn enlarged

    @property
    def model(self) -> gr.Dropdown:
        """The choice of the model."""
        return self.controls.menu.dropdown

    @property
    def psi(self) -> gr.Slider:
        """The truncation."""
        return self.controls.psi

    @property
    def space(self) -> gr.Radio:
        """The space of morphs and films, z or w."""
        return self.controls.space

    @property
    def outputs(self) -> list[Component]:
        """The components that `draw` fills, in its order."""
        left = self.controls
        return [
            *(self.gallery, self.info, self.history, self.model, left.seeds, self.psi),
            *(left.undo, left.redo, self.store, self.query, left.count, self.large, self.picked),
        ]


def layout_controls() -> Controls:
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
        undo, redo = history.layout("latent")
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
    return Controls(
        menu=menu,
        seeds=seeds,
        count=count,
        psi=psi,
        sample=sample,
        dice=dice,
        undo=undo,
        redo=redo,
        cancel=cancel,
        space=space,
    )


def layout_facts() -> tuple[gr.Markdown, gr.Textbox]:
    """Lay out the line on the sheet and its link; returns the line and the field of the query."""
    info = gr.Markdown("", elem_id="latent-info", elem_classes="card")
    query, _ = links.layout("latent", "Link to these pictures")
    return info, query


def page_psi(model: str) -> float:
    """The ψ that the page starts with; fine-tuned models are StyleGANs."""
    return start_psi("stylegan2" if ticket_model(model) else get_spec(model).family)


def draw(
    load: Load,
    sheet: Sheet,
    history: History[Sheet],
    progress: gr.Progress,
    enlarged: bool = False,
) -> Steps[Values]:
    """Sample a sheet, yielding between batches; returns the values of `SheetPanel.outputs`."""
    if not ticket_model(sheet.model):
        refuse_absent(sheet.model)
    pipeline: LatentPipeline = yield from loading(load, sheet.model, progress)
    made, line, _ = yield from pictures.draw(
        load,
        pipeline,
        pipeline.iter_sample(sheet.seeds, sheet.truncation_psi),
        [f"{file_stem(sheet.model)}-seed{seed:08d}" for seed in sheet.seeds],
        [f"seed {seed}" for seed in sheet.seeds],
        enlarged,
        progress,
    )
    return (
        gr.Gallery(made, selected_index=None, elem_classes=preview.sheet_classes(len(made))),
        f"{line} · seeds {sheet.seeds_text}",
        history,
        sheet.model,
        sheet.seeds_text,
        sheet.truncation_psi,
        *history.buttons,
        sheet.stored(),
        sheet.query,
        len(sheet.seeds),
        preview.show(*made[0]),
        None,
    )


def wire(panel: SheetPanel, load: Load) -> list[Event]:
    """Connect the panel; returns the events that Cancel stops."""

    def sample(
        model: str,
        seeds: str,
        psi: float,
        history: History[Sheet],
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        with user_errors():
            sheet = Sheet.read(model, seeds, psi)
            drawn = yield from draw(load, sheet, history.push(sheet), progress, enlarged)
            # model, seeds and ψ typed meanwhile are not overwritten
            yield (*drawn[:3], *[gr.skip()] * 3, *drawn[6:])

    def redraw(
        sheet: Sheet, past: History[Sheet], enlarged: bool, progress: gr.Progress
    ) -> Steps[Values]:
        return (yield from draw(load, sheet, past, progress, enlarged))

    def choose(
        model: str,
        seeds: str,
        history: History[Sheet],
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        with user_errors():
            if not ticket_model(model) and absence(get_spec(model)):
                yield gr.skip()  # the card says so; Get downloads it
                return
            sheet = Sheet.read(model, seeds, page_psi(model))
            if sheet == history.current:  # Gradio sends a choice by mouse twice
                yield gr.skip()
                return
            yield (yield from draw(load, sheet, history.push(sheet), progress, enlarged))

    left, switch = panel.controls, panel.switch
    inputs = [panel.model, left.seeds, panel.psi, panel.history, switch]
    past = [panel.history, switch]
    options: Options = {**LAST, "show_progress_on": [panel.gallery]}
    stepping: Options = {**options, "trigger_mode": "multiple"}  # two quick clicks are two steps
    rolled = left.dice.click(roll, left.count, left.seeds, **IN_ORDER)
    counted = left.count.release(recount, [left.seeds, left.count], left.seeds, **IN_ORDER)
    chosen, fetched = model_menu.wire(left.menu, TASK, load, card_of)
    triggers: list[Trigger] = [left.sample.click, left.seeds.submit, left.psi.release]
    triggers += [rolled.then, counted.then]
    events = [on(sample, inputs, panel.outputs, **options) for on in triggers]
    choice = [panel.model, left.seeds, panel.history, switch]
    events += [on(choose, choice, panel.outputs, **options) for on in (chosen, fetched)]
    events += [
        left.undo.click(history.stepper(-1, redraw), past, panel.outputs, **stepping),
        left.redo.click(history.stepper(1, redraw), past, panel.outputs, **stepping),
        switch.input(history.stepper(0, redraw), past, panel.outputs, **options),
    ]
    for event in events:
        event.then(**preview.into_view("latent-gallery"))
    return events
