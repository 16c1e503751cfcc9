"""The list of classes: found by name or by look, drawn by the model itself."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import availability, get_spec
from tabs.classes.state import (
    MAX_CLASSES_IN_A_ROW,
    TASK,
    classes_of,
    file_name,
    search_classes,
)
from tabs.common import (
    AT_ONCE,
    GPU,
    PRIVATE,
    Load,
    keep_choices_current,
    loading,
    model_card,
    model_choices,
    png_files,
    user_errors,
)

_THUMBNAIL_PX = 96
_MAX_KEPT = 2000


@dataclass(frozen=True)
class ListPanel:
    """The components of the list."""

    model: gr.Dropdown
    search: gr.Textbox
    thumbnails: gr.Gallery
    note: gr.Markdown
    class_name: gr.Dropdown
    found: gr.State  # the classes that the thumbnails show


def layout() -> ListPanel:
    """Lay out the list: which model, which class."""
    choices = model_choices(TASK)
    first = choices[0][1]
    names = classes_of(first)
    model = gr.Dropdown(choices, value=first, label="Model", elem_id="classes-model")
    keep_choices_current(model, TASK)
    card = gr.Markdown(model_card(first), elem_classes="card")
    model.change(model_card, model, card, queue=False, **PRIVATE)
    search = gr.Textbox(
        label="Search the classes", placeholder=f"{len(names)} classes", max_lines=1,
        elem_id="classes-search",
    )  # fmt: skip
    thumbnails = gr.Gallery(
        label="As the model draws them: click one", columns=4, height="auto",
        allow_preview=False, format="png", interactive=False, object_fit="contain", buttons=[],
        elem_id="classes-list", elem_classes=["sheet", "thumbs"],
    )  # fmt: skip
    note = gr.Markdown("", elem_classes="card", elem_id="classes-list-note")
    class_name = gr.Dropdown(
        list(names), value=names[0], label="Class", filterable=True, elem_id="classes-class"
    )
    return ListPanel(model, search, thumbnails, note, class_name, gr.State(()))


def wire(panel: ListPanel, tab: gr.Tab, load: Load) -> tuple[Any, Any, list[Any]]:
    """Connect the list; returns the event of a click, that of the tab's opening, and all."""
    kept: dict[tuple[str, str], Image.Image] = {}

    def look(
        model: str, text: str, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        with user_errors():
            names = search_classes(model, text)
            found = names[:MAX_CLASSES_IN_A_ROW]
            ready, reason = availability(get_spec(model))
            if not ready:
                yield [], (), f"Press Sample to fetch the model first. {reason}"
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
    given = [panel.model, panel.search]
    outputs = [panel.thumbnails, panel.found, panel.note]
    picked = panel.thumbnails.select(_choose, panel.found, panel.class_name, **AT_ONCE)
    changed = panel.model.input(
        _choose_model, panel.model, [panel.class_name, panel.search], queue=False, **PRIVATE
    )
    opened = tab.select(look, given, outputs, **options)
    events = [opened, changed.then(look, given, outputs, **options)]
    events.append(panel.search.change(look, given, outputs, **options))
    return picked, opened, events


def _note(num_shown: int, num_found: int) -> str:
    if not num_found:
        return "No class has that name; try fewer letters."
    hidden = num_found - num_shown
    return f"{hidden} more; search to see them." if hidden else ""


def _choose_model(model: str) -> tuple[gr.Dropdown, gr.Textbox]:
    with user_errors():
        names = list(classes_of(model))
    search = gr.Textbox("", placeholder=f"{len(names)} classes")
    return gr.Dropdown(names, value=names[0]), search


def _choose(found: tuple[str, ...], event: gr.SelectData) -> Any:
    return found[event.index] if event.index < len(found) else gr.skip()
