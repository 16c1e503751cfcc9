"""The morph between two pictures: click A, click B, drag the slider."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from tabs.common import (
    AT_ONCE,
    GPU,
    IN_ORDER,
    PRIVATE,
    Load,
    device_of,
    loading,
    png_files,
    speed_line,
    user_errors,
)
from tabs.latent.sheet import SheetPanel
from tabs.latent.state import TASK, History, Pair, Pick
from tabs.mine import checked_any, file_stem

WAITING = "Click a picture above to start."
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
        return [self.image_a, self.middle, self.image_b, self.strip, self.info]


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
        info="0 is A, 1 is B; slerp in z, a straight line in w",
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
    info = gr.Markdown(WAITING, elem_classes="card")
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
        buttons=["download"],
        min_width=88,
        height=230,
        elem_id=elem_id,
        elem_classes="fill",
    )


def show_pair(
    load: Load, pair: Pair, position: float, space: str, progress: gr.Progress
) -> Generator[Any, None, tuple[Any, ...]]:
    """Render A, B and the way between them; returns the values of `MorphPanel.outputs`."""
    first = pair.a or pair.b
    if first is None:
        return None, None, None, _hidden_strip(), WAITING
    pipeline = yield from loading(load, first.model, progress)
    ends = {}
    for name, pick in (("A", pair.a), ("B", pair.b)):
        if pick is not None:
            image = pipeline.sample([pick.seed], pick.truncation_psi)[0]
            ends[name] = gr.Image(image, label=f"{name}: seed {pick.seed}")
            yield gr.skip()
    if len(ends) == 1:
        missing = "B" if pair.a else "A"
        return ends.get("A"), None, ends.get("B"), _hidden_strip(), f"Click one for {missing}."
    started, times, made = time.perf_counter(), [*STRIP_TIMES, position], []
    for t in times:
        seeds = pair.a.seed, pair.b.seed
        made += pipeline.morphs(*seeds, [t], first.truncation_psi, possible(pipeline, space))
        yield gr.skip()
    line = speed_line(len(made), time.perf_counter() - started, device_of(pipeline))
    strip = gr.Gallery(_steps(pair, made, times), selected_index=None, visible=True)
    return ends["A"], made[-1], ends["B"], strip, line


def _steps(pair: Pair, made: list[Any], times: list[float]) -> list[tuple[str, str]]:
    """The strip's pictures as files, with how far along each stands."""
    stem = f"{file_stem(pair.a.model)}-seed{pair.a.seed:08d}-to-{pair.b.seed:08d}"
    paths = png_files(made, [f"{stem}-{k}-{t:.3f}" for k, t in enumerate(times)])
    return [(path, f"{t:.0%}") for path, t in zip(paths, STRIP_TIMES, strict=False)]


def _hidden_strip() -> gr.Gallery:
    return gr.Gallery([], visible=False)


def possible(pipeline: Any, space: str) -> str:
    """The space asked for, or z where the model at hand has no other."""
    return space if space in pipeline.spaces else "z"


def wire(panel: MorphPanel, sheet: SheetPanel, load: Load) -> list[Any]:
    """Connect the panel to the sheet's pictures; returns the events that can be cancelled."""

    def pick(history: History, pair: Pair, event: gr.SelectData) -> tuple[Any, ...]:
        sheet = history.current
        if sheet is None or event.index >= len(sheet.seeds):
            return pair, pair.turn, None
        clicked = Pick(sheet.model, sheet.seeds[event.index], sheet.truncation_psi)
        changed = pair.with_click(clicked)
        return changed, changed.turn, clicked

    def set_turn(pair: Pair, turn: str) -> Pair:
        return replace(pair, turn=turn)

    def show(
        pair: Pair, position: float, space: str, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        with user_errors():
            yield (yield from show_pair(load, pair, position, space, progress))

    def scrub(pair: Pair, position: float, space: str) -> Any:
        if pair.a is None or pair.b is None:
            return gr.skip()
        with user_errors():
            pipeline = load(checked_any(pair.a.model, TASK))
            seeds, psi = (pair.a.seed, pair.b.seed), pair.a.truncation_psi
            return pipeline.morph(*seeds, position, psi, possible(pipeline, space))

    def jump(event: gr.SelectData) -> float:
        return STRIP_TIMES[min(event.index, len(STRIP_TIMES) - 1)]

    # two steps, so that a second click never waits for the pictures of the first
    picked = sheet.gallery.select(
        pick,
        [sheet.history, panel.pair],
        [panel.pair, panel.turn, panel.picked],
        **IN_ORDER,
    )
    shown = picked.then(
        show,
        [panel.pair, panel.position, sheet.space],
        panel.outputs,
        show_progress_on=[panel.middle],
        trigger_mode="always_last",
        **GPU,
        **PRIVATE,
    )
    panel.turn.input(set_turn, [panel.pair, panel.turn], panel.pair, **IN_ORDER)
    live = {"show_progress": "hidden", "trigger_mode": "always_last", **GPU, **PRIVATE}
    scrubbed = [panel.pair, panel.position, sheet.space]
    panel.position.input(scrub, scrubbed, panel.middle, **live)
    jumped = panel.strip.select(jump, None, panel.position, **AT_ONCE)
    jumped.then(scrub, scrubbed, panel.middle, **live)
    return [shown]
