"""One picture: upload it, preview a part, enlarge it, compare, download."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
from gradio.components import Component
from PIL import Image

from gan_models import RestorationPipeline, WeightsError, get_spec
from tabs.components import model_menu, upscalers
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, LONG, PRIVATE, Event, Options, Updates, Values
from tabs.components.files import output_folder
from tabs.components.gradio_compat import on_page_load
from tabs.components.into_view import into_sight
from tabs.components.loading import Load, in_thread
from tabs.components.model_menu import ModelMenu
from tabs.components.models import absence, title_of
from tabs.components.preview import into_view
from tabs.components.save_as import FORMATS, check_format, read_result, save_as, slider_pair
from tabs.components.upload import (
    describe_upload,
    last_good,
    layout_photo,
    open_photo,
    photo_limits,
    read_upload,
)
from tabs.components.upscalers import AUTOMATIC, TASK, candidates, choose, is_ready
from tabs.restore.state import (
    ABOUT,
    Result,
    card,
    choices,
    factor_choices,
    factor_radio,
    refuse_absent_choice,
)

PREVIEW: Options = {
    "concurrency_id": "look",
    "concurrency_limit": 2,
    "show_progress": "hidden",
    **PRIVATE,
}
SHORT_SECONDS = 1.5  # below this time the whole picture is enlarged without a preview of a part
POINT_HELP = "Click a place in the picture to look at it."
WHOLE, DETAIL = "whole", "detail"
VIEWS = [("Whole picture", WHOLE), ("Detail", DETAIL)]
EXAMPLES = ("river.jpg", "face.png", "eye.png")
_FOLDER = Path(__file__).parent

Place = tuple[int, int] | None


@dataclass(frozen=True)
class Controls:
    """The components of the left column."""

    menu: ModelMenu
    scale: gr.Radio
    photo: gr.Image
    note: gr.Markdown
    enlarge: gr.Button
    cancel: gr.Button


@dataclass(frozen=True)
class Results:
    """The components of the right column."""

    compare: gr.ImageSlider
    view: gr.Radio
    suffix: gr.Radio
    info: gr.Markdown
    file: gr.File
    result: gr.State
    centre: gr.State  # of the part to preview, in pixels of the picture; None for anywhere
    seen: gr.State  # the key of the last preview, from `key_of`
    taken: gr.State  # the path of the last picture that could be read


@dataclass(frozen=True)
class SinglePanel:
    """The components of the panel."""

    controls: Controls
    results: Results

    @property
    def model(self) -> gr.Dropdown:
        """The choice of the model."""
        return self.controls.menu.dropdown

    @property
    def outputs(self) -> list[Component]:
        """The components that enlarging fills."""
        right = self.results
        return [right.compare, right.view, right.info, right.file, right.result]


def layout_controls() -> Controls:
    """Lay out the left column: which model, which picture, which factor."""
    menu = model_menu.layout_of(choices(), AUTOMATIC, card(AUTOMATIC), "restore")
    photo = layout_photo("restore", 220)
    note = gr.Markdown(photo_limits(), elem_classes="card", elem_id="restore-note")
    gr.Examples(
        [str(_FOLDER / "examples" / name) for name in EXAMPLES],
        photo,
        label="Examples",
        elem_id="restore-examples",
        api_visibility="private",
    )
    scale = gr.Radio(factor_choices(AUTOMATIC), value=4, label="Factor", elem_id="restore-scale")
    with gr.Row():
        enlarge = gr.Button("Enlarge", variant="primary", elem_id="restore-go", min_width=120)
        cancel = gr.Button(
            "Cancel", elem_id="restore-cancel", elem_classes="while-running", min_width=80
        )
    on_page_load(lambda: gr.Dropdown(choices()), None, menu.dropdown, **AT_ONCE)
    return Controls(menu, scale, photo, note, enlarge, cancel)


def layout_results() -> Results:
    """Lay out the right column: before and after."""
    compare = gr.ImageSlider(
        (str(_FOLDER / "shown" / "before.jpg"), str(_FOLDER / "shown" / "after.jpg")),
        label="An example, before and after: drag the line",
        type="filepath",
        format="png",
        interactive=False,
        buttons=["fullscreen"],
        max_height=520,
        elem_id="restore-compare",
    )
    info = gr.Markdown(ABOUT, elem_classes="card", elem_id="restore-info")
    with gr.Row():
        view = gr.Radio(
            VIEWS, value=WHOLE, label="Shown", visible=False, elem_id="restore-view", min_width=220
        )
        suffix = gr.Radio(
            FORMATS, value=".png", label="Save as", elem_id="restore-format", min_width=220
        )
    file = gr.File(
        label="Download, full size", visible=False, interactive=False, elem_id="restore-file"
    )
    return Results(
        compare=compare,
        view=view,
        suffix=suffix,
        info=info,
        file=file,
        result=gr.State(None),
        centre=gr.State(None),
        seen=gr.State(None),
        taken=gr.State(None),
    )


def wire(panel: SinglePanel, load: Load, tab: gr.Tab) -> list[Event]:
    """Connect the panel; returns the events that Cancel stops."""
    previews = _wire_previews(panel, load)
    tab.select(lambda: warm_up(load), None, None, **PREVIEW)

    def run(  # another name than the endpoint's, which Gradio would rename
        path: str | None,
        model: str,
        scale: int,
        suffix: str,
        centre: Place,
        seen: tuple[object, ...] | None,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        with user_errors():
            photo, path = open_photo(path), str(path)
            refuse_absent_choice(model)
            pipeline = yield from choose(load, model, [photo.size], scale, progress)
            plan = pipeline.plan(photo.size, scale)
            check_format(suffix, plan.size)
            if plan.seconds > SHORT_SECONDS and seen != key_of(path, pipeline, scale, centre):
                yield (
                    detail(pipeline, photo, scale, centre),
                    gr.skip(),
                    plan.sentence(),
                    *_UNCHANGED,
                )
            made, line = yield from upscalers.enlarge(pipeline, photo, scale, progress)
            stem = f"{Path(path).stem}-x{scale}"
            yield (
                yield from in_thread(lambda: result_values(photo, made, suffix, path, stem, line))
            )

    def save(result: Result | None, suffix: str) -> Updates:
        if result is None:
            yield gr.skip()
            return
        with user_errors():
            picture = read_result(result.enlarged)
            check_format(suffix, picture.size)
            file = output_folder() / result.stem
            written = yield from in_thread(lambda: save_as(picture, file, suffix))
            yield gr.File(str(written), visible=True)

    left, right = panel.controls, panel.results
    given = [left.photo, panel.model, left.scale, right.suffix, right.centre, right.seen]
    options: Options = {"show_progress_on": [right.info], **LONG, **PRIVATE}
    started = left.enlarge.click(run, given, panel.outputs, cancels=[*previews], **options)
    left.enlarge.click(None, None, None, js=into_sight("restore-info", "p"), **PRIVATE)
    started.then(**into_view("restore-compare"))
    saved = right.suffix.input(save, [right.result, right.suffix], right.file, **PRIVATE)
    return [started, saved]


_UNCHANGED = (gr.skip(), gr.skip())  # of two outputs


def _wire_previews(panel: SinglePanel, load: Load) -> list[Event]:
    """Preview a part: of a new picture, at the place clicked, when model or factor change."""

    def arrive(path: str | None, model: str, scale: int, taken: str | None) -> Updates:
        if path is None or path == taken:
            yield [gr.skip()] * 7
            return
        photo = read_upload(path)
        if isinstance(photo, str):
            good = last_good(taken)
            yield photo, *_UNCHANGED, *_UNCHANGED, good, good
            return
        for values in preview(path, model, scale, None):
            # a dict while the model loads: no updates
            yield values if isinstance(values, dict) else (*values, gr.skip(), path)

    def preview(path: str | None, model: str, scale: int, centre: Place) -> Updates:
        if path is None:  # refused just now: the note still says why
            yield [gr.skip()] * 5
            return
        photo = read_upload(path)
        if isinstance(photo, str):
            yield photo, *_UNCHANGED, *_UNCHANGED
            return
        note = describe_upload(path, photo)
        try:
            waiting = [name for name in candidates(model) if not is_ready(name)]
            if waiting:
                yield f"{note}\n\n{how_to_get(model)}", *_UNCHANGED, centre, None
                return
            pipeline = yield from choose(load, model, [photo.size], scale, _quiet)
            sentence = pipeline.plan(photo.size, scale).sentence()
            note += f"\n\n{chosen_title(pipeline, model)}{sentence} {POINT_HELP}"
            yield note, *_UNCHANGED, centre, None
            crop = detail(pipeline, photo, scale, centre)
            key = key_of(path, pipeline, scale, centre)
            yield gr.skip(), crop, gr.Radio(value=DETAIL), centre, key
        except (ValueError, WeightsError) as error:
            yield f"{note}\n\n**{error}**", *_UNCHANGED, centre, None

    def point(path: str | None, model: str, scale: int, event: gr.SelectData) -> Updates:
        x, y = event.index
        yield from preview(path, model, scale, (int(x), int(y)))

    def change_view(
        view: str, result: Result | None, path: str | None, model: str, scale: int, centre: Place
    ) -> Updates:
        if view == WHOLE and result is not None:
            with user_errors():
                folder = output_folder()
                pair = slider_pair(
                    open_photo(result.original), read_result(result.enlarged), folder
                )
                yield gr.skip(), gr.ImageSlider(pair, label=_LABELS[WHOLE]), *_UNCHANGED, None
            return
        yield from preview(path, model, scale, centre)

    left, right = panel.controls, panel.results
    filled = [left.note, right.compare, right.view, right.centre, right.seen]
    given = [left.photo, panel.model, left.scale]
    part = [*given, right.centre]
    newest: Options = {**PREVIEW, "trigger_mode": "always_last"}
    chosen, fetched = model_menu.wire(left.menu, TASK, load, card, choices)
    adapted = chosen(factor_radio, [panel.model, left.scale], left.scale, **AT_ONCE)
    events = [
        left.photo.change(
            arrive, [*given, right.taken], [*filled, left.photo, right.taken], **newest
        ),
        left.photo.select(point, given, filled, **PREVIEW),
        adapted.then(preview, part, filled, **newest),
        fetched(preview, part, filled, **newest),
        left.scale.input(preview, part, filled, **newest),
        right.view.input(change_view, [right.view, right.result, *part], filled, **newest),
    ]
    into_window = "photo => { if (photo) window.ganvasShow('restore-compare'); }"
    events[0].then(None, left.photo, None, js=into_window, **PRIVATE)
    left.photo.clear(lambda: (photo_limits(), None), None, [left.note, right.taken], **AT_ONCE)
    return events


_LABELS = {
    WHOLE: "Before and after, the whole picture: drag the line",
    DETAIL: "Before and after, a part of it: drag the line",
}


def warm_up(load: Load) -> None:
    """Load the networks of the automatic choice and measure their speed before they are needed.

    Those that are not on the machine are not downloaded.
    """
    for name in filter(is_ready, candidates(AUTOMATIC)):
        with suppress(ValueError, WeightsError):  # shown when a picture is enlarged
            pipeline: RestorationPipeline = load(name)
            pipeline.plan((64, 64))


def _quiet(*_: object, **__: object) -> None:
    """Progress that is not shown."""


def how_to_get(model: str) -> str:
    """A sentence on how to get a model that is not here."""
    if model == AUTOMATIC:
        return "Press Enlarge: the model is downloaded first."
    return f"**{absence(get_spec(model))}**"


def chosen_title(pipeline: RestorationPipeline, model: str) -> str:
    """The title of the model that the automatic choice has taken; else empty."""
    return f"{title_of(pipeline.spec)}: " if model == AUTOMATIC else ""


def key_of(
    path: str, pipeline: RestorationPipeline, scale: int, centre: Place
) -> tuple[object, ...]:
    """What identifies the preview of a part."""
    return path, pipeline.spec.id, scale, centre


def detail(
    pipeline: RestorationPipeline, photo: Image.Image, scale: int, centre: Place
) -> gr.ImageSlider:
    """A part of the picture, before and after, within a second."""
    crop = pipeline.preview(photo, scale, centre)
    pair = slider_pair(crop.before, crop.after, output_folder())
    return gr.ImageSlider(pair, label=_LABELS[DETAIL])


def result_values(
    photo: Image.Image, made: Image.Image, suffix: str, path: str, stem: str, line: str
) -> Values:
    """Write the result; the values of `SinglePanel.outputs`."""
    folder = output_folder()
    full = save_as(made, folder / "enlarged", ".png", mark=False)  # saved again in other formats
    file = save_as(made, folder / stem, suffix)
    pair = slider_pair(photo, made, folder)
    result = Result(path, str(full), stem, line)
    return (
        gr.ImageSlider(pair, label=_LABELS[WHOLE]),
        gr.Radio(value=WHOLE, visible=True),
        line,
        gr.File(str(file), visible=True),
        result,
    )
