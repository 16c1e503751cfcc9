"""Layer swap: coarse shapes of one network, fine texture of the other."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from typing import Any

import gradio as gr

from gan_models import get_spec, grid
from tabs.common import GPU, PRIVATE, Load, loading, output_folder, page_seeds, user_errors
from tabs.finetune.render import figure, placeholder
from tabs.finetune.take import file_title
from tabs.mine import Visitor

HELP = (
    "A network between the two: up to the size you choose the layers of one, which set shapes and "
    "layout, above it those of the other, which set colours and texture (Pinkney and Adler 2020)."
)
MIXES = [
    ("Shapes of the base, texture of yours", "base"),
    ("Shapes of yours, texture of the base", "mine"),
]
SIZES = (4, 8, 16, 32, 64, 128, 256, 512)


def build(load: Load, visitor: Visitor, run: gr.Dropdown) -> None:
    """Lay out and connect the panel."""
    with gr.Accordion("Swap layers with the base", open=False, elem_id="finetune-swapping"):
        gr.Markdown(HELP, elem_classes="card")
        with gr.Row(equal_height=True):
            size = gr.Dropdown(
                [(f"up to {side} px", side) for side in SIZES],
                value=16, label="Coarse layers", elem_id="finetune-swap-size", min_width=130,
            )  # fmt: skip
            coarse = gr.Radio(MIXES, value="base", label="Mix", elem_id="finetune-swap-mix")
        seeds = gr.Textbox("0-8", label="Seeds", elem_id="finetune-swap-seeds")
        go = gr.Button("Swap layers", elem_id="finetune-swap")
        shown = gr.HTML(placeholder("Samples of the mix."), elem_id="finetune-swapped")
        file = gr.File(
            label="The mixed generator", visible=False, interactive=False,
            elem_id="finetune-swap-file",
        )  # fmt: skip

    def swap(
        key: Any,
        run: str | None,
        size: int,
        coarse: str,
        seeds: str,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            listed = page_seeds(seeds)[:16]
            status = visitor.jobs.status(key, run or "")
            most = get_spec(status.base).resolution // 2
            if size > most:
                raise ValueError(f"{status.base} has no finer layers above that: choose {most} px.")
            copy = output_folder() / f"{file_title(status)}-{coarse}-shapes-{size}.safetensors"
            shutil.copy(visitor.jobs.swap(key, status.id, size, coarse), copy)
            pipeline = yield from loading(load, str(copy), progress)
            words = {value: label for label, value in MIXES}[coarse]
            picture = figure(grid(pipeline.sample(listed)), f"{words}, up to {size} px")
            yield picture, gr.File(str(copy), visible=True)

    given = [visitor.key, run, size, coarse, seeds]
    go.click(swap, given, [shown, file], show_progress_on=[shown], **GPU, **PRIVATE)
