"""Enlarge the pictures of a tab: a click opens the enlarged picture in place.

A tab lays out one `Enlarged` (a button and, hidden until it is used, the panel of the result) and
wires it; every picture of the tab that can be downloaded then has Enlarge in its corner, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.blocks import BlockContext
from gradio.components import Component
from PIL import Image

from gan_models import before_task, count_frames, read_provenance, save_png
from tabs.components import upscalers
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, LONG, PRIVATE, Steps, Trigger, Updates
from tabs.components.files import output_folder
from tabs.components.gradio_compat import add_to_toolbar, downloadable_pictures, photo_input
from tabs.components.into_view import into_sight
from tabs.components.loading import Load, in_thread
from tabs.components.save_as import slider_pair
from tabs.components.upload import open_photo
from tabs.components.upscalers import FACTOR, TASK, best_for

_LABEL = "Before and after: drag the line"
# the handler gets the picture's file alone
_FILE_JS = "(picture, _) => [null, picture]"


@dataclass(frozen=True)
class Enlarged:
    """The components of a tab's Enlarge."""

    button: gr.Button | None  # None: the tab has another event for it
    box: gr.Column
    compare: gr.ImageSlider
    info: gr.Markdown
    file: gr.DownloadButton
    close: gr.Button

    @property
    def outputs(self) -> list[Component | gr.Column]:
        """The components that enlarging fills."""
        return [self.box, self.compare, self.info, self.file]


def layout(prefix: str, label: str) -> Enlarged:
    """Lay out the button and, right under it, the panel of the result."""
    above = button(prefix, label)
    return replace(layout_panel(prefix), button=above)


def button(prefix: str, label: str) -> gr.Button:
    """Lay out the button alone, beside the picture that it enlarges."""
    return gr.Button(label, size="sm", min_width=110, elem_id=f"{prefix}-enlarge")


def layout_panel(prefix: str) -> Enlarged:
    """Lay out the panel of the result alone, without a button."""
    with gr.Column(visible=False, elem_id=f"{prefix}-enlarged") as box:
        compare = gr.ImageSlider(
            label=_LABEL,
            type="filepath",
            format="png",
            interactive=False,
            buttons=["fullscreen"],
            max_height=520,
        )
        info = gr.Markdown("", elem_classes="card", elem_id=f"{prefix}-enlarged-info")
        with gr.Row():
            file = gr.DownloadButton(
                "Download PNG",
                size="sm",
                interactive=False,
                min_width=120,
                elem_id=f"{prefix}-enlarged-file",
            )
            close = gr.Button("Close", size="sm", min_width=80, elem_id=f"{prefix}-enlarged-close")
    return Enlarged(None, box, compare, info, file, close)


def switch(prefix: str) -> gr.Checkbox:
    """Lay out "show enlarged" for a sheet; its value goes to `fast_enlarger`."""
    return gr.Checkbox(
        False,
        label="Show enlarged (4 x, fast network)",
        container=False,
        min_width=250,
        elem_id=f"{prefix}-show-enlarged",
    )


def suffix(enlarged: bool) -> str:
    """The end of a file's name."""
    return f"-x{FACTOR}" if enlarged else ""


def film_switch(prefix: str) -> gr.Checkbox:
    """Lay out "enlarged" for a film; its value goes to `fast_enlarger`."""
    return gr.Checkbox(
        False,
        label="Enlarged",
        info="4 x, fast network",
        min_width=140,
        elem_id=f"{prefix}-film-enlarged",
    )


