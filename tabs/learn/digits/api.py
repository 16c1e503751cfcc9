"""The endpoint of the films of digits for programs: /digits_film_draw, which returns a sheet."""

from __future__ import annotations

import gradio as gr

from gan_models import draw_large_digit_sheet
from tabs.components.errors import user_errors
from tabs.components.events import GPU
from tabs.components.files import png_files
from tabs.components.seed_row import page_seeds
from tabs.learn.digits import request
from tabs.learn.digits.form import FIRST, SEEDS


def digits_film_draw(
    seeds: str = SEEDS, model: str = FIRST[0], step: float | None = None, digit: str = ""
) -> str:
    """Draw seeds as a generator of handwritten digits was at a step of its training.

    Args:
        seeds: Whole numbers and ranges, such as "0-63"; at most 64 a call.
        model: One of the films that are here, such as "digits-dcgan".
        step: A step with a snapshot; left out, the last one. A wrong step is answered with all.
        digit: Of a conditional generator, 0 to 9; empty, all of them in turn.

    Returns:
        A PNG of all pictures, three times as large as they are, with its provenance inside.
    """
    with user_errors():
        film = request.open_by_name(model)
        chosen = film.steps[-1] if step is None else request.check_step(film, step)
        asked = request.check_digit(digit)
        sheet = draw_large_digit_sheet(film, chosen, page_seeds(seeds), asked)
        return png_files([sheet], [f"{film.name}-step{chosen}"])[0]


def build() -> None:
    """Declare the endpoint; its components are invisible."""
    seeds = gr.Textbox(SEEDS, visible=False, label="seeds")
    model = gr.Textbox(FIRST[0], visible=False, label="model")
    step = gr.Number(None, visible=False, label="step")
    digit = gr.Textbox("", visible=False, label="digit")
    file = gr.File(visible=False, label="sheet")
    hidden = gr.Button(visible=False)
    inputs = [seeds, model, step, digit]
    hidden.click(digits_film_draw, inputs, file, api_name="digits_film_draw", **GPU)
