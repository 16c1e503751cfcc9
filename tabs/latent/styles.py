"""For models with a w space: directions as sliders, and style mixing as a matrix."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import gradio as gr

from tabs.common import (
    AT_ONCE,
    GPU,
    PRIVATE,
    Load,
    loading,
    page_seeds,
    user_errors,
)
from tabs.latent.state import TASK, Pick, has_w
from tabs.mine import checked_any

NAMES = tuple(f"{kind} {k}" for kind in ("PCA", "SeFa") for k in range(1, 7))
LAYERS = [
    ("All layers", "all"),
    ("Coarse: shapes", "coarse"),
    ("Middle", "middle"),
    ("Fine: colours", "fine"),
]
MAX_ROWS = MAX_COLUMNS = 6


def shown_for(model: str) -> tuple[gr.Tab, gr.Tab, gr.Radio]:
    """The Edit and Mix tabs and the choice of space, shown only where there is a w."""
    shown = has_w(model)
    space = gr.Radio(value="w" if shown else "z", visible=shown)
    return gr.Tab(visible=shown), gr.Tab(visible=shown), space


def build_edit(load: Load, model: gr.Dropdown, psi: gr.Slider, picked: gr.State) -> None:
    """Lay out and connect the directions."""
    with gr.Row():
        seed = gr.Textbox("0", label="Seed to move", elem_id="latent-edit-seed", min_width=90)
        take = gr.Button("Take the clicked picture", elem_id="latent-edit-take", min_width=120)
        reset = gr.Button("Back to the start", elem_id="latent-edit-reset", min_width=120)
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            image = gr.Image(
                label="Moved",
                format="png",
                interactive=False,
                buttons=["download"],
                height=320,
                elem_id="latent-edited",
                elem_classes="fill",
            )
            layers = gr.Radio(
                LAYERS, value="all", label="Layers that move", elem_id="latent-layers"
            )
            noise = gr.Checkbox(True, label="Noise (fine texture)", elem_id="latent-noise")
        with gr.Column(scale=1, min_width=260):
            gr.Markdown(
                "PCA: where pictures differ most. SeFa: what the layers react to most. In standard "
                "deviations.",
                elem_classes="card",
            )
            sliders = [_slider(name) for name in NAMES]

    def edit(model: str, seed: str, psi: float, layers: str, noise: bool, *amounts: float) -> Any:
        with user_errors():
            chosen = dict(zip(NAMES, amounts, strict=True))
            start = page_seeds(seed)[0]
            styles = load(checked_any(model, TASK)).styles
            return styles.edit(start, chosen, layers, psi, noise)

    live = {"show_progress": "hidden", "trigger_mode": "always_last", **GPU, **PRIVATE}
    inputs = [model, seed, psi, layers, noise, *sliders]
    triggers = [slider.input for slider in sliders]
    triggers += [layers.input, noise.input, seed.submit, seed.blur]
    gr.on(triggers, edit, inputs, image, **live)
    taken = take.click(clicked_seed, picked, seed, **AT_ONCE)
    taken.then(edit, inputs, image, **live)
    cleared = reset.click(lambda: [0.0] * len(sliders), None, sliders, **AT_ONCE)
    cleared.then(edit, inputs, image, **live)


def _slider(name: str) -> gr.Slider:
    elem_id = "latent-" + name.lower().replace(" ", "-")
    return gr.Slider(-4, 4, 0, step=0.1, label=name, elem_id=elem_id, container=False)


def clicked_seed(picked: Pick | None) -> str:
    """The seed of the picture clicked last."""
    if picked is None:
        raise gr.Error("Click a picture of the sheet first.")
    return str(picked.seed)


def build_mix(load: Load, model: gr.Dropdown, psi: gr.Slider) -> None:
    """Lay out and connect the style mixing matrix."""
    with gr.Row():
        rows = gr.Textbox("0-3", label="Rows: seeds of the other layers", elem_id="latent-mix-rows")
        columns = gr.Textbox(
            "4-8", label="Columns: seeds of the chosen layers", elem_id="latent-mix-columns"
        )
    layers = gr.Radio(LAYERS[1:], value="middle", label="Chosen layers")
    with gr.Row():
        run = gr.Button("Mix styles", variant="primary", elem_id="latent-mix")
        cancel = gr.Button("Cancel", elem_id="latent-mix-cancel", elem_classes="while-running")
    sheet = gr.Image(
        label="First row and column: the seeds themselves",
        format="png",
        interactive=False,
        buttons=["download", "fullscreen"],
        elem_id="latent-mixed",
        elem_classes="fill",
    )
    info = gr.Markdown("", elem_classes="card")

    def mix(
        model: str,
        rows: str,
        columns: str,
        layers: str,
        psi: float,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            first, second = page_seeds(rows)[:MAX_ROWS], page_seeds(columns)[:MAX_COLUMNS]
            pipeline = yield from loading(load, checked_any(model, TASK), progress)
            total, made = len(first) * len(second), []
            for image in pipeline.styles.mix(first, second, layers, psi):
                made.append(image)
                progress((len(made), total), unit="pictures")
                yield gr.skip()
            sheet = pipeline.styles.sheet(first, second, made, psi)
            yield sheet, f"{len(first)} x {len(second)} pictures, {layers} layers from the columns."

    started = run.click(
        mix, [model, rows, columns, layers, psi], [sheet, info], show_progress_on=[sheet],
        **GPU, **PRIVATE,
    )  # fmt: skip
    cancel.click(lambda: "Stopped.", None, info, cancels=[started], queue=False, **PRIVATE)
