"""Morph from A to B: the class, z, or both; with a slider, or exported as a film."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import gradio as gr

from gan_models import ClassPipeline, ClassPoint, check_truncation_psi
from tabs.classes.listing import ListPanel
from tabs.classes.sheet import SheetPanel
from tabs.classes.state import ClassSheet, classes_of, file_name, morph_ends
from tabs.components import film_export
from tabs.components import morph as parts
from tabs.components.errors import user_errors
from tabs.components.events import (
    AT_ONCE,
    GPU,
    IN_ORDER,
    LONG,
    PRIVATE,
    Event,
    Options,
    Updates,
    Values,
)
from tabs.components.favourite_list import Thumbnails
from tabs.components.files import png_files
from tabs.components.film_export import Film
from tabs.components.history import History
from tabs.components.loading import Load, loading
from tabs.components.models import refuse_absent
from tabs.components.preview import into_view, show_clicked
from tabs.components.text import device_of, speed_line

KINDS = [("the class", "class"), ("z", "z"), ("both", "both")]


@dataclass(frozen=True)
class MorphPanel:
    """The components of the panel."""

    kind: gr.Radio
    class_a: gr.Dropdown
    seed_a: gr.Number
    class_b: gr.Dropdown
    seed_b: gr.Number
    turn: gr.Radio
    picture_a: gr.Image
    between: gr.Image
    picture_b: gr.Image
    position: gr.Slider
    info: gr.Markdown
    next_end: gr.State  # the value of `turn`, for fast clicks

    @property
    def ends(self) -> list[gr.Radio | gr.Dropdown | gr.Number]:
        """The components that set where the morph starts and ends."""
        return [self.kind, self.class_a, self.seed_a, self.class_b, self.seed_b]


def layout(listed: ListPanel) -> MorphPanel:
    """Lay out the two ends and the picture between them."""
    names = list(classes_of(listed.model.value))
    kind = gr.Radio(KINDS, value="class", label="Morph", elem_id="classes-kind")
    with gr.Row():
        class_a = gr.Dropdown(
            names, value=names[0], label="A: class", elem_id="classes-a-class", min_width=130
        )
        seed_a = _seed("A: seed", "classes-a-seed", 0)
        class_b = gr.Dropdown(
            names,
            value=names[min(1, len(names) - 1)],
            label="B: class",
            elem_id="classes-b-class",
            min_width=130,
        )
        seed_b = _seed("B: seed", "classes-b-seed", 1)
    picture_a, between, picture_b = parts.layout_pictures(
        "classes", "between", ["download", "fullscreen"]
    )
    position = parts.layout_position("classes")
    turn = parts.layout_turn("classes")
    info = gr.Markdown("", elem_classes="card", elem_id="classes-morph-info")
    return MorphPanel(
        kind=kind,
        class_a=class_a,
        seed_a=seed_a,
        class_b=class_b,
        seed_b=seed_b,
        turn=turn,
        picture_a=picture_a,
        between=between,
        picture_b=picture_b,
        position=position,
        info=info,
        next_end=gr.State("A"),
    )


def _seed(label: str, elem_id: str, value: int) -> gr.Number:
    return gr.Number(
        value,
        label=label,
        precision=0,
        minimum=0,
        maximum=2**32 - 1,
        min_width=130,
        elem_id=elem_id,
    )


def wire(panel: MorphPanel, listed: ListPanel, sheet: SheetPanel, load: Load) -> list[Event]:
    """Connect the ends and the slider; returns the events to cancel."""

    def show(
        model: str, position: float, psi: float, *ends: Any, progress: gr.Progress = gr.Progress()
    ) -> Updates:
        with user_errors():
            refuse_absent(model)
            a, b = morph_ends(model, *ends)
            pipeline: ClassPipeline = yield from loading(load, model, progress)
            started = time.perf_counter()
            made = pipeline.morphs(a, b, [0, position, 1], psi)
            line = speed_line(3, time.perf_counter() - started, device_of(pipeline))
            paths = png_files(
                made, [_stem(model, a), _stem(model, a, b, position), _stem(model, b)]
            )
            yield (
                gr.Image(paths[0], label=f"A: {_words(a)}"),
                paths[1],
                gr.Image(paths[2], label=f"B: {_words(b)}"),
                line,
            )

    def scrub(model: str, position: float, psi: float, *ends: Any) -> str:
        with user_errors():
            refuse_absent(model)
            a, b = morph_ends(model, *ends)
            pipeline: ClassPipeline = load(model)
            made = pipeline.morphs(a, b, [position], psi)
            return png_files(made, [_stem(model, a, b, position)])[0]

    def pick(
        past: History[ClassSheet], turn: str, pictures: Thumbnails | None, event: gr.SelectData
    ) -> Values:
        sheet = past.current
        if sheet is None or event.index >= len(sheet.seeds):
            return (gr.skip(),) * 8
        end, other = (sheet.class_name, sheet.seeds[event.index]), (gr.skip(), gr.skip())
        ends, after = ((*end, *other), "B") if turn == "A" else ((*other, *end), "A")
        return (*ends, after, after, event.index, show_clicked(pictures, event.index))

    given = [listed.model, panel.position, sheet.psi, *panel.ends]
    outputs = [panel.picture_a, panel.between, panel.picture_b, panel.info]
    live: Options = {"show_progress": "hidden", "trigger_mode": "always_last", **GPU, **PRIVATE}
    clicked = sheet.gallery.select(
        pick,
        [sheet.history, panel.next_end, sheet.gallery],
        [*panel.ends[1:], panel.turn, panel.next_end, sheet.clicked, sheet.large],
        **IN_ORDER,
    )
    clicked.then(**into_view("classes-large"))
    panel.turn.input(lambda turn: turn, panel.turn, panel.next_end, **IN_ORDER)
    panel.position.input(scrub, given, panel.between, **live)
    listed.ready.change(_other_classes, listed.ready, [panel.class_a, panel.class_b], **AT_ONCE)
    changes = [end.input for end in panel.ends]
    drawn = [on(show, given, outputs, **live) for on in (clicked.then, *changes)]
    for event in drawn[1:]:
        event.then(**into_view("classes-between"))
    return drawn


def build_film(load: Load, panel: MorphPanel, listed: ListPanel, sheet: SheetPanel) -> list[Event]:
    """Lay out and connect the film's export; returns the events to cancel."""
    with gr.Row():
        settings = film_export.layout_settings("classes", 48)
    go = gr.Button("Make the film", elem_id="classes-film")
    info = gr.Markdown("", elem_classes="card", elem_id="classes-film-info")
    video = gr.Video(
        label="Film", autoplay=True, loop=True, visible=False, height=280, elem_id="classes-video"
    )
    file = gr.File(label="Download", visible=False, interactive=False, elem_id="classes-file")

    def make(
        model: str,
        frames: float,
        fps: float,
        suffix: str,
        enlarged: bool,
        psi: float,
        *ends: Any,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        with user_errors():
            refuse_absent(model)
            a, b = morph_ends(model, *ends)
            film, psi = Film.read(frames, fps, suffix, enlarged), check_truncation_psi(psi)
            pipeline: ClassPipeline = yield from loading(load, model, progress)
            times = [k / (film.num_frames - 1) for k in range(film.num_frames)]
            drawn = pipeline.iter_morph(a, b, times, psi)
            path, line = yield from film_export.write(
                load, pipeline, drawn, film, _stem(model, a, b), progress
            )
            is_video = film.plays_as_video
            made = gr.Video(path if is_video else None, visible=is_video)
            yield made, gr.File(path, visible=True), line

    given = [listed.model, *settings.inputs, sheet.psi, *panel.ends]
    made = go.click(make, given, [video, file, info], show_progress_on=[info], **LONG, **PRIVATE)
    made.then(**into_view("classes-file"))
    return [made]


def _stem(model: str, a: ClassPoint, b: ClassPoint | None = None, t: float | None = None) -> str:
    """The stem of a picture's file: the model, and class and seed of its ends."""
    ends = [a] if b is None else [a, b]
    stem = "-to-".join(f"{file_name(str(end.class_name))}-seed{end.seed:08d}" for end in ends)
    return f"{model}-{stem}" + ("" if t is None else f"-{t:.3f}")


def _words(end: ClassPoint) -> str:
    return f"{end.class_name}, seed {end.seed}"


def _other_classes(model: str) -> tuple[gr.Dropdown, gr.Dropdown]:
    with user_errors():
        names = list(classes_of(model))
    second = names[min(1, len(names) - 1)]
    return gr.Dropdown(names, value=names[0]), gr.Dropdown(names, value=second)
