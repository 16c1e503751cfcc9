"""The morph between two pictures: click A, click B, drag the slider."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image

from gan_models import LatentPipeline, VideoWriter
from tabs.components import morph as parts
from tabs.components import preview
from tabs.components.errors import user_errors
from tabs.components.events import (
    AT_ONCE,
    GPU,
    IN_ORDER,
    PRIVATE,
    Event,
    Options,
    Steps,
    Updates,
    Values,
)
from tabs.components.favourite_list import Thumbnails
from tabs.components.files import output_folder, png_files
from tabs.components.history import History
from tabs.components.loading import Load, loading
from tabs.components.text import device_of, speed_line
from tabs.components.tickets import checked_any, file_stem
from tabs.latent.sheet import SheetPanel
from tabs.latent.state import TASK, Pair, Pick, Sheet, first_pair

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
    def outputs(self) -> list[Component]:
        """The components that `show_pair` fills, in its order."""
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
        turn=turn,
        image_a=image_a,
        middle=middle,
        image_b=image_b,
        position=position,
        strip=strip,
        info=info,
        pair=gr.State(Pair()),
        cancel=cancel,
    )


def show_pair(
    load: Load, pair: Pair, position: float, space: str, progress: gr.Progress
) -> Steps[Values]:
    """Render A, B and the pictures between them; returns the values of `MorphPanel.outputs`."""
    first = pair.a or pair.b
    if first is None:
        return None, None, None, _hidden_strip(), WAITING
    pipeline: LatentPipeline = yield from loading(load, first.model, progress)
    ends = {}
    a, b = pair.a, pair.b
    for name, pick in (("A", a), ("B", b)):
        if pick is not None:
            image = pipeline.sample([pick.seed], pick.truncation_psi)
            path = png_files(image, [f"{file_stem(pick.model)}-seed{pick.seed:08d}"])[0]
            ends[name] = gr.Image(path, label=f"{name}: seed {pick.seed}")
            yield gr.skip()
    if a is None or b is None:
        missing = "B" if a else "A"
        return ends.get("A"), None, ends.get("B"), _hidden_strip(), f"Click one for {missing}."
    started, finer = time.perf_counter(), _steps_between(pipeline.spec.resolution)
    space = possible(pipeline, space)
    made: list[Image.Image] = []
    for k in range(8 * finer + 1):
        made += pipeline.morphs(a.seed, b.seed, [k / (8 * finer)], first.truncation_psi, space)
        yield gr.skip()
    line = speed_line(len(made), time.perf_counter() - started, device_of(pipeline))
    strip = gr.Gallery(_strip_files(a, b, made[::finer]), selected_index=None, visible=True)
    return ends["A"], _loop_file(a, b, made, LOOP_FPS[finer]), ends["B"], strip, line


def _steps_between(resolution: int) -> int:
    """Pictures of the moving morph for each of the strip: fewer at higher resolutions."""
    return 4 if resolution <= 128 else 2 if resolution <= 256 else 1


def _stem(a: Pick, b: Pick) -> str:
    return f"{file_stem(a.model)}-seed{a.seed:08d}-to-{b.seed:08d}"


def _strip_files(a: Pick, b: Pick, made: Sequence[Image.Image]) -> list[tuple[str, str]]:
    """The strip's pictures as files, with their positions as captions."""
    stems = [f"{_stem(a, b)}-{t:.3f}" for t in STRIP_TIMES]
    return [(path, f"{t:.0%}") for path, t in zip(png_files(made, stems), STRIP_TIMES, strict=True)]


def _loop_file(a: Pick, b: Pick, made: Sequence[Image.Image], fps: int) -> str:
    """Write the pictures from A to B and back as a moving picture; its path."""
    path = output_folder() / f"{_stem(a, b)}.webp"
    with VideoWriter(path, fps, 2 * len(made)) as writer:
        for frame in [*made, *made[-2:0:-1]]:
            writer.add(frame)
    return str(path)


def _hidden_strip() -> gr.Gallery:
    return gr.Gallery([], visible=False)


def possible(pipeline: LatentPipeline, space: str) -> str:
    """The space asked for, or z where the model has no other."""
    return space if space in pipeline.spaces else "z"