def wire(
    panel: Enlarged,
    load: Load,
    tab: BlockContext,
    make: Callable[..., str],
    inputs: Sequence[Component],
    js: str | None = None,
    trigger: Trigger | None = None,
) -> None:
    """Connect the button and the pictures of a tab.

    Args:
        panel: from `layout` or `layout_panel`.
        load: gives a pipeline.
        tab: the block that holds the pictures.
        make: takes the values of `inputs`, returns the file of the picture to enlarge.
        inputs: components.
        js: gives values of `inputs` that only the browser knows.
        trigger: the event that enlarges; by default a click of the button.
    """
    if trigger is None:
        if panel.button is None:
            raise ValueError("A panel without a button needs a trigger.")
        trigger = panel.button.click

    def open_large(*values: Any, progress: gr.Progress = gr.Progress()) -> Updates:
        with user_errors():
            path = yield from in_thread(lambda: make(*values))
            photo, folder = open_photo(path), output_folder()
            waiting = gr.DownloadButton(interactive=False)
            plain = slider_pair(photo, bicubic(photo), folder)
            yield gr.Column(visible=True), plain, "Enlarging …", waiting
            made, line = yield from enlarged(load, path, photo, progress)
            pair = yield from in_thread(lambda: slider_pair(photo, made, folder))
            full = yield from in_thread(lambda: _saved(made, path, folder))
            yield gr.skip(), pair, line, gr.DownloadButton(value=full, interactive=True)

    trigger(None, None, None, js=into_sight(str(panel.box.elem_id), "img"), **PRIVATE)
    started = trigger(
        open_large, inputs, panel.outputs, js=js, show_progress_on=[panel.info], **LONG, **PRIVATE
    )
    panel.close.click(
        lambda: gr.Column(visible=False), None, panel.box, cancels=[started], **AT_ONCE
    )
    _wire_pictures(load, tab)


def _wire_pictures(load: Load, tab: BlockContext) -> None:
    """Give every picture of a tab that can be downloaded an Enlarge, whose result replaces it."""

    def enlarge_in_place(
        picture: None, path: str | None, progress: gr.Progress = gr.Progress()
    ) -> Updates:
        with user_errors():
            if path is None:
                raise ValueError("There is no picture to enlarge yet.")
            made, line = yield from enlarged(load, path, open_photo(path), progress)
            yield (yield from in_thread(lambda: _saved(made, path, output_folder())))
            gr.Info(line, title="Enlarged", duration=5)

    for picture in list(downloadable_pictures(tab)):
        file = photo_input(visible=False, label="picture")
        button = add_to_toolbar(picture, "Enlarge")
        button.click(enlarge_in_place, [picture, file], picture, js=_FILE_JS, **LONG, **PRIVATE)


def enlarged(
    load: Load, path: str, photo: Image.Image, progress: gr.Progress
) -> Steps[tuple[Image.Image, str]]:
    """Enlarge a picture with the best network that takes seconds; returns it and a line on it.

    Raises:
        ValueError: it is enlarged already, or too large.
    """
    if provenance_of(path).get("task") == TASK:
        raise ValueError("This picture is enlarged already; to go on, take it to Restore.")
    if count_frames(path) > 1:
        raise ValueError(
            "This is a moving picture, and Enlarge takes a still one: choose it with the slider. "
            "Films are enlarged where they are made."
        )
    pipeline = yield from best_for(load, photo, progress)
    return (yield from upscalers.enlarge(pipeline, photo, None, progress))


def provenance_of(path: str) -> dict[str, Any]:
    """The provenance in a picture's file; empty where it has none."""
    try:
        return read_provenance(path)
    except ValueError:
        return {}


def read_base_provenance(path: str) -> dict[str, Any]:
    """The provenance in a file of this page; of an enlarged one, that of the original.

    Raises:
        ValueError: there is none.
    """
    return before_task(read_provenance(path), TASK)


def bicubic(photo: Image.Image) -> Image.Image:
    """The picture enlarged without a network, visible until the result is ready."""
    size = (photo.width * FACTOR, photo.height * FACTOR)
    return photo.resize(size, Image.Resampling.BICUBIC)


def _saved(image: Image.Image, base: str, folder: Path) -> str:
    """Write the large picture, named after the file of the small one; its path."""
    path = folder / f"{Path(base).stem}{suffix(True)}.png"
    save_png(image, path)
    return str(path)
