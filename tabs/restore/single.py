"""One picture: bring it, look at a part, enlarge it, compare, take it home."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import WeightsError, get_spec
from tabs.components import model_menu, upscalers
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, PRIVATE
from tabs.components.files import output_folder
from tabs.components.into_view import into_sight
from tabs.components.loading import Load, in_thread
from tabs.components.model_menu import ModelMenu
from tabs.components.models import absence
from tabs.components.preview import into_view
from tabs.components.save_as import FORMATS, check_format, read_own, save_as, slider_pair
from tabs.components.upload import LIMITS, last_good, layout_photo, look_at, open_photo, told
from tabs.components.upscalers import AUTOMATIC, ENLARGE, TASK, candidates, choose, is_ready
from tabs.restore.state import (
    ABOUT,
    Result,
    card,
    choices,
    factor_choices,
    factor_radio,
    refuse_absent_choice,
)

LOOK = {"concurrency_id": "look", "concurrency_limit": 2, "show_progress": "hidden", **PRIVATE}
SHORT_SECONDS = 1.5  # so soon is the whole picture there that a part of it is not worth a look
POINT_HELP = "Click a place in the picture to look at it."
WHOLE, DETAIL = "whole", "detail"
VIEWS = [("Whole picture", WHOLE), ("Detail", DETAIL)]
EXAMPLES = ("river.jpg", "face.png", "eye.png")
_FOLDER = Path(__file__).parent

Place = tuple[int, int] | None


@dataclass(frozen=True)
class SinglePanel:
    """The components of the panel."""

    menu: ModelMenu
    scale: gr.Radio
    suffix: gr.Radio
    photo: gr.Image
    note: gr.Markdown
    enlarge: gr.Button
    cancel: gr.Button
    compare: gr.ImageSlider
    view: gr.Radio
    info: gr.Markdown
    file: gr.File
    result: gr.State
    centre: gr.State  # of the part to look at, in pixels of the picture; None for anywhere
    seen: gr.State  # what part of which picture was looked at, enlarged by what: `key_of`
    taken: gr.State  # the path of the last picture that could be read

    @property
    def model(self) -> gr.Dropdown:
        """The choice of the model."""
        return self.menu.dropdown

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What enlarging fills."""
        return [self.compare, self.view, self.info, self.file, self.result]


def controls() -> dict[str, Any]:
    """Lay out the left column: which picture, which model, how much."""
    menu = model_menu.layout_of(choices(), AUTOMATIC, card(AUTOMATIC), "restore")
    scale = gr.Radio(factor_choices(AUTOMATIC), value=4, label="Factor", elem_id="restore-scale")
    photo = layout_photo("restore", 220)
    with gr.Row():
        enlarge = gr.Button("Enlarge", variant="primary", elem_id="restore-go", min_width=120)
        cancel = gr.Button(
            "Cancel", elem_id="restore-cancel", elem_classes="while-running", min_width=80
        )
    note = gr.Markdown(LIMITS, elem_classes="card", elem_id="restore-note")
    gr.Examples(
        [str(_FOLDER / "examples" / name) for name in EXAMPLES], photo,
        label="Examples", elem_id="restore-examples", api_visibility="private",
    )  # fmt: skip
    on_load = gr.context.Context.root_block.load
    on_load(lambda: gr.Dropdown(choices()), None, menu.dropdown, **AT_ONCE)
    return {
        **{"menu": menu, "scale": scale, "photo": photo, "note": note},
        **{"enlarge": enlarge, "cancel": cancel},
    }


