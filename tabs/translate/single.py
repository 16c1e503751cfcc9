"""One picture: bring it, translate it, compare, take it home."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import get_spec, inverse_of, save_png
from tabs.components import history, model_menu
from tabs.components.batch import Work
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, GPU, LAST, PRIVATE
from tabs.components.files import output_folder
from tabs.components.history import History
from tabs.components.loading import Load, loading
from tabs.components.model_menu import ModelMenu
from tabs.components.models import absence, checked_model, keep_choices_current, refuse_absent
from tabs.components.preview import into_view
from tabs.components.progress import stepping
from tabs.components.text import device_of
from tabs.components.upload import (
    LIMITS,
    describe,
    last_good,
    layout_photo,
    look_at,
    open_photo,
    preview,
    told,
)
from tabs.translate.state import EXAMPLES, FIRST_EXAMPLE, TASK, Result, Settings


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
    result: gr.State  # what is shown: a `Result`, or None
    history: gr.State  # of `Result`s
    undo: gr.Button
    redo: gr.Button
    query: gr.Textbox
    taken: gr.State  # the path of the last picture that could be read

    @property
    def model(self) -> gr.Dropdown:
        """The choice of the model."""
        return self.menu.dropdown

    @property
    def outputs(self) -> list[gr.components.Component]:
        """What a translation fills."""
        shown = [self.compare, self.file, self.info, self.result]
        return [*shown, self.history, self.undo, self.redo, self.query]

    @property
    def given(self) -> list[gr.components.Component]:
        """What says what to translate, and how."""
        return [self.photo, self.model, self.strength, self.keep_colours]


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
    photo = layout_photo("translate", 260)
    note = gr.Markdown(LIMITS, elem_classes="card", elem_id="translate-note")
    gr.Examples(
        [str(path) for path in EXAMPLES], photo, label="Examples",
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
    with gr.Row():
        steps = history.layout("translate")
    return {
        **{"menu": menu, "swap": swap, "photo": photo, "note": note, "strength": strength},
        **{"keep_colours": keep_colours, "translate": translate, "cancel": cancel, **steps},
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
    states = {"result": gr.State(None), "history": gr.State(History()), "taken": gr.State(None)}
    return {"compare": compare, "info": info, "file": file, **states}


def _first_look(path: str | None, result: Result | None, model: str) -> Any:
    """On the first look an example is there."""
    untouched = path is None and result is None and not absence(get_spec(model))
    return str(FIRST_EXAMPLE) if untouched else gr.skip()


def _inspect(path: str | None, taken: str | None) -> tuple[Any, str, str | None]:
    if path is None or path == taken:
        return gr.skip(), gr.skip(), gr.skip()
    photo = look_at(path)
    if isinstance(photo, str):
        return last_good(taken), photo, last_good(taken)
    return gr.skip(), told(path, photo), path


def wire(panel: SinglePanel, tab: gr.Tab, load: Load) -> list[Any]:
    """Connect the panel; returns the events that Cancel stops."""

    def translate(
        path: str | None,
        model: str,
        strength: float,
        keep_colours: bool,
        past: History,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        with user_errors():
            settings = Settings(model, strength, keep_colours)
            yield (yield from translated(load, path, settings, past, progress))

    def retouch(result: Result | None, strength: float, keep_colours: bool, past: History) -> Any:
        if result is None:
            return [gr.skip()] * len(panel.outputs)
        with user_errors():
            settings = replace(result.settings, strength=strength, keep_colours=keep_colours)
            changed = replace(result, settings=settings)
            return reopened(load, changed, past.push(changed))

    def follow(
        path: str | None,
        model: str,
        strength: float,
        keep_colours: bool,
        past: History,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        """Another model: the picture in its domain; none of the old one's where there is none."""
        if absence(get_spec(model)):  # the card says so, and has the button to get it
            yield gr.skip()
        elif path is None:
            yield None, gr.File(visible=False), "", None, *[gr.skip()] * 3, ""
        else:
            yield from translate(path, model, strength, keep_colours, past, progress)

    def begin(
        path: str | None,
        model: str,
        strength: float,
        keep_colours: bool,
        past: History,
        result: Result | None,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        if path is None or result is not None:
            yield gr.skip()
            return
        yield from translate(path, model, strength, keep_colours, past, progress)

    given = [*panel.given, panel.history]
    started = panel.translate.click(
        translate, given, panel.outputs, show_progress_on=[panel.compare], **LAST
    )
    look = {"show_progress": "hidden", "trigger_mode": "always_last", **PRIVATE}
    changed = [panel.result, panel.strength, panel.keep_colours, panel.history]
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
    shown_on = {"show_progress_on": [panel.compare], **LAST}
    events = [
        on(follow, given, panel.outputs, **shown_on) for on in (chosen, fetched, swapped.then)
    ]
    looked = [panel.photo, panel.result, panel.model]
    entered = tab.select(_first_look, looked, panel.photo, **AT_ONCE)
    events.append(entered.then(begin, [*given, panel.result], panel.outputs, **shown_on))
    started.then(**into_view("translate-compare"))
    return [started, *events]


def translated(
    load: Load, path: str | None, settings: Settings, past: History, progress: gr.Progress
) -> Generator[Any, None, tuple[Any, ...]]:
    """Translate a picture; returns the values of `SinglePanel.outputs`.

    Raises:
        ValueError: there is no picture, or it cannot be taken; or the model is not here.
    """
    photo = open_photo(path)
    refuse_absent(checked_model(settings.model, TASK))
    pipeline = yield from loading(load, settings.model, progress)
    started = time.perf_counter()
    raw = yield from stepping(pipeline.iter_translate(photo), progress, "Translating")
    milliseconds = 1000 * (time.perf_counter() - started)
    where = output_folder() / "translated.png"
    save_png(raw, where)
    line = f"{milliseconds:.0f} ms, {device_of(pipeline)} · {describe(path, photo)}"
    line = f"{line}\n\n{pipeline.hint(photo)}".strip()
    result = Result(settings, str(path), str(where), line)
    return shown(photo, finish(load, photo, result, raw), result, past.push(result))


def reopened(load: Load, result: Result, past: History) -> tuple[Any, ...]:
    """The values of `SinglePanel.outputs` for what was translated before.

    Raises:
        ValueError: the pictures are no longer kept.
    """
    photo = open_photo(result.original)
    return shown(photo, finish(load, photo, result), result, past)


def finish(
    load: Load, photo: Image.Image, result: Result, raw: Image.Image | None = None
) -> Image.Image:
    """The translation as the settings want it; `raw`: in full, by default read from its file."""
    settings = result.settings
    full = raw or open_photo(result.translated)
    return load(settings.model).finish(photo, full, settings.strength, settings.keep_colours)


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


def shown(photo: Image.Image, made: Image.Image, result: Result, past: History) -> tuple[Any, ...]:
    """The values of `SinglePanel.outputs`."""
    folder = output_folder()
    full = folder / f"{Path(result.original).stem}-{result.settings.model}.png"
    save_png(made, full)
    pair = (preview(photo, folder / "before.png"), preview(made, folder / "after.png"))
    file = gr.File(str(full), visible=True)
    return pair, file, result.line, result, past, *past.buttons, result.query


def _goes_back(model: str) -> bool:
    return inverse_of(get_spec(model)) is not None


def _other_way(model: str) -> str:
    with user_errors():
        inverse = inverse_of(get_spec(model))
    return inverse.id if inverse else model
