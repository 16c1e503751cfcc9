"""The morph between two pictures: click A, click B, drag the slider."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from gan_models import VideoWriter
from tabs.components import morph as parts
from tabs.components import preview
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, GPU, IN_ORDER, PRIVATE
from tabs.components.files import output_folder, png_files
from tabs.components.history import History
from tabs.components.loading import Load, loading
from tabs.components.text import device_of, speed_line
from tabs.components.tickets import checked_any, file_stem
from tabs.latent.sheet import SheetPanel
from tabs.latent.state import TASK, Pair, Pick, first_pair

WAITING = "Click a picture above to start."
STRIP_TIMES = tuple(k / 8 for k in range(9))
LOOP_FPS = {1: 5, 2: 10, 4: 18}  # of the moving morph, by its steps between two of the strip


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
    cancel: gr.Button

    @property
    def outputs(self) -> list[gr.Component]:
        """What `show_pair` fills, in its order."""
        return [self.image_a, self.middle, self.image_b, self.strip, self.info]


def layout() -> MorphPanel:
    """Lay out the panel."""
    image_a, middle, image_b = parts.layout_pictures("latent", "middle", ["download"])
    position = parts.layout_position("latent")
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
        turn = parts.layout_turn("latent")
        cancel = gr.Button(
            "Cancel", size="sm", elem_id="latent-morph-cancel", elem_classes="while-running"
        )
    info = gr.Markdown(WAITING, elem_classes="card")
    return MorphPanel(
        *(turn, image_a, middle, image_b, position, strip, info),
        pair=gr.State(Pair()),
        cancel=cancel,
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
            image = pipeline.sample([pick.seed], pick.truncation_psi)
            path = png_files(image, [f"{file_stem(pick.model)}-seed{pick.seed:08d}"])[0]
            ends[name] = gr.Image(path, label=f"{name}: seed {pick.seed}")
            yield gr.skip()
    if len(ends) == 1:
        missing = "B" if pair.a else "A"
        return ends.get("A"), None, ends.get("B"), _hidden_strip(), f"Click one for {missing}."
    started, finer = time.perf_counter(), _steps_between(pipeline.spec.resolution)
    times, made = [k / (8 * finer) for k in range(8 * finer + 1)], []
    for t in times:
        seeds = pair.a.seed, pair.b.seed
        made += pipeline.morphs(*seeds, [t], first.truncation_psi, possible(pipeline, space))
        yield gr.skip()
    line = speed_line(len(made), time.perf_counter() - started, device_of(pipeline))
    strip = gr.Gallery(_steps(pair, made[::finer]), selected_index=None, visible=True)
    return ends["A"], _loop(pair, made, LOOP_FPS[finer]), ends["B"], strip, line


def _steps_between(resolution: int) -> int:
    """How many pictures of the moving morph go with one of the strip: as many as time allows."""
    return 4 if resolution <= 128 else 2 if resolution <= 256 else 1


def _stem(pair: Pair) -> str:
    return f"{file_stem(pair.a.model)}-seed{pair.a.seed:08d}-to-{pair.b.seed:08d}"


def _steps(pair: Pair, made: list[Any]) -> list[tuple[str, str]]:
    """The strip's pictures as files, with how far along each stands."""
    stems = [f"{_stem(pair)}-{t:.3f}" for t in STRIP_TIMES]
    return [(path, f"{t:.0%}") for path, t in zip(png_files(made, stems), STRIP_TIMES, strict=True)]


def _loop(pair: Pair, made: list[Any], fps: int) -> str:
    """The way from A to B and back as a moving picture; its path."""
    path = output_folder() / f"{_stem(pair)}.webp"
    with VideoWriter(path, fps, 2 * len(made)) as writer:
        for frame in [*made, *made[-2:0:-1]]:
            writer.add(frame)
    return str(path)


def _words(pair: Pair) -> str:
    return f"Morph between seeds {pair.a.seed} and {pair.b.seed}"


def _hidden_strip() -> gr.Gallery:
    return gr.Gallery([], visible=False)


