"""The morph between two pictures: click A, click B, drag the slider."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from tabs.common import (
    GPU,
    PRIVATE,
    Load,
    checked_model,
    device_of,
    loading,
    png_files,
    speed_line,
    user_errors,
)
from tabs.latent.state import TASK, History, Pair, Pick

STRIP_TIMES = tuple(k / 8 for k in range(9))


@dataclass(frozen=True)
class MorphPanel:
    """The components of the morph panel."""

    turn: gr.Radio
    image_a: gr.Image
    middle: gr.Image
    image_b: gr.Image
    position: gr.Slider
    strip: gr.Gallery
    info: gr.Markdown
    pair: gr.State
    picked: gr.State  # the picture clicked last
    cancel: gr.Button

    @property
    def outputs(self) -> list[gr.Component]:
        """What `show_pair` fills, in its order."""
        return [self.pair, self.image_a, self.middle, self.image_b, self.strip, self.info]


def layout() -> MorphPanel:
    """Lay out the panel."""
    with gr.Row(equal_height=False):
        image_a = _picture("A", "latent-a")
        middle = _picture("Between", "latent-middle")
        image_b = _picture("B", "latent-b")
    position = gr.Slider(
        0,
        1,
        0.5,
        step=0.01,
        label="Morph from A to B",
        info="Slerp in z: 0 is A, 1 is B",
        elem_id="latent-position",
    )
    strip = gr.Gallery(
        label="Steps: click one to go there",
        columns=len(STRIP_TIMES),
        rows=1,
        height="auto",
        allow_preview=False,
        format="png",
        interactive=False,
        buttons=[],
        visible=False,
        elem_id="latent-strip",
        elem_classes=["sheet", "strip"],
    )
    with gr.Row():
        turn = gr.Radio(
            ["A", "B"], value="A", label="The next click sets", elem_id="latent-turn", scale=2
        )
        cancel = gr.Button("Cancel morph", size="sm", elem_id="latent-morph-cancel", scale=1)
    info = gr.Markdown("Click a picture above to start.", elem_classes="card")
    return MorphPanel(
        *(turn, image_a, middle, image_b, position, strip, info),
        pair=gr.State(Pair()),
        picked=gr.State(None),
        cancel=cancel,
    )


def _picture(label: str, elem_id: str) -> gr.Image:
    return gr.Image(
        label=label,
        format="png",
        interactive=False,
        buttons=["download", "fullscreen"],
        min_width=110,
        height=200,
        elem_id=elem_id,
        elem_classes="pixels",
    )


def show_pair(
    load: Load, pair: Pair, position: float, progress: gr.Progress
) -> Generator[Any, None, tuple[Any, ...]]:
    """Render A, B and the strip between them; returns the values of `MorphPanel.outputs`."""
    ends = [end for end in (pair.a, pair.b) if end is not None]
    if not ends:
        return pair, None, None, None, _hidden_strip(), "Click a picture above to start."
    pipeline = yield from loading(load, ends[0].model, progress)
    started = time.perf_counter()
    if len(ends) == 1:
        image = pipeline.sample([ends[0].seed], ends[0].truncation_psi)[0]
        shown = gr.Image(image, label=f"seed {ends[0].seed}")
        waiting = "B" if pair.a else "A"
        return (
            *(pair, shown if pair.a else None, None, shown if pair.b else None, _hidden_strip()),
            f"Click another picture for {waiting}.",
        )
    times = [*STRIP_TIMES, position]
    made = []
    for t in times:
        made += pipeline.morphs(pair.a.seed, pair.b.seed, [t], pair.a.truncation_psi)
        yield gr.skip()
    seconds = time.perf_counter() - started
    stems = [f"{pair.a.model}-seed{pair.a.seed:08d}-to-{pair.b.seed:08d}-{t:.3f}" for t in times]
    steps = zip(png_files(made, stems), [f"{t:.0%}" for t in STRIP_TIMES], strict=False)
    return (
        pair,
        gr.Image(made[0], label=f"A: seed {pair.a.seed}"),
        made[-1],
        gr.Image(made[-2], label=f"B: seed {pair.b.seed}"),
        gr.Gallery(list(steps), selected_index=None, visible=True),
        speed_line(len(made), seconds, device_of(pipeline)),
    )


def _hidden_strip() -> gr.Gallery:
    return gr.Gallery([], visible=False)


def wire(panel: MorphPanel, gallery: gr.Gallery, history: gr.State, load: Load) -> list[Any]:
    """Connect the panel to the sheet's pictures; returns the events that can be cancelled."""

    def pick(
        history: History,
        pair: Pair,
        turn: str,
        position: float,
        event: gr.SelectData,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        sheet = history.current
        if sheet is None or event.index >= len(sheet.seeds):
            yield gr.skip()
            return
        clicked = Pick(sheet.model, sheet.seeds[event.index], sheet.truncation_psi)
        with user_errors():
            shown = yield from show_pair(load, pair.with_end(turn, clicked), position, progress)
            yield (*shown, clicked, "B" if turn == "A" else "A")

    def scrub(pair: Pair, position: float) -> Any:
        if pair.a is None or pair.b is None:
            return gr.skip()
        with user_errors():
            pipeline = load(checked_model(pair.a.model, TASK))
            return pipeline.morph(pair.a.seed, pair.b.seed, position, pair.a.truncation_psi)

    def jump(event: gr.SelectData) -> float:
        return STRIP_TIMES[min(event.index, len(STRIP_TIMES) - 1)]

    inputs = [history, panel.pair, panel.turn, panel.position]
    picked = gallery.select(
        pick,
        inputs,
        [*panel.outputs, panel.picked, panel.turn],
        show_progress_on=[panel.middle],
        **GPU,
        **PRIVATE,
    )
    live = {"show_progress": "hidden", "trigger_mode": "always_last", **GPU, **PRIVATE}
    scrubbed = [panel.pair, panel.position]
    panel.position.input(scrub, scrubbed, panel.middle, **live)
    jumped = panel.strip.select(jump, None, panel.position, queue=False, **PRIVATE)
    jumped.then(scrub, scrubbed, panel.middle, **live)
    return [picked]
