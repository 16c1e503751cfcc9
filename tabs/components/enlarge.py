"""Enlarge, beside the pictures of any tab: one click, and the large picture opens in place.

A tab lays out one `Enlarged` (a button and, hidden until it is used, where the large picture opens)
and wires it; every picture of the tab that can be downloaded then has Enlarge in its corner, too.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from gan_models import count_frames, read_provenance, save_png
from tabs.components import upscalers
from tabs.components.errors import user_errors
from tabs.components.events import AT_ONCE, PRIVATE
from tabs.components.files import output_folder
from tabs.components.gradio_compat import add_to_toolbar, photo_input, pictures_in
from tabs.components.into_view import into_sight
from tabs.components.loading import Load, in_thread
from tabs.components.save_as import slider_pair
from tabs.components.upload import open_photo
from tabs.components.upscalers import FACTOR, TASK, best_for

# beside what other tabs draw; these take seconds
ONE = {"concurrency_id": "enlarge-one", "concurrency_limit": 2, **PRIVATE}
_LABEL = "Before and after: drag the line"
# the picture itself is not handed to the handler, which reads its file
_FILE_JS = "(picture, _) => [null, picture]"


@dataclass(frozen=True)
class Enlarged:
    """The components of a tab's Enlarge."""

    button: gr.Button | None  # none where the tab has its own
    switch: gr.Checkbox | None  # whether the tab's sheet is drawn enlarged
    box: gr.Column
    compare: gr.ImageSlider
    info: gr.Markdown
    file: gr.DownloadButton
    close: gr.Button

    @property
    def outputs(self) -> list[gr.components.Component | gr.Column]:
        """What enlarging fills."""
        return [self.box, self.compare, self.info, self.file]


def layout(prefix: str, label: str | None) -> Enlarged:
    """Lay out the button and, right under it, where the large picture opens.

    `label`: of the button; None for none.
    """
    shown = None if label is None else button(prefix, label)
    return Enlarged(shown, None, **layout_box(prefix))


def button(prefix: str, label: str) -> gr.Button:
    """Lay out the button alone, for beside the picture that it enlarges."""
    return gr.Button(label, size="sm", min_width=110, elem_id=f"{prefix}-enlarge")


def layout_box(prefix: str) -> dict[str, Any]:
    """Lay out where the large picture opens, alone; the components by their names in `Enlarged`."""
    with gr.Column(visible=False, elem_id=f"{prefix}-enlarged") as box:
        compare = gr.ImageSlider(
            label=_LABEL, type="filepath", format="png", interactive=False,
            buttons=["fullscreen"], max_height=520,
        )  # fmt: skip
        info = gr.Markdown("", elem_classes="card", elem_id=f"{prefix}-enlarged-info")
        with gr.Row():
            file = gr.DownloadButton(
                "Download PNG", size="sm", interactive=False, min_width=120,
                elem_id=f"{prefix}-enlarged-file",
            )  # fmt: skip
            close = gr.Button("Close", size="sm", min_width=80, elem_id=f"{prefix}-enlarged-close")
    return {"box": box, "compare": compare, "info": info, "file": file, "close": close}


def switch(prefix: str) -> gr.Checkbox:
    """Lay out "show enlarged" for a sheet; its value goes to `fast_grower`."""
    return gr.Checkbox(
        False, label="Show enlarged (4 x, fast network)", container=False, min_width=250,
        elem_id=f"{prefix}-show-enlarged",
    )  # fmt: skip


def suffix(enlarged: bool) -> str:
    """What the names of files end in."""
    return f"-x{FACTOR}" if enlarged else ""


def film_switch(prefix: str) -> gr.Checkbox:
    """Lay out "enlarged" for a film; its value goes to `fast_grower`."""
    return gr.Checkbox(
        False, label="Enlarged", info="4 x, fast network", min_width=140,
        elem_id=f"{prefix}-film-enlarged",
    )  # fmt: skip


def wire(
    panel: Enlarged,
    load: Load,
    tab: Any,
    make: Callable[..., str],
    inputs: Sequence[gr.components.Component],
    js: str | None = None,
    trigger: Callable[..., Any] | None = None,
) -> None:
    """Connect the button and the pictures of a tab.

    Args:
        panel: what `layout` gave.
        load: gives a pipeline.
        tab: the block that holds the pictures.
        make: gives the file of the picture that the button enlarges, of the values of `inputs`.
        inputs: components.
        js: hands over what the browser alone knows, as values of `inputs`.
        trigger: the event that enlarges; by default a click of the button.
    """
    trigger = trigger or panel.button.click

    def open_large(
        *values: Any, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        with user_errors():
            path = yield from in_thread(lambda: make(*values))
            photo, folder = open_photo(path), output_folder()
            waiting = gr.DownloadButton(interactive=False)
            plain = slider_pair(photo, plainly(photo), folder)
            yield gr.Column(visible=True), plain, "Enlarging …", waiting
            made, line = yield from enlarged(load, path, photo, progress)
            pair = yield from in_thread(lambda: slider_pair(photo, made, folder))
            full = yield from in_thread(lambda: _saved(made, path, folder))
            yield gr.skip(), pair, line, gr.DownloadButton(value=full, interactive=True)

    trigger(None, None, None, js=into_sight(panel.box.elem_id, "img"), **PRIVATE)
    started = trigger(
        open_large, inputs, panel.outputs, js=js, show_progress_on=[panel.info], **ONE
    )
    panel.close.click(
        lambda: gr.Column(visible=False), None, panel.box, cancels=[started], **AT_ONCE
    )
    _wire_pictures(load, tab)


def _wire_pictures(load: Load, tab: Any) -> None:
    """Give every picture of a tab that can be downloaded an Enlarge: the large one replaces it."""

    def replace(
        picture: None, path: str | None, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        with user_errors():
            if path is None:
                raise ValueError("There is no picture to enlarge yet.")
            made, line = yield from enlarged(load, path, open_photo(path), progress)
            yield (yield from in_thread(lambda: _saved(made, path, output_folder())))
            gr.Info(line, title="Enlarged", duration=5)

    for picture in list(pictures_in(tab)):
        file = photo_input(visible=False, label="picture")
        button = add_to_toolbar(picture, "Enlarge")
        button.click(replace, [picture, file], picture, js=_FILE_JS, **ONE)


def enlarged(
    load: Load, path: str, photo: Image.Image, progress: gr.Progress
) -> Generator[Any, None, tuple[Image.Image, str]]:
    """Enlarge a picture with the best network that takes seconds; also what was done, in a line.

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
    """What a picture's PNG says of how it was made; nothing where it is not one of this page."""
    try:
        return read_provenance(path)
    except ValueError:
        return {}


def read_base_provenance(path: str) -> dict[str, Any]:
    """The provenance in a PNG of this page; of one that was enlarged, what it was enlarged from.

    Raises:
        ValueError: there is none.
    """
    provenance = read_provenance(path)
    base = provenance.get("base")
    return base if provenance.get("task") == TASK and isinstance(base, dict) else provenance


def plainly(photo: Image.Image) -> Image.Image:
    """The picture enlarged without a network: what there is to see until it is ready."""
    size = (photo.width * FACTOR, photo.height * FACTOR)
    return photo.resize(size, Image.Resampling.BICUBIC)


def _saved(image: Image.Image, base: str, folder: Path) -> str:
    """Write the large picture, named after the file of the small one; its path."""
    path = folder / f"{Path(base).stem}{suffix(True)}.png"
    save_png(image, path)
    return str(path)