def _pick(
    history: History[Sheet], pair: Pair, pictures: Thumbnails | None, event: gr.SelectData
) -> Values:
    sheet = history.current
    if sheet is None or event.index >= len(sheet.seeds):
        return pair, pair.turn, None, gr.skip()
    clicked = Pick(sheet.model, sheet.seeds[event.index], sheet.truncation_psi)
    changed = pair.with_click(clicked)
    return changed, changed.turn, clicked, preview.show_clicked(pictures, event.index)


def _set_turn(pair: Pair, turn: str) -> Pair:
    return replace(pair, turn=turn)


def _jump(event: gr.SelectData) -> float:
    return STRIP_TIMES[min(event.index, len(STRIP_TIMES) - 1)]


def wire(panel: MorphPanel, sheet: SheetPanel, load: Load) -> list[Event]:
    """Connect the panel to the sheet's pictures; returns the events to cancel."""

    def show(
        pair: Pair, position: float, space: str, progress: gr.Progress = gr.Progress()
    ) -> Updates:
        with user_errors():
            yield (yield from show_pair(load, pair, position, space, progress))

    def scrub(pair: Pair, position: float, space: str) -> Any:
        a, b = pair.a, pair.b
        if a is None or b is None:
            return gr.skip()
        with user_errors():
            pipeline: LatentPipeline = load(checked_any(a.model, TASK))
            space = possible(pipeline, space)
            made = pipeline.morph(a.seed, b.seed, position, a.truncation_psi, space)
            return png_files([made], [f"{_stem(a, b)}-{position:.3f}"])[0]

    # two steps, so that a second click never waits for the pictures of the first
    picked = sheet.gallery.select(
        _pick,
        [sheet.history, panel.pair, sheet.gallery],
        [panel.pair, panel.turn, sheet.picked, sheet.large],
        **IN_ORDER,
    )
    picked.then(**preview.into_view("latent-large"))
    drawn = picked.then(
        show,
        [panel.pair, panel.position, sheet.space],
        panel.outputs,
        show_progress_on=[panel.middle],
        trigger_mode="always_last",
        **GPU,
        **PRIVATE,
    )
    panel.turn.input(_set_turn, [panel.pair, panel.turn], panel.pair, **IN_ORDER)
    live: Options = {"show_progress": "hidden", "trigger_mode": "always_last", **GPU, **PRIVATE}
    scrubbed = [panel.pair, panel.position, sheet.space]
    panel.position.input(scrub, scrubbed, panel.middle, **live)
    jumped = panel.strip.select(_jump, None, panel.position, **AT_ONCE)
    jumped.then(scrub, scrubbed, panel.middle, **live)
    return [drawn, _wire_opening(panel, sheet, load)]


def _wire_opening(panel: MorphPanel, sheet: SheetPanel, load: Load) -> Event:
    """Morph, after every sample, between its first two pictures; returns the event that draws."""

    def follow(history: History[Sheet], pair: Pair) -> tuple[Pair, str]:
        """After a sample: its first two pictures, unless a visitor has chosen others."""
        chosen = pair.a or pair.b
        now = history.current
        if now is None or (chosen and not pair.is_automatic and chosen.model == now.model):
            return pair, pair.turn
        return first_pair(history), "A"

    def open_pair(
        pair: Pair, position: float, space: str, progress: gr.Progress = gr.Progress()
    ) -> Updates:
        if not pair.is_automatic:
            yield gr.skip()
            return
        with user_errors():
            drawn = yield from show_pair(load, pair, position, space, progress)
        yield (*drawn, (pair, drawn[1]))

    def enlarge_moving(
        made: tuple[Pair, str | None], history: History[Sheet], picked: Pick | None
    ) -> Any:
        """Show the finished morph large, unless something else was clicked or sampled meanwhile."""
        pair, path = made
        if path is None or pair.a is None or pair.b is None:
            return gr.skip()
        if picked is not None or pair != first_pair(history):
            return gr.skip()
        return preview.show(path, f"Morph between seeds {pair.a.seed} and {pair.b.seed}")

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
