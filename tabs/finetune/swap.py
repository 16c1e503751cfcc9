"""Layer swap: the coarse layers of one network, the fine layers of the other."""

from __future__ import annotations

import shutil
from typing import Literal

import gradio as gr

from gan_models import LatentPipeline, grid
from tabs.components import enlarge
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, GPU, PRIVATE, Updates
from tabs.components.files import output_folder
from tabs.components.loading import Load, loading
from tabs.components.seed_row import page_seeds
from tabs.components.upscalers import fast_enlarger
from tabs.components.visitor import Visitor
from tabs.finetune import bases
from tabs.finetune.render import figure, placeholder
from tabs.finetune.results import file_title

HELP = (
    "A network between the two: below the size you choose the layers of one, which set shapes and "
    "layout, from it on those of the other, which set colours and texture (Pinkney and Adler 2020)."
)
MIXES = [
    ("Shapes of the base, texture of yours", "base"),
    ("Shapes of yours, texture of the base", "mine"),
]
SMALLEST, USUAL, LARGEST = 8, 16, 1024  # px; where the other's layers may start


def build(load: Load, visitor: Visitor, run: gr.Dropdown) -> None:
    """Lay out and connect the panel."""
    with gr.Accordion(
        "Swap layers with the base", open=False, elem_id="finetune-swapping"
    ) as panel:
        gr.Markdown(HELP, elem_classes="card")
        with gr.Row(equal_height=True):
            size = gr.Dropdown(
                size_choices(LARGEST),
                value=USUAL,
                label="Layers of the texture",
                elem_id="finetune-swap-size",
                min_width=130,
            )
            coarse = gr.Radio(MIXES, value="base", label="Mix", elem_id="finetune-swap-mix")
        seeds = gr.Textbox("0-8", label="Seeds", elem_id="finetune-swap-seeds")
        large = enlarge.switch("finetune-swap")
        go = gr.Button("Swap layers", elem_id="finetune-swap")
        samples = gr.HTML(placeholder("Samples of the mix."), elem_id="finetune-swapped")
        file = gr.File(
            label="The mixed generator",
            visible=False,
            interactive=False,
            elem_id="finetune-swap-file",
        )

    def swap(
        key: str,
        run: str | None,
        size: int,
        coarse: Literal["base", "mine"],
        seeds: str,
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        with user_errors():
            listed = page_seeds(seeds)[:16]
            status = visitor.jobs.status(key, run or "")
            copy = output_folder() / f"{file_title(status)}-{coarse}-below-{size}px.safetensors"
            shutil.copy(visitor.jobs.swap(key, status.id, size, coarse), copy)
            pipeline: LatentPipeline = yield from loading(load, str(copy), progress)
            enlarger = yield from fast_enlarger(load, enlarged, len(listed), progress)
            made = yield from enlarger.enlarge_all(pipeline.sample(listed))
            words = {value: label for label, value in MIXES}[coarse]
            picture = figure(grid(made), f"{words}, from {size} px on")
            yield picture, gr.File(str(copy), visible=True)

    def offer_sizes(key: str, run: str | None, size: int) -> gr.Dropdown:
        """Only the sizes of the base of the run in view."""
        base = next((status.base for status in visitor.runs(key) if status.id == run), "")
        sides = [spec.base_resolution for spec in bases.bases(visitor.jobs) if spec.id == base]
        choices = size_choices(sides[0] if sides else LARGEST)
        known = [side for _, side in choices]
        return gr.Dropdown(choices=choices, value=size if size in known else known[-1])

    for event in (panel.expand, run.input):
        event(offer_sizes, [visitor.key, run, size], size, **AT_ONCE)
    given = [visitor.key, run, size, coarse, seeds, large]
    go.click(swap, given, [samples, file], show_progress_on=[samples], **GPU, **PRIVATE)


def size_choices(resolution: int) -> list[tuple[str, int]]:
    """Labels and values of the sizes at which a network of this resolution can be cut."""
    num = (resolution // SMALLEST).bit_length()
    return [(f"from {side} px on", side) for side in (SMALLEST << k for k in range(num))]