def results() -> dict[str, Any]:
    """Lay out the right column: before and after."""
    compare = gr.ImageSlider(
        tuple(str(_FOLDER / "shown" / f"{name}.jpg") for name in ("before", "after")),
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
    return {
        **{"compare": compare, "view": view, "suffix": suffix, "info": info, "file": file},
        **{"result": gr.State(None), "centre": gr.State(None)},
        **{"seen": gr.State(None), "taken": gr.State(None)},
    }


def wire(panel: SinglePanel, load: Load, tab: gr.Tab) -> list[Any]:
    """Connect the panel; returns the events that Cancel stops."""
    looks = _wire_looks(panel, load)
    tab.select(lambda: warm_up(load), None, None, **LOOK)

    def run(  # not named as the endpoint is, which would get another name then
        path: str | None,
        model: str,
        scale: int,
        suffix: str,
        centre: Place,
        seen: tuple[Any, ...] | None,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            photo = open_photo(path)
            refuse_absent_choice(model)
            pipeline = yield from choose(load, model, [photo.size], scale, progress)
            plan = pipeline.plan(photo.size, scale)
            check_format(suffix, plan.size)
            if plan.seconds > SHORT_SECONDS and seen != key_of(path, pipeline, scale, centre):
                yield detail(pipeline, photo, scale, centre), gr.skip(), plan.sentence(), *_KEEP
            made, line = yield from upscalers.enlarge(pipeline, photo, scale, progress)
            stem = f"{Path(path).stem}-x{scale}"
            yield (yield from in_thread(lambda: shown(photo, made, suffix, path, stem, line)))

    def save(result: Result | None, suffix: str) -> Generator[Any, None, None]:
        if result is None:
            yield gr.skip()
            return
        with user_errors():
            picture = read_own(result.enlarged)
            check_format(suffix, picture.size)
            file = output_folder() / result.stem
            written = yield from in_thread(lambda: save_as(picture, file, suffix))
            yield gr.File(str(written), visible=True)

    given = [panel.photo, panel.model, panel.scale, panel.suffix, panel.centre, panel.seen]
    started = panel.enlarge.click(
        run, given, panel.outputs, show_progress_on=[panel.info], cancels=looks,
        **ENLARGE, **PRIVATE,
    )  # fmt: skip
    panel.enlarge.click(None, None, None, js=into_sight("restore-info", "p"), **PRIVATE)
    started.then(**into_view("restore-compare"))
    saved = panel.suffix.input(save, [panel.result, panel.suffix], panel.file, **PRIVATE)
    return [started, saved]


_KEEP = (gr.skip(), gr.skip())  # two outputs as they are


def _wire_looks(panel: SinglePanel, load: Load) -> list[Any]:
    """A look at a part: of a new picture, of the place clicked, when model or factor change."""

    def arrive(
        path: str | None, model: str, scale: int, taken: str | None
    ) -> Generator[Any, None, None]:
        if path is None or path == taken:
            yield [gr.skip()] * 7
            return
        photo = look_at(path)
        if isinstance(photo, str):
            good = last_good(taken)
            yield photo, *_KEEP, *_KEEP, good, good
            return
        for values in look(path, model, scale, None):
            # while the model loads there is nothing new
            yield values if isinstance(values, dict) else (*values, gr.skip(), path)

    def look(path: str | None, model: str, scale: int, centre: Place) -> Generator[Any, None, None]:
        if path is None:  # refused just now: the note keeps the reason
            yield [gr.skip()] * 5
            return
        photo = look_at(path)
        if isinstance(photo, str):
            yield photo, *_KEEP, *_KEEP
            return
        said = told(path, photo)
        try:
            waiting = [name for name in candidates(model) if not is_ready(name)]
            if waiting:
                yield f"{said}\n\n{how_to_get(model)}", *_KEEP, centre, None
                return
            pipeline = yield from choose(load, model, [photo.size], scale, _quiet)
            sentence = pipeline.plan(photo.size, scale).sentence()
            said += f"\n\n{named(pipeline, model)}{sentence} {POINT_HELP}"
            yield said, *_KEEP, centre, None
            crop = detail(pipeline, photo, scale, centre)
            key = key_of(path, pipeline, scale, centre)
            yield gr.skip(), crop, gr.Radio(value=DETAIL), centre, key
        except (ValueError, WeightsError) as error:
            yield f"{said}\n\n**{error}**", *_KEEP, centre, None

    def point(
        path: str | None, model: str, scale: int, event: gr.SelectData
    ) -> Generator[Any, None, None]:
        x, y = event.index
        yield from look(path, model, scale, (int(x), int(y)))

    def change_view(
        view: str, result: Result | None, path: str | None, model: str, scale: int, centre: Place
    ) -> Generator[Any, None, None]:
        if view == WHOLE and result is not None:
            with user_errors():
                folder = output_folder()
                pair = slider_pair(open_photo(result.original), read_own(result.enlarged), folder)
                yield gr.skip(), gr.ImageSlider(pair, label=_LABELS[WHOLE]), *_KEEP, None
            return
        yield from look(path, model, scale, centre)

    filled = [panel.note, panel.compare, panel.view, panel.centre, panel.seen]
    given = [panel.photo, panel.model, panel.scale]
    newest = {**LOOK, "trigger_mode": "always_last"}
    chosen, fetched = model_menu.wire(panel.menu, TASK, load, card, choices)
    adapted = chosen(factor_radio, [panel.model, panel.scale], panel.scale, **AT_ONCE)
    looked = [
        panel.photo.change(
            arrive, [*given, panel.taken], [*filled, panel.photo, panel.taken], **newest
        ),
        panel.photo.select(point, given, filled, **LOOK),
        adapted.then(look, [*given, panel.centre], filled, **newest),
        fetched(look, [*given, panel.centre], filled, **newest),
        panel.scale.input(look, [*given, panel.centre], filled, **newest),
        panel.view.input(
            change_view, [panel.view, panel.result, *given, panel.centre], filled, **newest
        ),
    ]
    shown = "photo => { if (photo) window.ganvasShow('restore-compare'); }"
    looked[0].then(None, panel.photo, None, js=shown, **PRIVATE)
    panel.photo.clear(lambda: (LIMITS, None), None, [panel.note, panel.taken], **AT_ONCE)
    return looked


_LABELS = {
    WHOLE: "Before and after, the whole picture: drag the line",
    DETAIL: "Before and after, a part of it: drag the line",
}


def warm_up(load: Load) -> None:
    """Have the networks of the automatic choice ready, and their speed known, before they are
    needed; those that are not on the machine are not fetched for it.
    """
    for name in filter(is_ready, candidates(AUTOMATIC)):
        with suppress(ValueError, WeightsError):  # said when somebody asks for a picture
            load(name).plan((64, 64))


def _quiet(*_: Any, **__: Any) -> None:
    """Progress that nobody looks at."""


def how_to_get(model: str) -> str:
    """What to press where the model is not here."""
    if model == AUTOMATIC:
        return "Press Enlarge: the model is downloaded first."
    return f"**{absence(get_spec(model))}**"


def named(pipeline: Any, model: str) -> str:
    """Which model the automatic choice has taken."""
    return f"{pipeline.spec.title}: " if model == AUTOMATIC else ""


def key_of(path: str, pipeline: Any, scale: int, centre: Place) -> tuple[Any, ...]:
    """What a look at a part is of."""
    return path, pipeline.spec.id, scale, centre


def detail(pipeline: Any, photo: Image.Image, scale: int, centre: Place) -> gr.ImageSlider:
    """A part of the picture, before and after, within a second."""
    crop = pipeline.preview(photo, scale, centre)
    pair = slider_pair(crop.before, crop.after, output_folder())
    return gr.ImageSlider(pair, label=_LABELS[DETAIL])


def shown(
    photo: Image.Image, made: Image.Image, suffix: str, path: str, stem: str, line: str
) -> tuple[Any, ...]:
    """Write the result; the values of `SinglePanel.outputs`."""
    folder = output_folder()
    full = save_as(made, folder / "enlarged", ".png")
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
