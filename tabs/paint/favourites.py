"""What stays: favourites in the browser, and the link."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from gan_models import read_provenance
from tabs.components import favourite_list, links
from tabs.components.errors import user_errors
from tabs.components.events import PRIVATE
from tabs.components.favourite_list import Favourites, Shown
from tabs.components.files import png_files
from tabs.components.loading import Load, in_thread, loading
from tabs.components.model_menu import ModelMenu
from tabs.components.models import refuse_absent
from tabs.paint.models import checked_painter, legend
from tabs.paint.start import BESIDE, OpenPanel, StylePanel, restored, told
from tabs.paint.state import TASK, file_name, read_painting, read_request

MAX_FAVOURITES = 24
_SHOWN_PX = 256
LINK_INFO = (
    "Names the model, the layout that the map began with, and the style's seed or name. What is "
    "painted by hand is not in a link: it travels in the PNG under Picture, and in favourite_list."
)
_LINK_JS = "() => window.ganvasPaint?.link() || ''"
# the storage, then the painting, which the browser alone knows
_KEEP_JS = """stored => {
  const studio = window.ganvasPaint;
  return [stored, studio?.map ? JSON.stringify(studio.payload()) : ''];
}"""


@dataclass(frozen=True)
class Kept:
    """A favourite: the provenance of a painting, and a small copy of its picture."""

    provenance: dict[str, Any]
    picture: str

    @classmethod
    def read(cls, item: Any) -> Kept:
        """Check what the browser's storage says.

        Raises:
            ValueError: no provenance of this tab, an unknown model, or no picture.
        """
        provenance = item["recipe"]
        if provenance.get("task") != TASK:
            raise ValueError("This is no painting.")
        checked_painter(provenance["model"])
        return cls(provenance, favourite_list.checked_text(item["picture"]))

    def stored(self) -> dict[str, Any]:
        """For the browser's storage; `read` takes it back."""
        return {"recipe": self.provenance, "picture": self.picture}

    @property
    def caption(self) -> str:
        """What stands under its picture."""
        seed = self.provenance.get("style_seed")
        return self.provenance["model"] + ("" if seed is None else f", style seed {seed}")


def layout_link(canvas: gr.HTML) -> None:
    """Lay out the link, which follows the canvas."""
    query, _ = links.layout("paint", "Link to model, layout and style", LINK_INFO)
    canvas.linked(None, None, query, js=_LINK_JS, **PRIVATE)


def wire(
    kept: Favourites,
    tab: gr.Tab,
    canvas: gr.HTML,
    opening: OpenPanel,
    styling: StylePanel,
    choosing: ModelMenu,
    load: Load,
) -> None:
    """Connect the favourite_list."""
    text = gr.Textbox(visible=False)

    def current(text: str) -> Generator[Any, None, Kept]:
        return (yield from in_thread(lambda: keep_of(load, text)))

    def draw(picks: list[Kept], progress: gr.Progress) -> Generator[Any, None, Shown]:
        yield gr.skip()
        files = [favourite_list.picture_file(one.picture, one.provenance["model"]) for one in picks]
        return [(file, one.caption) for file, one in zip(files, picks, strict=True)]

    def bring(
        stored: Any, model: str, event: gr.SelectData, progress: gr.Progress = gr.Progress()
    ) -> Generator[Any, None, None]:
        picks = read_favourites(stored)
        if event.index >= len(picks):
            yield gr.skip()
            return
        provenance = picks[event.index].provenance
        with user_errors():
            wanted = checked_painter(provenance["model"])
            refuse_absent(wanted)
            pipeline = yield from loading(load, wanted, progress)
            update = {"arrival": restored(pipeline, provenance)}
            if wanted != model:
                update["legend"] = legend(pipeline)
            yield gr.HTML(**update), wanted, *told(pipeline, wanted), event.index

    favourite_list.wire(
        kept, tab, read_favourites, draw, current, [text], MAX_FAVOURITES, js=_KEEP_JS
    )
    outputs = [canvas, choosing.dropdown, choosing.card, opening.reading, styling.note]
    brought = kept.gallery.select(
        bring,
        [kept.store, choosing.dropdown],
        [*outputs, kept.selected],
        show_progress_on=[kept.gallery],
        **BESIDE,
    )
    brought.then(None, None, None, js="() => window.ganvasShow('paint-canvas')", **PRIVATE)


def read_favourites(stored: Any) -> list[Kept]:
    """Favourites from the browser's storage; what is no longer valid is left out."""
    return favourite_list.read_all(stored, Kept.read, MAX_FAVOURITES)


def keep_of(load: Load, text: str) -> Kept:
    """A favourite of the painting that the canvas hands over as text.

    Raises:
        ValueError: there is no painting, or it is broken.
    """
    request = read_request(text)
    pipeline = load(checked_painter(request.get("model")))
    painting = read_painting(request, pipeline)
    picture = pipeline.paint(painting.label_map, painting.style, painting.patches)
    provenance = read_provenance(png_files([picture], [file_name(pipeline, painting)])[0])
    return Kept(provenance, favourite_list.picture_text(picture, _SHOWN_PX))
