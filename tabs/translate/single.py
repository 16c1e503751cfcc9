"""One picture: bring it, translate it, compare, take it home."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import get_spec, inverse_of, save_png
from tabs.common import (
    AT_ONCE,
    GPU,
    PRIVATE,
    Load,
    absence,
    checked_model,
    device_of,
    keep_choices_current,
    loading,
    output_folder,
    refuse_absent,
    user_errors,
)
from tabs.components import model_menu
from tabs.components.batch import Work
from tabs.components.gradio_compat import photo_input
from tabs.components.model_menu import ModelMenu
from tabs.components.preview import into_view
from tabs.components.progress import stepping
from tabs.components.upload import LIMITS, describe, last_good, look_at, open_photo, preview

TASK = "translation"
_EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.jpg"))
_FIRST_EXAMPLE = Path(__file__).parent / "examples" / "river.jpg"


@dataclass(frozen=True)
class Result:
    """What was translated: files, which may be gone after a while."""

    model: str
    original: str
    translated: str  # in full, whatever the strength
    line: str


@dataclass(frozen=True)
class SinglePanel:
    """The components of the panel."""

    menu: ModelMenu
    swap: gr.Button
    photo: gr.Image
    note: gr.Markdown
    strength: gr.Slider
    keep_colours: gr.Checkbox
    translate: gr.Button
    cancel: gr.Button
    compare: gr.ImageSlider
    file: gr.File
    info: gr.Markdown
    result: gr.State
    taken: gr.State  # the path of the last picture that could be read

    @property
    def model(self) -> gr.Dropdown:
        """The choice of the model."""
        return self.menu.dropdown

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What a translation fills."""
        return [self.compare, self.file, self.info, self.result]


def controls() -> dict[str, Any]:
    """Lay out the left column: which model, which picture, how much."""
    menu = model_menu.layout(TASK, "translate")
    keep_choices_current(menu.dropdown, TASK)
    swap = gr.Button(
        "Swap direction",
        size="sm",
        elem_id="translate-swap",
        visible=_goes_back(menu.dropdown.value),
    )
    photo = photo_input(
        label="Your picture",
        sources=["upload", "clipboard", "webcam"],
        buttons=[],
        height=260,
        elem_id="translate-photo",
    )
    note = gr.Markdown(LIMITS, elem_classes="card", elem_id="translate-note")
    gr.Examples(
        [str(path) for path in _EXAMPLES], photo, label="Examples",
        elem_id="translate-examples", api_visibility="private",
    )  # fmt: skip
    strength = gr.Slider(0, 1, 1, step=0.05, label="Strength", elem_id="translate-strength")
    keep_colours = gr.Checkbox(
        False, label="Keep the original's colours", elem_id="translate-colours"
    )
    with gr.Row():
        translate = gr.Button("Translate", variant="primary", elem_id="translate-go", min_width=120)
        cancel = gr.Button(
            "Cancel", elem_id="translate-cancel", elem_classes="while-running", min_width=80
        )
    return {
        **{"menu": menu, "swap": swap, "photo": photo, "note": note, "strength": strength},
        **{"keep_colours": keep_colours, "translate": translate, "cancel": cancel},
    }


def results() -> dict[str, Any]:
    """Lay out the right column: before and after."""
    compare = gr.ImageSlider(
        label="Before and after: drag the line",
        type="filepath",
        format="png",
        interactive=False,
        buttons=["fullscreen"],
        max_height=520,
        elem_id="translate-compare",
    )
    info = gr.Markdown("", elem_classes="card", elem_id="translate-info")
    file = gr.File(
        label="Download, full size", visible=False, interactive=False, elem_id="translate-file"
    )
    states = {"result": gr.State(None), "taken": gr.State(None)}
    return {"compare": compare, "info": info, "file": file, **states}


def _first_look(path: str | None, result: Result | None, model: str) -> Any:
    """On the first look an example is there."""
    untouched = path is None and result is None and not absence(get_spec(model))
    return str(_FIRST_EXAMPLE) if untouched else gr.skip()


def _inspect(path: str | None, taken: str | None) -> tuple[Any, str, str | None]:
    if path is None or path == taken:
        return gr.skip(), gr.skip(), gr.skip()
    photo = look_at(path)
    if isinstance(photo, str):
        return last_good(taken), photo, last_good(taken)
    return gr.skip(), describe(path, photo), path


