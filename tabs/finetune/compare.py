"""The base and the fine-tuned generator at the same seeds."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import gradio as gr

from gan_models import grid
from tabs.common import GPU, PRIVATE, Load, loading, page_seeds, user_errors
from tabs.finetune.render import base_title, figure, placeholder, side_by_side, steps_text
from tabs.finetune.take import Chosen, offer_chosen, read_step
from tabs.mine import Visitor

MOST = 16


def build(load: Load, visitor: Visitor, run: gr.Dropdown, chosen: Chosen) -> None:
    """Lay out and connect the panel; `load` takes tickets of one's own models too."""
    with gr.Accordion("Compare with the base", open=False, elem_id="finetune-comparing"):
        seeds = gr.Textbox(
            "0-8",
            label="Seeds",
            info=f"Up to {MOST}: the same latents for both.",
            elem_id="finetune-compare-seeds",
        )
        go = gr.Button("Compare", elem_id="finetune-compare")
        shown = gr.HTML(placeholder("Both, side by side."), elem_id="finetune-compared")

    def compare(
        key: Any, run: str | None, step: str, seeds: str, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        with user_errors():
            listed = page_seeds(seeds)[:MOST]
            status = visitor.jobs.status(key, run or "")
            which = read_step(step)
            ticket = offer_chosen(visitor, key, run, step)
            figures = []
            for model, caption in (
                (status.base, f"The base, {base_title(status.base)}"),
                (ticket, "Yours" if which is None else f"Yours, after {steps_text(which)}"),
            ):
                pipeline = yield from loading(load, model, progress)
                figures.append(figure(grid(pipeline.sample(listed)), caption))
                yield gr.skip()
            yield side_by_side(figures)

    go.click(compare, [visitor.key, run, chosen.step, seeds], shown, **GPU, **PRIVATE)
