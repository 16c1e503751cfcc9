"""Sampling a sheet of pictures: model, seeds, dice, truncation, undo and redo, the link."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from gan_models import format_seeds
from tabs.common import (
    GPU,
    MAX_ON_PAGE,
    PRIVATE,
    Load,
    device_of,
    loading,
    model_choices,
    page_seeds,
    png_files,
    speed_line,
    user_errors,
)
from tabs.components import enlarge
from tabs.components.upscalers import fast_grower
from tabs.latent.state import TASK, History, Sheet, has_w
from tabs.mine import card_of, file_stem

FIRST_SEEDS = "0-15"
_PSI_HELP = (
    "Less: closer to the average, safer. More: stranger. StyleGANs pull w towards its mean; "
    "a DCGAN's z is multiplied by ψ."
)
_FULL_LINK_JS = "query => query ? location.origin + location.pathname + query : ''"


@dataclass(frozen=True)
class SheetPanel:
    """The components of the panel that others read or write."""

    model: gr.Dropdown
    seeds: gr.Textbox
    psi: gr.Slider
    sample: gr.Button
    cancel: gr.Button
    gallery: gr.Gallery
    info: gr.Markdown
    history: gr.State
    store: gr.BrowserState
    query: gr.Textbox
    undo: gr.Button
    redo: gr.Button
    dice: gr.Button
    count: gr.Slider
    space: gr.Radio
    large: enlarge.Enlarged

    @property
    def outputs(self) -> list[gr.Component]:
        """What `show` fills, in its order."""
        return [
            *(self.gallery, self.info, self.history, self.model, self.seeds, self.psi),
            *(self.undo, self.redo, self.store, self.query),
        ]


def controls() -> dict[str, Any]:
    """Lay out the left column: what to sample."""
    choices = model_choices(TASK)
    first = choices[0][1]
    model = gr.Dropdown(choices, value=first, label="Model", elem_id="latent-model")
    card = gr.Markdown(card_of(first), elem_id="latent-card", elem_classes="card")
    model.change(card_of, model, card, show_progress="hidden", queue=False, **PRIVATE)
    seeds = gr.Textbox(
        FIRST_SEEDS,
        label="Seeds",
        info="Each seed is one picture, for ever. Ranges and lists: 0-15, 42",
        elem_id="latent-seeds",
        max_lines=2,
    )
    count = gr.Slider(1, MAX_ON_PAGE, 16, step=1, label="Pictures", elem_id="latent-count")
    psi = gr.Slider(0, 2, 1, step=0.05, label="Truncation ψ", info=_PSI_HELP, elem_id="latent-psi")
    space = gr.Radio(
        [("z (slerp)", "z"), ("w (straight line)", "w")],
        value="w" if has_w(first) else "z",
        visible=has_w(first),
        label="Morphs and walks go through",
        elem_id="latent-space",
    )
    with gr.Row():
        sample = gr.Button("Sample", variant="primary", elem_id="latent-sample", min_width=90)
        dice = gr.Button("Roll dice", elem_id="latent-dice", min_width=90)
    with gr.Row():
        undo = gr.Button("Undo", elem_id="latent-undo", interactive=False, min_width=70)
        redo = gr.Button("Redo", elem_id="latent-redo", interactive=False, min_width=70)
        cancel = gr.Button("Cancel", elem_id="latent-cancel", min_width=70)
    return {
        **{"model": model, "seeds": seeds, "count": count, "psi": psi, "sample": sample},
        **{"dice": dice, "undo": undo, "redo": redo, "cancel": cancel, "space": space},
    }


def results() -> dict[str, Any]:
    """Lay out the top of the right column: the pictures and what was done."""
    gallery = gr.Gallery(
        label="Pictures: click one for A, another for B",
        columns=8,
        height="auto",
        allow_preview=False,
        format="png",
        interactive=False,
        object_fit="contain",
        buttons=[],
        elem_id="latent-gallery",
        elem_classes="sheet",
    )
    info = gr.Markdown("", elem_id="latent-info", elem_classes="card")
    large = enlarge.layout("latent", "Enlarge the clicked picture", sheet=True)
    query = gr.Textbox(visible=False)
    with gr.Row(equal_height=True):
        link = gr.Textbox(
            label="Link to this sheet", elem_id="latent-link", max_lines=1, scale=5, min_width=200
        )
        copy = gr.Button("Copy link", elem_id="latent-link-copy", scale=0, min_width=110)
    query.change(None, query, link, js=_FULL_LINK_JS, **PRIVATE)
    copy.click(None, link, None, js="link => { navigator.clipboard.writeText(link) }", **PRIVATE)
    return {
        **{"gallery": gallery, "info": info, "query": query, "large": large},
        "history": gr.State(History()),
        "store": gr.BrowserState(None, storage_key="ganvas-latent-sheet", secret="ganvas"),
    }


def draw(
    load: Load, sheet: Sheet, history: History, progress: gr.Progress, enlarged: bool = False
) -> Generator[Any, None, tuple[Any, ...]]:
    """Sample a sheet, yielding between batches; returns the values of `SheetPanel.outputs`."""
    pipeline = yield from loading(load, sheet.model, progress)
    grower = yield from fast_grower(load, enlarged, len(sheet.seeds), progress)
    started, made = time.perf_counter(), []
    for image in pipeline.iter_sample(sheet.seeds, sheet.truncation_psi):
        made.append((yield from grower.grow(image)))
        if time.perf_counter() - started > 0.5:
            progress((len(made), len(sheet.seeds)), unit="pictures")
            yield gr.skip()
    seconds = time.perf_counter() - started
    stem, end = file_stem(sheet.model), enlarge.suffix(enlarged)
    paths = png_files(made, [f"{stem}-seed{seed:08d}{end}" for seed in sheet.seeds])
    shown = [(path, f"seed {seed}") for path, seed in zip(paths, sheet.seeds, strict=True)]
    return (
        gr.Gallery(shown, selected_index=None, elem_classes=enlarge.sheet_classes(enlarged)),
        speed_line(len(made), seconds, device_of(pipeline)) + f" · seeds {sheet.seeds_text}",
        history,
        sheet.model,
        sheet.seeds_text,
        sheet.truncation_psi,
        gr.Button(interactive=history.can_undo),
        gr.Button(interactive=history.can_redo),
        sheet.stored(),
        sheet.query,
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
            yield (yield from draw(load, sheet, history.push(sheet), progress, enlarged))

    def step(by: int) -> Callable[..., Generator[Any, None, None]]:
        def move(
            history: History, enlarged: bool, progress: gr.Progress = gr.Progress()
        ) -> Generator[Any, None, None]:
            moved = history.step(by)
            if moved.current is None:
                yield gr.skip()
                return
            with user_errors():
                yield (yield from draw(load, moved.current, moved, progress, enlarged))

        return move

    inputs = [panel.model, panel.seeds, panel.psi, panel.history, panel.large.switch]
    kept = [panel.history, panel.large.switch]
    options = {**GPU, **PRIVATE, "show_progress_on": [panel.gallery]}
    started = panel.dice.click(roll, panel.count, panel.seeds, queue=False, **PRIVATE)
    panel.count.release(recount, [panel.seeds, panel.count], panel.seeds, queue=False, **PRIVATE)
    return [
        panel.sample.click(sample, inputs, panel.outputs, **options),
        panel.seeds.submit(sample, inputs, panel.outputs, **options),
        panel.psi.release(sample, inputs, panel.outputs, **options),
        started.then(sample, inputs, panel.outputs, **options),
        panel.undo.click(step(-1), kept, panel.outputs, **options),
        panel.redo.click(step(1), kept, panel.outputs, **options),
        panel.large.switch.input(step(0), kept, panel.outputs, **options),
    ]


def roll(count: float) -> str:
    """Seeds by dice: a run that starts anywhere in the first million."""
    first = random.randrange(1_000_000)
    return format_seeds(range(first, first + int(count)))


def recount(seeds: str, count: float) -> str:
    """As many seeds as asked: the first of those typed, and the run that follows the last."""
    try:
        kept = page_seeds(seeds)[: int(count)]
    except ValueError:
        kept = [0]
    following = range(kept[-1] + 1, kept[-1] + 1 + int(count) - len(kept))
    return format_seeds([*kept, *following])