def wire(panel: SinglePanel, tab: gr.Tab, load: Load) -> list[Any]:
    """Connect the panel; returns the events that Cancel stops."""

    def translate(
        path: str | None,
        model: str,
        strength: float,
        keep_colours: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            photo = open_photo(path)
            refuse_absent(checked_model(model, TASK))
            pipeline = yield from loading(load, model, progress)
            started = time.perf_counter()
            raw = yield from stepping(pipeline.iter_translate(photo), progress, "Translating")
            milliseconds = 1000 * (time.perf_counter() - started)
            where = output_folder() / "translated.png"
            save_png(raw, where)
            line = f"{milliseconds:.0f} ms, {device_of(pipeline)} · {describe(path, photo)}"
            result = Result(model, path, str(where), f"{line}\n\n{pipeline.hint(photo)}".strip())
            made = pipeline.finish(photo, raw, strength, keep_colours)
            yield shown(photo, made, result)

    def retouch(result: Result | None, strength: float, keep_colours: bool) -> Any:
        if result is None:
            return [gr.skip()] * 4
        with user_errors():
            photo, raw = open_photo(result.original), open_photo(result.translated)
            made = load(result.model).finish(photo, raw, strength, keep_colours)
            return shown(photo, made, result)

    def follow(
        path: str | None,
        model: str,
        strength: float,
        keep_colours: bool,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        """Another model: the picture in its domain; none of the old one's where there is none."""
        if absence(get_spec(model)):  # the card says so, and has the button to get it
            yield gr.skip()
        elif path is None:
            yield None, gr.File(visible=False), "", None
        else:
            yield from translate(path, model, strength, keep_colours, progress)

    def begin(
        path: str | None, result: Result | None, model: str, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        if path is None or result is not None:
            yield gr.skip()
            return
        yield from translate(path, model, 1.0, False, progress)

    given = [panel.photo, panel.model, panel.strength, panel.keep_colours]
    started = panel.translate.click(
        translate, given, panel.outputs, show_progress_on=[panel.compare], **GPU, **PRIVATE
    )
    look = {"show_progress": "hidden", "trigger_mode": "always_last", **PRIVATE}
    changed = [panel.result, panel.strength, panel.keep_colours]
    panel.strength.release(retouch, changed, panel.outputs, **look)
    panel.keep_colours.input(retouch, changed, panel.outputs, **look)
    inspected = [panel.photo, panel.note, panel.taken]
    panel.photo.change(_inspect, [panel.photo, panel.taken], inspected, **look)
    panel.photo.clear(lambda: (LIMITS, None), None, [panel.note, panel.taken], **AT_ONCE)
    panel.model.change(
        lambda model: gr.Button(visible=_goes_back(model)), panel.model, panel.swap, **AT_ONCE
    )
    chosen, fetched = model_menu.wire(panel.menu, TASK, load)
    swapped = panel.swap.click(_other_way, panel.model, panel.model, **AT_ONCE)
    shown_on = {"show_progress_on": [panel.compare], **GPU, **PRIVATE}
    events = [
        on(follow, given, panel.outputs, **shown_on) for on in (chosen, fetched, swapped.then)
    ]
    looked = [panel.photo, panel.result, panel.model]
    entered = tab.select(_first_look, looked, panel.photo, **AT_ONCE)
    events.append(entered.then(begin, looked, panel.outputs, **shown_on))
    started.then(**into_view("translate-compare"))
    return [started, *events]


def result_file(file: str | None) -> str:
    """The picture that was made, in full size.

    Raises:
        ValueError: there is none yet.
    """
    if not file:
        raise ValueError("Translate a picture first, then enlarge it.")
    return str(file)


def work(panel: SinglePanel, load: Load) -> Work:
    """What is done to several pictures, or to a film's frames."""

    def opened(
        sizes: Any, progress: gr.Progress, model: str, *settings: Any
    ) -> Generator[Any, None, Any]:
        refuse_absent(checked_model(model, TASK))
        return (yield from loading(load, model, progress))

    def steps(pipeline: Any, photo: Image.Image, strength: float, keep_colours: bool) -> Any:
        return pipeline.iter_translate(photo, strength, keep_colours)

    given = [panel.model, panel.strength, panel.keep_colours]
    return Work("translate", "Translate", given, opened, steps, GPU)


def shown(photo: Image.Image, made: Image.Image, result: Result) -> tuple[Any, ...]:
    """The values of `SinglePanel.outputs`."""
    folder = output_folder()
    full = folder / f"{Path(result.original).stem}-{result.model}.png"
    save_png(made, full)
    pair = (preview(photo, folder / "before.png"), preview(made, folder / "after.png"))
    return pair, gr.File(str(full), visible=True), result.line, result


def _goes_back(model: str) -> bool:
    return inverse_of(get_spec(model)) is not None


def _other_way(model: str) -> str:
    with user_errors():
        inverse = inverse_of(get_spec(model))
    return inverse.id if inverse else model
