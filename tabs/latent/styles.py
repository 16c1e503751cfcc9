"""Models with a w space: directions as sliders, and style mixing as a matrix."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr
from PIL import Image

from gan_models import LatentPipeline
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, GPU, PRIVATE, Options, Updates
from tabs.components.files import png_files
from tabs.components.gradio_errors import toast
from tabs.components.loading import Load, loading
from tabs.components.preview import into_view
from tabs.components.progress import stepping
from tabs.components.seed_row import page_seeds
from tabs.components.tickets import checked_any, file_stem, readiness
from tabs.latent.directions import Effect, measure
from tabs.latent.state import TASK, Pick, has_w

NAMES = tuple(f"{kind} {k}" for kind in ("PCA", "SeFa") for k in range(1, 7))
_MEASURED: dict[str, tuple[Effect, ...]] = {}  # by id and hash of the weights
HELP = (
    "Directions in w, those that change the picture most first. PCA: along which w varies most. "
    "SeFa: to which the style layers react most. Names are given where a segmentation of the "
    "pictures shows what changes. In standard deviations."
)
LAYERS = [
    ("All layers", "all"),
    ("Coarse: shapes", "coarse"),
    ("Middle", "middle"),
    ("Fine: colours", "fine"),
]
MAX_ROWS = MAX_COLUMNS = 6


def tabs_for(model: str) -> tuple[gr.Tab, gr.Tab, gr.Radio]:
    """The Edit and Mix tabs and the choice of space, visible only where there is a w."""
    visible = has_w(model)
    space = gr.Radio(value="w" if visible else "z", visible=visible)
    return gr.Tab(visible=visible), gr.Tab(visible=visible), space


def build_edit(
    load: Load, tab: gr.Tab, model: gr.Dropdown, psi: gr.Slider, picked: gr.State
) -> None:
    """Lay out and connect the directions; opening the tab measures them."""
    with gr.Row():
        seed = gr.Textbox("0", label="Seed", elem_id="latent-edit-seed", min_width=90)
        take = gr.Button("Use the clicked picture", elem_id="latent-edit-take", min_width=120)
        reset = gr.Button("Reset all", elem_id="latent-edit-reset", min_width=120)
    with gr.Row():
        with gr.Column(scale=1, min_width=260):
            image = gr.Image(
                label="Edited",
                type="filepath",
                format="png",
                interactive=False,
                buttons=["download", "fullscreen"],
                height=420,
                elem_id="latent-edited",
                elem_classes="fill",
            )
            layers = gr.Radio(
                LAYERS, value="all", label="Layers that are changed", elem_id="latent-layers"
            )
            noise = gr.Checkbox(True, label="Noise (fine texture)", elem_id="latent-noise")
        with gr.Column(scale=1, min_width=260):
            note = gr.Markdown(HELP, elem_classes="card", elem_id="latent-edit-note")
            sliders = [_slider(k) for k in range(len(NAMES))]
    order = gr.State(NAMES)  # the direction of each slider

    def edit(
        model: str,
        seed: str,
        psi: float,
        layers: str,
        noise: bool,
        order: Sequence[str],
        *amounts: float,
    ) -> str:
        with user_errors():
            chosen = dict(zip(order, amounts, strict=True))
            start = page_seeds(seed)[0]
            pipeline: LatentPipeline = load(checked_any(model, TASK))
            made = pipeline.styles.edit(start, chosen, layers, psi, noise)
            return png_files([made], [f"{file_stem(model)}-seed{start:08d}-edited"])[0]

    def rank(model: str, psi: float, progress: gr.Progress = gr.Progress()) -> Updates:
        if not has_w(model) or not readiness(model)[0]:
            yield gr.skip()
            return
        with user_errors():
            pipeline: LatentPipeline = yield from loading(load, checked_any(model, TASK), progress)
            key = f"{pipeline.spec.id} {pipeline.weights_sha256}"
            if key not in _MEASURED:
                steps = measure(load, pipeline, psi)
                _MEASURED[key] = yield from stepping(steps, progress, "Measuring directions")
            effects = _MEASURED[key]
            ranked = [
                gr.Slider(-e.reach, e.reach, 0, label=_label(e), interactive=e.works)
                for e in effects
            ]
            yield HELP, tuple(e.name for e in effects), *ranked

    live: Options = {"show_progress": "hidden", "trigger_mode": "always_last", **GPU, **PRIVATE}
    inputs = [model, seed, psi, layers, noise, order, *sliders]
    # not in the queue of the device, where other events would wait for it
    options: Options = {"show_progress_on": [note], "concurrency_limit": 1, **PRIVATE}
    ranked = tab.select(rank, [model, psi], [note, order, *sliders], **options)
    ranked.then(edit, inputs, image, **live)
    model.change(lambda: None, None, image, **AT_ONCE)
    triggers = [slider.input for slider in sliders]
    triggers += [layers.input, noise.input, seed.submit, seed.blur]
    gr.on(triggers, edit, inputs, image, **live)
    taken = take.click(clicked_seed, picked, seed, **AT_ONCE)
    taken.then(edit, inputs, image, **live)
    cleared = reset.click(lambda: [0.0] * len(sliders), None, sliders, **AT_ONCE)
    cleared.then(edit, inputs, image, **live)


def _slider(k: int) -> gr.Slider:
    elem_id = "latent-" + NAMES[k].lower().replace(" ", "-")
    return gr.Slider(-4, 4, 0, step=0.1, label=NAMES[k], elem_id=elem_id)


def _label(effect: Effect) -> str:
    return effect.label if effect.works else f"{effect.label}: changes nothing"


def clicked_seed(picked: Pick | None) -> str:
    """The seed of the picture clicked last."""
    if picked is None:
        raise toast("Click a picture of the sheet first.")
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
        type="filepath",
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
    ) -> Updates:
        with user_errors():
            first, second = page_seeds(rows)[:MAX_ROWS], page_seeds(columns)[:MAX_COLUMNS]
            pipeline: LatentPipeline = yield from loading(load, checked_any(model, TASK), progress)
            total = len(first) * len(second)
            made: list[Image.Image] = []
            for image in pipeline.styles.mix(first, second, layers, psi):
                made.append(image)
                progress((len(made), total), unit="pictures")
                yield gr.skip()
            sheet = pipeline.styles.sheet(first, second, made, psi)
            path = png_files([sheet], [f"{file_stem(model)}-mixed"])[0]
            yield path, f"{len(first)} x {len(second)} pictures, {layers} layers from the columns."

    started = run.click(
        mix,
        [model, rows, columns, layers, psi],
        [sheet, info],
        show_progress_on=[sheet],
        **GPU,
        **PRIVATE,
    )
    started.then(**into_view("latent-mixed"))
    model.change(lambda: None, None, sheet, **AT_ONCE)
    cancel.click(lambda: "Stopped.", None, info, cancels=[started], queue=False, **PRIVATE)