def possible(pipeline: Any, space: str) -> str:
    """The space asked for, or z where the model at hand has no other."""
    return space if space in pipeline.spaces else "z"


def _pick(
    history: History, pair: Pair, shown: list[tuple[str, str]] | None, event: gr.SelectData
) -> tuple[Any, ...]:
    sheet = history.current
    if sheet is None or event.index >= len(sheet.seeds):
        return pair, pair.turn, None, gr.skip()
    clicked = Pick(sheet.model, sheet.seeds[event.index], sheet.truncation_psi)
    changed = pair.with_click(clicked)
    return changed, changed.turn, clicked, preview.show_clicked(shown, event.index)


def _set_turn(pair: Pair, turn: str) -> Pair:
    return replace(pair, turn=turn)


def _jump(event: gr.SelectData) -> float:
    return STRIP_TIMES[min(event.index, len(STRIP_TIMES) - 1)]


def wire(panel: MorphPanel, sheet: SheetPanel, load: Load) -> list[Any]:
    """Connect the panel to the sheet's pictures; returns the events that can be cancelled."""

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
            made = pipeline.morph(*seeds, position, psi, possible(pipeline, space))
            return png_files([made], [f"{_stem(pair)}-{position:.3f}"])[0]

    # two steps, so that a second click never waits for the pictures of the first
    picked = sheet.gallery.select(
        _pick,
        [sheet.history, panel.pair, sheet.gallery],
        [panel.pair, panel.turn, sheet.picked, sheet.large],
        **IN_ORDER,
    )
    picked.then(**preview.into_view("latent-large"))
    shown = picked.then(
        show,
        [panel.pair, panel.position, sheet.space],
        panel.outputs,
        show_progress_on=[panel.middle],
        trigger_mode="always_last",
        **GPU,
        **PRIVATE,
    )
    panel.turn.input(_set_turn, [panel.pair, panel.turn], panel.pair, **IN_ORDER)
    live = {"show_progress": "hidden", "trigger_mode": "always_last", **GPU, **PRIVATE}
    scrubbed = [panel.pair, panel.position, sheet.space]
    panel.position.input(scrub, scrubbed, panel.middle, **live)
    jumped = panel.strip.select(_jump, None, panel.position, **AT_ONCE)
    jumped.then(scrub, scrubbed, panel.middle, **live)
    return [shown, _wire_opening(panel, sheet, load)]


def _wire_opening(panel: MorphPanel, sheet: SheetPanel, load: Load) -> Any:
    """After every sample the morph between its first two pictures; returns what draws it."""

    def follow(history: History, pair: Pair) -> tuple[Pair, str]:
        """After a sample: its first two pictures, unless a visitor has chosen others."""
        chosen = pair.a or pair.b
        now = history.current
        if now is None or (chosen and not pair.is_automatic and chosen.model == now.model):
            return pair, pair.turn
        return first_pair(history), "A"

    def open_pair(
        pair: Pair, position: float, space: str, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        if not pair.is_automatic:
            yield gr.skip()
            return
        with user_errors():
            shown = yield from show_pair(load, pair, position, space, progress)
        yield (*shown, (pair, shown[1]))

    def enlarge_moving(made: tuple[Pair, str | None], history: History, picked: Pick | None) -> Any:
        """Show the finished morph large, unless something else was clicked or sampled meanwhile."""
        made_of, path = made
        if path is None or picked is not None or made_of != first_pair(history):
            return gr.skip()
        return preview.show(path, _words(made_of))

    followed = sheet.history.change(
        follow, [sheet.history, panel.pair], [panel.pair, panel.turn], **IN_ORDER
    )
    moving = gr.State((Pair(), None))
    opened = followed.then(
        open_pair,
        [panel.pair, panel.position, sheet.space],
        [*panel.outputs, moving],
        show_progress="hidden",
        trigger_mode="always_last",
        **GPU,
        **PRIVATE,
    )
    opened.then(enlarge_moving, [moving, sheet.history, sheet.picked], sheet.large, **IN_ORDER)
    return opened
