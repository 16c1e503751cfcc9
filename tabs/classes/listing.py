"""The list of classes: found by name or by look, drawn by the model itself."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import get_spec
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
from tabs.components.events import AT_ONCE, GPU, PRIVATE
from tabs.components.files import png_files
from tabs.components.loading import Load, loading
from tabs.components.model_menu import ModelMenu
from tabs.components.models import absence, keep_choices_current

_THUMBNAIL_PX = 192  # sharp also where a pixel of the page is two of the screen
_MAX_KEPT = 2000


@dataclass(frozen=True)
class ListPanel:
    """The components of the list."""

    menu: ModelMenu
    search: gr.Textbox
    thumbnails: gr.Gallery
    note: gr.Markdown
    class_name: gr.Dropdown
    found: gr.State  # the classes that the thumbnails show
    ready: gr.State  # the model chosen last whose weights are here: whose classes are listed

    @property
    def model(self) -> gr.Dropdown:
        """The choice of the model."""
        return self.menu.dropdown


def layout_choice() -> dict[str, Any]:
    """Lay out which model and which class."""
    menu = model_menu.layout(TASK, "classes")
    keep_choices_current(menu.dropdown, TASK)
    names = classes_of(menu.dropdown.value)
    class_name = gr.Dropdown(
        list(names), value=names[0], label="Class", filterable=True, elem_id="classes-class"
    )
    return {"menu": menu, "class_name": class_name, "ready": gr.State(menu.dropdown.value)}


def layout_list(choice: dict[str, Any]) -> ListPanel:
    """Lay out the classes as pictures, with a search."""
    names = classes_of(choice["menu"].dropdown.value)
    search = gr.Textbox(
        label="Search the classes", placeholder=f"{len(names)} classes", max_lines=1,
        elem_id="classes-search",
    )  # fmt: skip
    thumbnails = gr.Gallery(
        label="Classes: click one", columns=3, height="auto",
        allow_preview=False, format="png", interactive=False, object_fit="contain", buttons=[],
        elem_id="classes-list", elem_classes=["sheet", "thumbs"],
    )  # fmt: skip
    note = gr.Markdown("", elem_classes="card", elem_id="classes-list-note")
    return ListPanel(search=search, thumbnails=thumbnails, note=note, found=gr.State(()), **choice)


def wire(
    panel: ListPanel, tab: gr.Tab, psi: gr.Slider, load: Load
) -> tuple[list[Any], Any, list[Any]]:
    """Connect the list.

    Returns the events of a choice, of a class or a model; that of the tab's opening; and all.
    """
    kept: dict[tuple[str, str], Image.Image] = {}

    def look(
        model: str, text: str, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        with user_errors():
            names = search_classes(model, text)
            found = names[:MAX_CLASSES_IN_A_ROW]
            if absence(get_spec(model)):  # the card says so, and has the button to get it
                yield gr.skip()
                return
            pipeline = yield from loading(load, model, progress)
            if len(kept) > _MAX_KEPT:
                kept.clear()
            for name in found:
                if (model, name) not in kept:
                    image = pipeline.sample([0], name)[0]
                    kept[model, name] = image.resize((_THUMBNAIL_PX, _THUMBNAIL_PX))
                    yield gr.skip()
            paths = png_files([kept[model, name] for name in found], [file_name(n) for n in found])
            shown = gr.Gallery(list(zip(paths, found, strict=True)), selected_index=None)
            yield shown, tuple(found), _note(len(found), len(names))

    options = {**GPU, **PRIVATE, "show_progress": "hidden", "trigger_mode": "always_last"}
    given = [panel.ready, panel.search]
    outputs = [panel.thumbnails, panel.found, panel.note]
    picked = panel.thumbnails.select(_choose, panel.found, panel.class_name, **AT_ONCE)
    chosen, fetched = model_menu.wire(panel.menu, TASK, load)
    filled = [panel.class_name, panel.search, panel.ready, psi]
    picks = [
        chosen(_choose_model, panel.model, filled, **AT_ONCE),
        fetched(_choose_model, [panel.model, panel.class_name], filled, **AT_ONCE),
    ]
    opened = tab.select(look, given, outputs, **options)
    events = [opened, panel.ready.change(look, given, outputs, **options)]
    events.append(panel.search.change(look, given, outputs, **options))
    return [picked, *picks], opened, events


def _note(num_shown: int, num_found: int) -> str:
    if not num_found:
        return "No class has that name; try fewer letters."
    hidden = num_found - num_shown
    return f"{hidden} more; search to see them." if hidden else ""


def _choose_model(model: str, class_name: str | None = None) -> Any:
    """The classes of a model that is here; all stays as it is for one that is not.

    `class_name`: the one to keep where the model has it, as a link names one of a model that had to
    be downloaded first.
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
