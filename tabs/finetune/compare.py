"""The base and the fine-tuned generator at the same seeds."""

from __future__ import annotations

import gradio as gr

from gan_models import LatentPipeline, grid
from tabs.components import enlarge
from tabs.components.errors import user_errors
from tabs.components.events import GPU, PRIVATE, Updates
from tabs.components.files import png_files
from tabs.components.loading import Load, loading
from tabs.components.seed_row import page_seeds
from tabs.components.tickets import file_stem
from tabs.components.upscalers import fast_enlarger
from tabs.components.visitor import Visitor
from tabs.finetune.render import base_title, figure, placeholder, side_by_side, steps_text
from tabs.finetune.results import read_step, ticket_of_chosen
from tabs.finetune.state import ResultsPanel

MOST = 16


def build(load: Load, visitor: Visitor, run: gr.Dropdown, chosen: ResultsPanel) -> None:
    """Lay out and connect the panel; `load` takes tickets, too."""
    with gr.Accordion("Compare with the base", open=False, elem_id="finetune-comparing") as panel:
        seeds = gr.Textbox(
            "0-8",
            label="Seeds",
            info=f"Up to {MOST}: the same latents for both.",
            elem_id="finetune-compare-seeds",
        )
        large = enlarge.switch("finetune-compare")
        go = gr.Button("Compare", elem_id="finetune-compare")
        figures_of_both = gr.HTML(placeholder("Both, side by side."), elem_id="finetune-compared")
        opened = enlarge.layout("finetune", "Enlarge the first one of yours")

    def compare(
        key: str,
        run: str | None,
        step: str,
        seeds: str,
        enlarged: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        with user_errors():
            listed = page_seeds(seeds)[:MOST]
            status = visitor.jobs.status(key, run or "")
            which = read_step(step)
            ticket = ticket_of_chosen(visitor, key, run, step)
            enlarger = yield from fast_enlarger(load, enlarged, 2 * len(listed), progress)
            figures = []
            for model, caption in (
                (status.base, f"The base, {base_title(status.base)}"),
                (ticket, "Yours" if which is None else f"Yours, after {steps_text(which)}"),
            ):
                pipeline: LatentPipeline = yield from loading(load, model, progress)
                made = yield from enlarger.enlarge_all(pipeline.sample(listed))
                figures.append(figure(grid(made), caption))
                yield gr.skip()
            yield side_by_side(figures)

    def first(key: str, run: str | None, step: str, seeds: str) -> str:
        seed = page_seeds(seeds)[0]
        ticket = ticket_of_chosen(visitor, key, run, step)
        pipeline: LatentPipeline = load(ticket)
        stem = f"{file_stem(ticket)}-seed{seed:08d}"
        return png_files(pipeline.sample([seed]), [stem], mark=False)[0]

    given = [visitor.key, run, chosen.step, seeds]
    go.click(compare, [*given, large], figures_of_both, **GPU, **PRIVATE)
    enlarge.wire(opened, load, panel, first, given)
