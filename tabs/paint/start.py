"""Models, files and styles of pictures that the canvas starts from."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from numpy.typing import NDArray

from gan_models import SemanticPipeline, WeightsError, limits, read_photo
from tabs.components import model_menu
from tabs.components.enlarge import read_base_provenance
from tabs.components.errors import user_errors
from tabs.components.events import PRIVATE, Facts, Options, Updates
from tabs.components.files import file_input
from tabs.components.loading import Load, loading
from tabs.components.model_menu import ModelMenu
from tabs.components.models import model_card, refresh_on_load, refuse_absent
from tabs.components.upload import privacy_note
from tabs.paint.models import checked_painter, choices, is_ready, legend
from tabs.paint.state import TASK, write_runs, write_style

AUTOMATIC, PHOTO = "automatic", "photo"
READINGS = [
    ("Whatever it is", AUTOMATIC),
    ("This model's ids or colours", "own"),
    ("ADE20K ids or colours", "ade20k"),
    ("COCO-Stuff ids or colours", "coco-stuff"),
    ("Cityscapes ids or colours", "cityscapes"),
]
READING_PHOTO = ("A photo, segmented roughly", PHOTO)
BESIDE: Options = {**PRIVATE, "concurrency_limit": 4}  # models load while others paint
NO_ENCODER = (
    "**This model has no style encoder here**, which moods and the style of a picture need: choose "
    "a style seed. For a checkpoint of your own, open it once more under *Your model*, together "
    "with its encoder."
)
FOREIGN = ("ade20k", "coco-stuff", "cityscapes")


@dataclass(frozen=True)
class OpenPanel:
    """Components of "Open a file"."""

    file: gr.File
    reading: gr.Radio


@dataclass(frozen=True)
class StylePanel:
    """Components of "Style from a picture"."""

    file: gr.File
    note: gr.Markdown


def layout_file() -> OpenPanel:
    """Lay out the panel that opens files."""
    with gr.Row(equal_height=False):
        file = file_input(
            label="Drop a label map or a picture from this page",
            height=140,
            min_width=280,
            elem_id="paint-file",
        )
        reading = gr.Radio(
            READINGS,
            value=AUTOMATIC,
            label="Read it as",
            info=_limits_note(),
            elem_id="paint-reading",
            min_width=280,
        )
    return OpenPanel(file, reading)


def _limits_note() -> str:
    most = limits()
    return (
        f"Label maps are PNGs from 16x16 up to {most.label_map_megapixels:g} megapixels; pictures "
        f"have up to {most.megapixels:g} megapixels. A picture saved on this page brings its "
        f"canvas and style back. {privacy_note()}"
    )


def layout_style() -> StylePanel:
    """Lay out the panel that takes a style from a picture."""
    file = file_input(
        label="Drop a picture, and the painting takes on its light and colours",
        height=140,
        elem_id="paint-style-file",
    )
    return StylePanel(file, gr.Markdown("", elem_id="paint-style-note", elem_classes="card"))


def layout_model(model: str) -> ModelMenu:
    """Lay out the choice of the model."""
    menu = model_menu.layout(TASK, "paint", model)
    refresh_on_load(menu.dropdown, TASK)
    return menu


def wire(
    load: Load, canvas: gr.HTML, opening: OpenPanel, styling: StylePanel, choosing: ModelMenu
) -> None:
    """Connect model and files to the canvas."""
    last = gr.Textbox(visible=False)
    outputs = [canvas, choosing.dropdown, choosing.card, opening.reading, styling.note]

    def arrive(last: str, model: str, progress: gr.Progress = gr.Progress()) -> Updates:
        known = [one for _, one in choices()]
        wanted = last if last in known else model
        if last and (last not in known or not is_ready(last)) and is_ready(model):
            gr.Warning(f"{last[:60]} is not on this server; the canvas opens with another model.")
            wanted = model
        if is_ready(wanted):
            yield from change(wanted, progress)
        else:  # only the Get button downloads
            sentence = "No model that paints is here. Choose one under Model, below."
            yield gr.HTML(problem=sentence), *[gr.skip()] * 4

    def change(model: str, progress: gr.Progress = gr.Progress()) -> Updates:
        if not is_ready(model):  # the card says so; Get downloads it
            yield gr.skip()
            return
        try:
            pipeline: SemanticPipeline = yield from loading(load, checked_painter(model), progress)
        except (ValueError, WeightsError) as error:
            yield gr.HTML(problem=str(error)), *[gr.skip()] * 4
            return
        yield gr.HTML(legend=legend(pipeline)), model, *canvas_values(pipeline, model)

    def open_file(
        path: str | None, reading: str, model: str, progress: gr.Progress = gr.Progress()
    ) -> Updates:
        if path is None:
            yield gr.skip()
            return
        with user_errors():
            provenance = _provenance_of(path) if reading == AUTOMATIC else None
            wanted = checked_painter(provenance["model"] if provenance else model)
            refuse_absent(wanted)
            pipeline: SemanticPipeline = yield from loading(load, wanted, progress)
            update: Options = {"arrival": _arrival(pipeline, Path(path), reading, provenance)}
            if wanted != model:
                update["legend"] = legend(pipeline)
            yield gr.HTML(**update), wanted, *canvas_values(pipeline, wanted)

    options: Options = {**BESIDE, "show_progress": "hidden"}
    inputs = [opening.file, opening.reading, choosing.dropdown]
    canvas.opened(arrive, [last, choosing.dropdown], outputs, js=_ARRIVE_JS, **options)
    for event in model_menu.wire(choosing, TASK, load):
        event(change, choosing.dropdown, outputs, show_progress_on=[choosing.card], **BESIDE)
    opening.file.upload(open_file, inputs, outputs, **options)
    opening.reading.input(open_file, inputs, outputs, **options)
    _wire_style(load, canvas, styling.file)


# the model of a link, else that of the last visit
_ARRIVE_JS = """(last, model) => {
  const asked = new URLSearchParams(location.search);
  const linked = asked.get('tab') === 'paint' ? asked.get('model') : '';
  return [linked || localStorage.getItem('ganvas-paint') || '', model];
}"""


def canvas_values(pipeline: SemanticPipeline, model: str) -> tuple[str, gr.Radio, str]:
    """The card of a model, the ways to read a file, and why a picture cannot give a style.

    Photos can be read only if there is a segmenter for the labels.
    """
    readings = gr.Radio([*READINGS, READING_PHOTO] if pipeline.can_segment else READINGS)
    if not pipeline.has_style:
        note = "This model paints in one style only."
    elif not pipeline.has_encoder:
        note = NO_ENCODER
    else:
        note = ""
    return model_card(model), readings, note


def _provenance_of(path: str) -> Facts | None:
    """The provenance in a picture of this tab; None for other files."""
    try:
        provenance = read_base_provenance(path)
    except ValueError:
        return None
    return provenance if provenance.get("task") == "semantic" and "model" in provenance else None


def _arrival(
    pipeline: SemanticPipeline, path: Path, reading: str, provenance: Facts | None
) -> dict[str, Any]:
    """A file as the canvas takes it."""
    if provenance is not None:
        return restored(pipeline, provenance)
    label_map, note = _read_map(pipeline, path, reading)
    if note:
        gr.Warning(note, title="How the label map was read", duration=20)
    return {"serial": time.time_ns(), "map": write_runs(label_map)}


def restored(pipeline: SemanticPipeline, provenance: Facts) -> dict[str, Any]:
    """A restored painting as the canvas takes it.

    Raises:
        ValueError: the provenance is broken, or for other labels.
    """
    painting = pipeline.restore(provenance)
    if not pipeline.made_with(provenance):
        gr.Warning("The picture was made with other weights of this model; it may look different.")
    return {
        "serial": time.time_ns(),
        "map": write_runs(painting.label_map),
        "style": write_style(painting.style),
        "patches": [
            {"mask": write_runs(patch.mask), "style": write_style(patch.style)}
            for patch in painting.patches
        ],
    }


def _read_map(
    pipeline: SemanticPipeline, path: Path, reading: str
) -> tuple[NDArray[np.int32], str]:
    """The ids of a file, and a sentence where they could have been read otherwise, else ""."""
    is_photo = reading == AUTOMATIC and path.suffix.lower() != ".png" and pipeline.can_segment
    if reading == PHOTO or is_photo:
        ids = pipeline.segment(read_photo(path))
        gr.Info("Read as a photo. It is a rough start: paint over what it got wrong.")
        return ids, ""
    if reading != AUTOMATIC:
        return pipeline.read_map_with_note(path, None if reading == "own" else reading)
    try:
        return pipeline.read_map_with_note(path)
    except ValueError:
        for palette in FOREIGN:
            try:
                return pipeline.read_map_with_note(path, palette)
            except ValueError:
                continue
        raise


def _wire_style(load: Load, canvas: gr.HTML, file: gr.File) -> None:
    """Give the painting the style of a picture."""
    model = gr.Textbox(visible=False)

    def encode(path: str | None, model: str, progress: gr.Progress = gr.Progress()) -> Updates:
        if path is None:
            yield gr.skip()
            return
        with user_errors():
            pipeline: SemanticPipeline = yield from loading(load, checked_painter(model), progress)
            style = pipeline.encode_style(read_photo(path))
            named = write_style(style, Path(path).stem[:24])
            yield gr.HTML(arrival={"serial": time.time_ns(), "style": named})

    js = "file => [file, window.ganvasPaint?.legend?.model || '']"
    file.upload(encode, [file, model], canvas, js=js, show_progress="hidden", **BESIDE)
