"""Favourites in the browser, and the link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import gradio as gr

from gan_models import SemanticPipeline, read_provenance
from tabs.components import favourite_list, links
from tabs.components.errors import user_errors
from tabs.components.events import PRIVATE, Facts, Options, Steps, Updates
from tabs.components.favourite_list import Favourites, Thumbnails
from tabs.components.files import png_files
from tabs.components.loading import Load, in_thread, loading
from tabs.components.model_menu import ModelMenu
from tabs.components.models import refuse_absent
from tabs.paint.models import checked_painter, legend
from tabs.paint.start import BESIDE, OpenPanel, StylePanel, canvas_values, restored
from tabs.paint.state import TASK, file_name, read_painting, read_request

MAX_FAVOURITES = 24
_THUMBNAIL_PX = 256
LINK_INFO = (
    "Names the model, the layout that the map began with, and the style's seed or name. What is "
    "painted by hand is not in a link: it travels in the PNG under Picture, and in favourites."
)
_LINK_JS = "() => window.ganvasPaint?.link() || ''"
# the storage, then the painting, which only the browser has
_ADD_JS = """stored => {
  const studio = window.ganvasPaint;
  return [stored, studio?.map ? JSON.stringify(studio.payload()) : ''];
}"""


@dataclass(frozen=True)
class Favourite:
    """A favourite: the provenance of a painting, and a small copy of its picture."""

    provenance: Facts
    picture: str

    @classmethod
    def read(cls, item: Facts) -> Favourite:
        """Check the values of the browser's storage.

        Raises:
            ValueError: no provenance of this tab, an unknown model, or no picture.
        """
        provenance = item["recipe"]
        if provenance.get("task") != TASK:
            raise ValueError("This is no painting.")
        checked_painter(provenance["model"])
        return cls(provenance, favourite_list.checked_text(item["picture"]))

    def stored(self) -> dict[str, Any]:
        """For the browser's storage; `read` reads it."""
        return {"recipe": dict(self.provenance), "picture": self.picture}

    @property
    def caption(self) -> str:
        """The text under its picture."""
        seed = self.provenance.get("style_seed")
        return self.provenance["model"] + ("" if seed is None else f", style seed {seed}")


def layout_link(canvas: gr.HTML) -> None:
    """Lay out the link, which follows the canvas."""
    query, _ = links.layout("paint", "Link to model, layout and style", LINK_INFO)
    canvas.linked(None, None, query, js=_LINK_JS, **PRIVATE)


def wire(
    favourites: Favourites,
    tab: gr.Tab,
    canvas: gr.HTML,
    opening: OpenPanel,
    styling: StylePanel,
    choosing: ModelMenu,
    load: Load,
) -> None:
    """Connect the favourites."""
    text = gr.Textbox(visible=False)

    def current(text: str) -> Steps[Favourite]:
        return (yield from in_thread(lambda: make_favourite(load, text)))

    def draw(picks: list[Favourite], progress: gr.Progress) -> Steps[Thumbnails]:
        yield gr.skip()
        files = [favourite_list.picture_file(one.picture, one.provenance["model"]) for one in picks]
        return [(file, one.caption) for file, one in zip(files, picks, strict=True)]

    def open_one(
        stored: object, model: str, event: gr.SelectData, progress: gr.Progress = gr.Progress()
    ) -> Updates:
        picks = read_favourites(stored)
        if event.index >= len(picks):
            yield gr.skip()
            return
        provenance = picks[event.index].provenance
        with user_errors():
            wanted = checked_painter(provenance["model"])
            refuse_absent(wanted)
            pipeline: SemanticPipeline = yield from loading(load, wanted, progress)
            update: Options = {"arrival": restored(pipeline, provenance)}
            if wanted != model:
                update["legend"] = legend(pipeline)
            yield gr.HTML(**update), wanted, *canvas_values(pipeline, wanted), event.index

    favourite_list.wire(
        favourites, tab, read_favourites, draw, current, [text], MAX_FAVOURITES, js=_ADD_JS
    )
    outputs = [canvas, choosing.dropdown, choosing.card, opening.reading, styling.note]
    opened = favourites.gallery.select(
        open_one,
        [favourites.store, choosing.dropdown],
        [*outputs, favourites.selected],
        show_progress_on=[favourites.gallery],
        **BESIDE,
    )
    opened.then(None, None, None, js="() => window.ganvasShow('paint-canvas')", **PRIVATE)


def read_favourites(stored: object) -> list[Favourite]:
    """Favourites from the browser's storage that are still valid."""
    return favourite_list.read_all(stored, Favourite.read, MAX_FAVOURITES)


def make_favourite(load: Load, text: str) -> Favourite:
    """A favourite of the painting that the canvas sends as text.

    Raises:
        ValueError: there is no painting, or it is broken.
    """
    request = read_request(text)
    pipeline: SemanticPipeline = load(checked_painter(request.get("model")))
    painting = read_painting(request, pipeline)
    picture = pipeline.paint(painting.label_map, painting.style, painting.patches)
    provenance = read_provenance(png_files([picture], [file_name(pipeline, painting)])[0])
    return Favourite(provenance, favourite_list.picture_text(picture, _THUMBNAIL_PX))
