"""The same z across classes, in one row; with several seeds, a sheet of classes x seeds."""

from __future__ import annotations

import gradio as gr

from gan_models import ClassPipeline, check_truncation_psi, grid, save_png
from tabs.classes.listing import ListPanel
from tabs.classes.sheet import SheetPanel
from tabs.classes.state import chosen_classes, classes_of, file_name
from tabs.components import enlarge
from tabs.components import sheet as pictures
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, LAST, Event, Options, Updates
from tabs.components.files import output_folder
from tabs.components.loading import Load, loading
from tabs.components.models import refuse_absent
from tabs.components.preview import columns_without_orphan, into_view
from tabs.components.seed_row import MAX_ON_PAGE, page_seeds


def build(load: Load, listed: ListPanel, sheet: SheetPanel) -> list[Event]:
    """Lay out and connect the panel; returns the events to cancel."""
    with gr.Row():
        seeds, names = _layout_choice(listed.model.value)
    go = gr.Button("Sample every class with the same z", elem_id="classes-across")
    large = enlarge.switch("classes-across")
    gallery = gr.Gallery(
        label="One picture for each class",
        columns=4,
        height="auto",
        allow_preview=False,
        format="png",
        interactive=False,
        object_fit="contain",
        buttons=[],
        elem_id="classes-across-gallery",
        elem_classes="sheet",
    )
    info = gr.Markdown("", elem_classes="card", elem_id="classes-across-info")
    file = gr.File(
        label="All as one picture", visible=False, interactive=False, elem_id="classes-across-file"
    )

    def draw(
        model: str,
        seeds: str,
        names: list[str] | None,
        psi: float,
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        with user_errors():
            refuse_absent(model)
            keys, psi = page_seeds(seeds), check_truncation_psi(psi)
            chosen = chosen_classes(model, names, len(keys), MAX_ON_PAGE)
            pipeline: ClassPipeline = yield from loading(load, model, progress)
            cells = [(seed, name) for seed in keys for name in chosen]
            drawn = pipeline.iter_sample([s for s, _ in cells], [n for _, n in cells], psi)
            stems = [f"{model}-{file_name(name)}-seed{seed:08d}" for seed, name in cells]
            captions = [f"{name} · {seed}" for seed, name in cells]
            files, line, made = yield from pictures.draw(
                load, pipeline, drawn, stems, captions, enlarged, progress
            )
            end = enlarge.suffix(enlarged)
            whole = output_folder() / f"{model}-classes-x-seeds{end}.png"
            columns = columns_of(chosen)
            save_png(grid(made, columns=columns), whole)
            classes = [*_CLASSES, f"columns-{columns}"]
            yield (
                gr.Gallery(files, selected_index=None, elem_classes=classes),
                line,
                gr.File(str(whole), visible=True),
            )

    listed.ready.change(
        lambda model: gr.Dropdown(list(classes_of(model)), value=[]), listed.ready, names, **AT_ONCE
    )
    given = [listed.model, seeds, names, sheet.psi, large]
    outputs = [gallery, info, file]
    options: Options = {**LAST, "show_progress_on": [gallery]}
    triggers = (go.click, seeds.submit, large.input)
    events = [on(draw, given, outputs, **options) for on in triggers]
    for event in events:
        event.then(**into_view("classes-across-gallery"))
    return events


def _layout_choice(model: str) -> tuple[gr.Textbox, gr.Dropdown]:
    """Lay out the choice of seeds and classes in the row that is open."""
    seeds = gr.Textbox(
        "3",
        label="Seeds",
        info="The same z for every class",
        max_lines=1,
        elem_id="classes-across-seeds",
        min_width=140,
    )
    names = gr.Dropdown(
        list(classes_of(model)),
        multiselect=True,
        label="Classes",
        info="None chosen: all",
        elem_id="classes-across-names",
        scale=2,
        min_width=180,
    )
    return seeds, names


_CLASSES = ("sheet", "main-sheet", "across")


def columns_of(names: list[str]) -> int:
    """Columns of a grid of classes: the seasons of places, else a number that leaves none alone."""
    kinds = {name.rpartition("-")[2] for name in names}
    places = {name.rpartition("-")[0] for name in names} - {""}
    if places and len(kinds) * len(places) == len(names) and len(kinds) <= 4:
        return len(kinds)
    return columns_without_orphan(len(names))
