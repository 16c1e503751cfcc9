"""One picture: upload it, translate it, compare, download."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image

from gan_models import TranslationPipeline, get_spec, inverse_of, save_png
from tabs.components import history, model_menu
from tabs.components.batch import Size, Work
from tabs.components.errors import user_errors
from tabs.components.events import (
    AT_ONCE,
    LAST,
    LONG,
    PRIVATE,
    Event,
    Options,
    Steps,
    Trigger,
    Updates,
    Values,
)
from tabs.components.files import output_folder
from tabs.components.history import History
from tabs.components.loading import Load, loading
from tabs.components.model_menu import ModelMenu
from tabs.components.models import absence, checked_model, refresh_on_load, refuse_absent
from tabs.components.preview import into_view
from tabs.components.progress import stepping
from tabs.components.text import device_of
from tabs.components.upload import (
    describe,
    describe_upload,
    last_good,
    layout_photo,
    open_photo,
    photo_limits,
    preview,
    read_upload,
)
from tabs.translate.state import EXAMPLES, FIRST_EXAMPLE, TASK, Result, Settings


@dataclass(frozen=True)
class Controls:
    """The components of the left column."""

    menu: ModelMenu
    swap: gr.Button
    photo: gr.Image
    note: gr.Markdown
    strength: gr.Slider
    keep_colours: gr.Checkbox
    translate: gr.Button
    cancel: gr.Button
    undo: gr.Button
    redo: gr.Button


@dataclass(frozen=True)
class Results:
    """The components of the right column."""

    compare: gr.ImageSlider
    info: gr.Markdown
    file: gr.File
    result: gr.State  # the `Result` in view, or None
    history: gr.State  # of `Result`s
    taken: gr.State  # the path of the last picture that could be read


@dataclass(frozen=True)
class SinglePanel:
    """The components of the panel."""

    controls: Controls
    results: Results
    query: gr.Textbox

    @property
    def model(self) -> gr.Dropdown:
        """The choice of the model."""
        return self.controls.menu.dropdown

    @property
    def outputs(self) -> list[Component]:
        """The components that a translation fills."""
        left, right = self.controls, self.results
        filled = [right.compare, right.file, right.info, right.result, right.history]
        return [*filled, left.undo, left.redo, self.query]

    @property
    def given(self) -> list[Component]:
        """The components that set what to translate, and how."""
        left = self.controls
        return [left.photo, self.model, left.strength, left.keep_colours]


def layout_controls() -> Controls:
    """Lay out the left column: which model, which picture, which settings."""
    menu = model_menu.layout(TASK, "translate")
    refresh_on_load(menu.dropdown, TASK)
    swap = gr.Button(
        "Swap direction",
        size="sm",
        elem_id="translate-swap",
        visible=_has_inverse(menu.dropdown.value),
    )
    photo = layout_photo("translate", 260)
    note = gr.Markdown(photo_limits(), elem_classes="card", elem_id="translate-note")
    gr.Examples(
        [str(path) for path in EXAMPLES],
        photo,
        label="Examples",
        elem_id="translate-examples",
        api_visibility="private",
    )
    strength = gr.Slider(0, 1, 1, step=0.05, label="Strength", elem_id="translate-strength")
    keep_colours = gr.Checkbox(
        False, label="Keep the original's colours", elem_id="translate-colours"
    )
    translate = gr.Button("Translate", variant="primary", elem_id="translate-go")
    with gr.Row():
        undo, redo = history.layout("translate")
        cancel = gr.Button(
            "Cancel", elem_id="translate-cancel", elem_classes="while-running", min_width=70
        )
    return Controls(
        menu=menu,
        swap=swap,
        photo=photo,
        note=note,
        strength=strength,
        keep_colours=keep_colours,
        translate=translate,
        cancel=cancel,
        undo=undo,
        redo=redo,
    )


def layout_results() -> Results:
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
    return Results(compare, info, file, gr.State(None), gr.State(History()), gr.State(None))


def _first_example(path: str | None, result: Result | None, model: str) -> Any:
    """Fill in an example when the tab is first opened."""
    untouched = path is None and result is None and not absence(get_spec(model))
    return str(FIRST_EXAMPLE) if untouched else gr.skip()


def _inspect(path: str | None, taken: str | None) -> Values:
    if path is None or path == taken:
        return gr.skip(), gr.skip(), gr.skip()
    photo = read_upload(path)
    if isinstance(photo, str):
        return last_good(taken), photo, last_good(taken)
    return gr.skip(), describe_upload(path, photo), path


def wire(panel: SinglePanel, tab: gr.Tab, load: Load) -> list[Event]:
    """Connect the panel; returns the events that Cancel stops."""

    def translate(
        path: str | None,
        model: str,
        strength: float,
        keep_colours: bool,
        past: History[Result],
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        with user_errors():
            settings = Settings(model, strength, keep_colours)
            yield (yield from translated(load, path, settings, past, progress))

    def change_settings(
        result: Result | None, strength: float, keep_colours: bool, past: History[Result]
    ) -> Any:
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
        past: History[Result],
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        """Translate with another model; clear the old result where there is no picture."""
        if absence(get_spec(model)):  # the card says so; Get downloads it
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
        past: History[Result],
        result: Result | None,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        if path is None or result is not None:
            yield gr.skip()
            return
        yield from translate(path, model, strength, keep_colours, past, progress)

    left, right = panel.controls, panel.results
    given = [*panel.given, right.history]
    options: Options = {"show_progress_on": [right.compare], **LAST, **LONG}
    started = left.translate.click(translate, given, panel.outputs, **options)
    quiet: Options = {"show_progress": "hidden", "trigger_mode": "always_last", **PRIVATE}
    changed = [right.result, left.strength, left.keep_colours, right.history]
    left.strength.release(change_settings, changed, panel.outputs, **quiet)
    left.keep_colours.input(change_settings, changed, panel.outputs, **quiet)
    inspected = [left.photo, left.note, right.taken]
    left.photo.change(_inspect, [left.photo, right.taken], inspected, **quiet)
    left.photo.clear(lambda: (photo_limits(), None), None, [left.note, right.taken], **AT_ONCE)
    panel.model.change(
        lambda model: gr.Button(visible=_has_inverse(model)), panel.model, left.swap, **AT_ONCE
    )
    chosen, fetched = model_menu.wire(left.menu, TASK, load)
    swapped = left.swap.click(_inverse, panel.model, panel.model, **AT_ONCE)
    triggers: list[Trigger] = [chosen, fetched, swapped.then]
    events = [on(follow, given, panel.outputs, **options) for on in triggers]
    state = [left.photo, right.result, panel.model]
    entered = tab.select(_first_example, state, left.photo, **AT_ONCE)
    events.append(entered.then(begin, [*given, right.result], panel.outputs, **options))
    started.then(**into_view("translate-compare"))
    return [started, *events]


def translated(
    load: Load,
    path: str | None,
    settings: Settings,
    past: History[Result],
    progress: gr.Progress,
) -> Steps[Values]:
    """Translate a picture; returns the values of `SinglePanel.outputs`.

    Raises:
        ValueError: there is no picture, or it cannot be taken; or the model is not here.
    """
    photo = open_photo(path)
    refuse_absent(checked_model(settings.model, TASK))
    pipeline: TranslationPipeline = yield from loading(load, settings.model, progress)
    started = time.perf_counter()
    raw = yield from stepping(pipeline.iter_translate(photo), progress, "Translating")
    milliseconds = 1000 * (time.perf_counter() - started)
    where = output_folder() / "translated.png"
    save_png(raw, where, mark=False)  # `finish` reads it
    line = f"{milliseconds:.0f} ms, {device_of(pipeline)} · {describe(str(path), photo)}"
    line = f"{line}\n\n{pipeline.hint(photo)}".strip()
    result = Result(settings, str(path), str(where), line)
    return result_values(photo, finish(load, photo, result, raw), result, past.push(result))


def reopened(load: Load, result: Result, past: History[Result]) -> Values:
    """The values of `SinglePanel.outputs` for an earlier translation.

    Raises:
        ValueError: the pictures are no longer stored.
    """
    photo = open_photo(result.original)
    return result_values(photo, finish(load, photo, result), result, past)


def finish(
    load: Load, photo: Image.Image, result: Result, raw: Image.Image | None = None
) -> Image.Image:
    """The translation with its settings; `raw`: at full strength, by default read from its file."""
    settings = result.settings
    full = raw or open_photo(result.translated)
    pipeline: TranslationPipeline = load(settings.model)
    return pipeline.finish(photo, full, settings.strength, settings.keep_colours)


def result_file(file: str | None) -> str:
    """The translated picture, in full size.

    Raises:
        ValueError: there is none yet.
    """
    if not file:
        raise ValueError("Translate a picture first, then enlarge it.")
    return str(file)


def work(panel: SinglePanel, load: Load) -> Work:
    """The translation of several pictures, or of a film's frames."""

    def opened(
        sizes: Sequence[Size], progress: gr.Progress, model: str, *settings: Any
    ) -> Steps[TranslationPipeline]:
        refuse_absent(checked_model(model, TASK))
        return (yield from loading(load, model, progress))

    def steps(
        pipeline: TranslationPipeline, photo: Image.Image, strength: float, keep_colours: bool
    ) -> Generator[float, None, Image.Image]:
        return pipeline.iter_translate(photo, strength, keep_colours)

    given = [panel.model, panel.controls.strength, panel.controls.keep_colours]
    return Work("translate", "Translate", given, opened, steps, LONG)


def result_values(
    photo: Image.Image, made: Image.Image, result: Result, past: History[Result]
) -> Values:
    """The values of `SinglePanel.outputs`."""
    folder = output_folder()
    full = folder / f"{Path(result.original).stem}-{result.settings.model}.png"
    save_png(made, full)
    pair = (preview(photo, folder / "before.png"), preview(made, folder / "after.png"))
    file = gr.File(str(full), visible=True)
    return pair, file, result.line, result, past, *past.buttons, result.query


def _has_inverse(model: str) -> bool:
    return inverse_of(get_spec(model)) is not None


def _inverse(model: str) -> str:
    with user_errors():
        inverse = inverse_of(get_spec(model))
    return inverse.id if inverse else model
