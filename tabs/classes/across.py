"""The same z across classes, in one row; with several seeds, a sheet of classes x seeds."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

import gradio as gr

from gan_models import check_truncation_psi, grid, save_png
from tabs.classes.listing import ListPanel
from tabs.classes.sheet import SheetPanel
from tabs.classes.state import chosen_classes, classes_of, file_name
from tabs.common import (
    AT_ONCE,
    GPU,
    MAX_ON_PAGE,
    PRIVATE,
    Load,
    device_of,
    loading,
    output_folder,
    page_seeds,
    png_files,
    speed_line,
    user_errors,
)


def build(load: Load, listed: ListPanel, sheet: SheetPanel) -> list[Any]:
    """Lay out and connect the panel; returns what can be cancelled."""
    with gr.Row():
        seeds = gr.Textbox(
            "0", label="Seeds locked", info="One for a row, several for a sheet", max_lines=1,
            elem_id="classes-across-seeds", min_width=140,
        )  # fmt: skip
        names = gr.Dropdown(
            list(classes_of(listed.model.value)), multiselect=True, label="Classes",
            info="None chosen: all", elem_id="classes-across-names", scale=2, min_width=180,
        )  # fmt: skip
    go = gr.Button("Draw the same z in every class", elem_id="classes-across")
    gallery = gr.Gallery(
        label="Classes from left to right", columns=8, height="auto", allow_preview=False,
        format="png", interactive=False, object_fit="contain", buttons=[],
        elem_id="classes-across-gallery", elem_classes="sheet",
    )  # fmt: skip
    info = gr.Markdown("", elem_classes="card", elem_id="classes-across-info")
    file = gr.File(
        label="All as one picture", visible=False, interactive=False, elem_id="classes-across-file"
    )

    def draw(
        model: str,
        seeds: str,
        names: list[str] | None,
        psi: float,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            keys, psi = page_seeds(seeds), check_truncation_psi(psi)
            chosen = chosen_classes(model, names, len(keys), MAX_ON_PAGE)
            pipeline = yield from loading(load, model, progress)
            started, made = time.perf_counter(), []
            cells = [(seed, name) for seed in keys for name in chosen]
            drawn = pipeline.iter_sample([s for s, _ in cells], [n for _, n in cells], psi)
            for image in drawn:
                made.append(image)
                progress((len(made), len(cells)), unit="pictures")
                yield gr.skip()
            seconds = time.perf_counter() - started
            stems = [f"{model}-{file_name(name)}-seed{seed:08d}" for seed, name in cells]
            captions = [f"{name} · {seed}" for seed, name in cells]
            shown = list(zip(png_files(made, stems), captions, strict=True))
            whole = output_folder() / f"{model}-classes-x-seeds.png"
            save_png(grid(made, columns=len(chosen)), whole)
            columns = [*_CLASSES, f"columns-{len(chosen)}"]
            yield (
                gr.Gallery(shown, selected_index=None, elem_classes=columns),
                speed_line(len(made), seconds, device_of(pipeline)),
                gr.File(str(whole), visible=True),
            )

    listed.ready.change(
        lambda model: gr.Dropdown(list(classes_of(model)), value=[]), listed.ready, names, **AT_ONCE
    )
    given = [listed.model, seeds, names, sheet.psi]
    outputs = [gallery, info, file]
    options = {**GPU, **PRIVATE, "show_progress_on": [gallery]}
    return [
        go.click(draw, given, outputs, **options),
        seeds.submit(draw, given, outputs, **options),
    ]


_CLASSES = ("sheet", "across")
