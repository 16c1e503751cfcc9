"""The list of classes, with pictures that the model draws, and a search by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import ClassPipeline, get_spec
from tabs.classes.state import (
    MAX_CLASSES_IN_A_ROW,
    TASK,
    classes_of,
    file_name,
    page_psi,
    search_classes,
)
from tabs.components import model_menu
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, GPU, PRIVATE, Event, Options, Updates
from tabs.components.files import png_files
from tabs.components.loading import Load, loading
from tabs.components.model_menu import ModelMenu
from tabs.components.models import absence, refresh_on_load

_THUMBNAIL_PX = 192  # sharp also where a pixel of the page is two of the screen
_MAX_CACHED = 2000


@dataclass(frozen=True)
class Choice:
    """The components that choose model and class."""

    menu: ModelMenu
    class_name: gr.Dropdown
    ready: gr.State  # the model chosen last whose weights are here: whose classes are listed


@dataclass(frozen=True)
class ListPanel:
    """The components of the list."""

    menu: ModelMenu
    search: gr.Textbox
    thumbnails: gr.Gallery
    note: gr.Markdown
    class_name: gr.Dropdown
    found: gr.State  # the classes of the thumbnails
    ready: gr.State  # the model chosen last whose weights are here: whose classes are listed

    @property
    def model(self) -> gr.Dropdown:
        """The choice of the model."""
        return self.menu.dropdown


@dataclass(frozen=True)
class ListEvents:
    """The events of the list, after which a sheet is drawn."""

    class_picked: Event
    model_chosen: list[Event]
    opened: Event  # the tab
    drawn: list[Event]  # of the thumbnails, which Cancel stops


def layout_choice() -> Choice:
    """Lay out the choice of model and class."""
    menu = model_menu.layout(TASK, "classes")
    refresh_on_load(menu.dropdown, TASK)
    names = classes_of(menu.dropdown.value)
    class_name = gr.Dropdown(
        list(names), value=names[0], label="Class", filterable=True, elem_id="classes-class"
    )
    return Choice(menu, class_name, gr.State(menu.dropdown.value))


def layout_list(choice: Choice) -> ListPanel:
    """Lay out the classes as pictures, with a search."""
    names = classes_of(choice.menu.dropdown.value)
    search = gr.Textbox(
        label="Search the classes",
        placeholder=f"{len(names)} classes",
        max_lines=1,
        elem_id="classes-search",
    )
    thumbnails = gr.Gallery(
        label="Classes: click one",
        columns=3,
        height="auto",
        allow_preview=False,
        format="png",
        interactive=False,
        object_fit="contain",
        buttons=[],
        elem_id="classes-list",
        elem_classes=["sheet", "thumbs"],
    )
    note = gr.Markdown("", elem_classes="card", elem_id="classes-list-note")
    return ListPanel(
        menu=choice.menu,
        search=search,
        thumbnails=thumbnails,
        note=note,
        class_name=choice.class_name,
        found=gr.State(()),
        ready=choice.ready,
    )


def wire(panel: ListPanel, tab: gr.Tab, psi: gr.Slider, load: Load) -> ListEvents:
    """Connect the list."""
    cached: dict[tuple[str, str], Image.Image] = {}

    def draw(model: str, text: str, progress: gr.Progress = gr.Progress()) -> Updates:
        with user_errors():
            names = search_classes(model, text)
            found = names[:MAX_CLASSES_IN_A_ROW]
            if absence(get_spec(model)):  # the card says so; Get downloads it
                yield gr.skip()
                return
            pipeline: ClassPipeline = yield from loading(load, model, progress)
            if len(cached) > _MAX_CACHED:
                cached.clear()
            for name in found:
                if (model, name) not in cached:
                    image = pipeline.sample([0], name)[0]
                    cached[model, name] = image.resize((_THUMBNAIL_PX, _THUMBNAIL_PX))
                    yield gr.skip()
            paths = png_files(
                [cached[model, name] for name in found], [file_name(n) for n in found]
            )
            gallery = gr.Gallery(list(zip(paths, found, strict=True)), selected_index=None)
            yield gallery, tuple(found), _note(len(found), len(names))

    options: Options = {**GPU, **PRIVATE, "show_progress": "hidden", "trigger_mode": "always_last"}
    given = [panel.ready, panel.search]
    outputs = [panel.thumbnails, panel.found, panel.note]
    picked = panel.thumbnails.select(_choose, panel.found, panel.class_name, **AT_ONCE)
    chosen, fetched = model_menu.wire(panel.menu, TASK, load)
    filled = [panel.class_name, panel.search, panel.ready, psi]
    picks = [
        chosen(_choose_model, panel.model, filled, **AT_ONCE),
        fetched(_choose_model, [panel.model, panel.class_name], filled, **AT_ONCE),
    ]
    triggers = [tab.select, panel.ready.change, panel.search.change]
    drawn = [on(draw, given, outputs, **options) for on in triggers]
    return ListEvents(picked, picks, drawn[0], drawn)


def _note(num_listed: int, num_found: int) -> str:
    if not num_found:
        return "No class has that name; try fewer letters."
    hidden = num_found - num_listed
    return f"{hidden} more; search to see them." if hidden else ""


def _choose_model(model: str, class_name: str | None = None) -> Any:
    """The classes of a model that is here; no updates for one that is not.

    `class_name`: the one to choose if the model has it, as after a link to a model that had to be
    downloaded first.
    """
    with user_errors():
        names = list(classes_of(model))
    if absence(get_spec(model)):
        return [gr.skip()] * 4
    search = gr.Textbox("", placeholder=f"{len(names)} classes")
    chosen = class_name if class_name in names else names[0]
    return gr.Dropdown(names, value=chosen), search, model, page_psi(model)


def _choose(found: tuple[str, ...], event: gr.SelectData) -> Any:
    return found[event.index] if event.index < len(found) else gr.skip()
