"""Several classes at once, by weights; a pad mixes the four at its corners."""

from __future__ import annotations

import gradio as gr

from gan_models import ClassPipeline
from tabs.classes.listing import ListPanel
from tabs.classes.sheet import SheetPanel
from tabs.classes.state import (
    chosen_corners,
    classes_of,
    pad_weights,
    read_weights,
    write_weights,
)
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, GPU, PRIVATE, Options, Trigger, Values
from tabs.components.files import png_files
from tabs.components.loading import Load
from tabs.components.models import refuse_absent
from tabs.components.seed_row import page_seeds

_PAD_HTML = """
<div class="pad" tabindex="0" role="application"
  aria-label="Pad between four classes: click, drag, or use the arrow keys">
  <span class="corner c0">${corners[0]}</span><span class="corner c1">${corners[1]}</span>
  <span class="corner c2">${corners[2]}</span><span class="corner c3">${corners[3]}</span>
  <span class="dot"></span>
</div>
"""
_PAD_CSS = """
.pad { position: relative; width: 100%; max-width: 260px; aspect-ratio: 1; margin: 0 auto;
  border: 1px solid var(--border-color-primary); border-radius: 8px; touch-action: none;
  background: var(--background-fill-secondary); cursor: crosshair; user-select: none; }
.pad:focus-visible { outline: 2px solid var(--color-accent); outline-offset: 2px; }
.corner { position: absolute; font-size: 12px; padding: 4px 8px; max-width: 48%; opacity: 0.8; }
.c0, .c1 { top: 0; } .c2, .c3 { bottom: 0; } .c0, .c2 { left: 0; }
.c1, .c3 { right: 0; text-align: right; }
.dot { position: absolute; width: 18px; height: 18px; margin: -9px 0 0 -9px; left: 50%; top: 50%;
  border-radius: 50%; background: var(--color-accent); border: 2px solid white;
  pointer-events: none; }
"""
_PAD_JS = """
let x = 0.5, y = 0.5;
const clamp = v => Math.min(1, Math.max(0, v));
const show = () => {
  const dot = element.querySelector('.dot');
  dot.style.left = 100 * x + '%'; dot.style.top = 100 * y + '%';
};
const go = (u, v) => {
  x = clamp(u); y = clamp(v);
  window.ganvasPad = x.toFixed(3) + ',' + y.toFixed(3);
  show();
  trigger('move', {});
};
const at = e => {
  const box = element.querySelector('.pad').getBoundingClientRect();
  go((e.clientX - box.left) / box.width, (e.clientY - box.top) / box.height);
};
let held = false;
element.addEventListener('pointerdown', e => {
  if (!e.target.closest('.pad')) return;
  held = true; element.setPointerCapture(e.pointerId); at(e);
});
element.addEventListener('pointermove', e => { if (held) at(e); });
for (const end of ['pointerup', 'pointercancel'])
  element.addEventListener(end, () => { held = false; });
element.addEventListener('keydown', e => {
  const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[e.key];
  if (!step) return;
  e.preventDefault(); go(x + 0.05 * step[0], y + 0.05 * step[1]);
});
watch('corners', show);  // they are written anew, and the dot with them
element.dataset.ready = 'yes';
"""  # noqa: E501
_PLACE_JS = "(_, ...rest) => [window.ganvasPad || '0.5,0.5', ...rest]"


def build(load: Load, listed: ListPanel, sheet: SheetPanel) -> None:
    """Lay out and connect the panel."""
    names = list(classes_of(listed.model.value))
    corners = _four(names)
    with gr.Row(equal_height=False):
        with gr.Column(scale=1, min_width=220):
            pickers, pad = _layout_pad(names, corners)
        with gr.Column(scale=1, min_width=220):
            weights = gr.Textbox(
                write_weights(pad_weights(corners, "0.5,0.5")),
                label="Weights",
                info="Any classes, such as: green 2, red 1",
                max_lines=1,
                elem_id="classes-weights",
            )
            seed = gr.Number(
                0,
                label="Seed",
                precision=0,
                minimum=0,
                maximum=2**32 - 1,
                elem_id="classes-mix-seed",
            )
            picture = gr.Image(
                label="Mixture",
                type="filepath",
                format="png",
                interactive=False,
                height=300,
                buttons=["download", "fullscreen"],
                elem_id="classes-mix",
            )
    place = gr.Textbox(visible=False)

    def mix(model: str, text: str, seed: float | None, psi: float) -> str:
        with user_errors():
            seeds = page_seeds(f"{seed:.0f}" if seed is not None else "")
            refuse_absent(model)
            pipeline: ClassPipeline = load(model)
            made = pipeline.sample_mix(seeds[:1], {**read_weights(model, text)}, psi)
            return png_files(made, [f"{model}-mixture-seed{seeds[0]:08d}"])[0]

    def weigh(place: str, *corners: str | None) -> str:
        with user_errors():
            return write_weights(pad_weights(corners, place))

    def rename(*corners: str | None) -> gr.HTML:
        with user_errors():
            return gr.HTML(corners=chosen_corners(corners))

    def change_model(place: str, model: str) -> Values:
        with user_errors():
            names = list(classes_of(model))
            four = _four(names)
            fresh = [gr.Dropdown(names, value=name) for name in four]
            return (*fresh, gr.HTML(corners=four), write_weights(pad_weights(four, place)))

    live: Options = {"show_progress": "hidden", "trigger_mode": "always_last", **GPU, **PRIVATE}
    given = [listed.model, weights, seed, sheet.psi]
    # not in the queue of the device: a click changes the weights at once
    weighing: Options = {"js": _PLACE_JS, **AT_ONCE, "trigger_mode": "always_last"}
    moved = [pad.move(weigh, [place, *pickers], weights, **weighing)]
    for picker in pickers:
        named = picker.input(rename, pickers, pad, **AT_ONCE)
        moved.append(named.then(weigh, [place, *pickers], weights, **weighing))
    triggers: list[Trigger] = [*(event.then for event in moved), weights.submit, seed.input]
    for on in triggers:
        on(mix, given, picture, **live)
    listed.ready.change(
        change_model, [place, listed.ready], [*pickers, pad, weights], js=_PLACE_JS, **AT_ONCE
    )


def _layout_pad(names: list[str], corners: list[str]) -> tuple[list[gr.Dropdown], gr.HTML]:
    """Lay out the choices of the classes at the corners, and the pad between them."""
    with gr.Row():
        pickers = [
            gr.Dropdown(
                names,
                value=name,
                label=f"Corner {k + 1}",
                min_width=130,
                elem_id=f"classes-corner-{k + 1}",
            )
            for k, name in enumerate(corners)
        ]
    pad = gr.HTML(
        html_template=_PAD_HTML,
        css_template=_PAD_CSS,
        js_on_load=_PAD_JS,
        corners=corners,
        elem_id="classes-pad",
        min_width=220,
    )
    return pickers, pad


def _four(names: list[str]) -> list[str]:
    """Four classes for the corners; the last is repeated where there are fewer."""
    return [names[min(k, len(names) - 1)] for k in range(4)]
