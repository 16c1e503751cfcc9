"""Favourites, pictures of this page that restore their sheet, and links."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

from gan_models import ClassPipeline, get_spec, pictures_of
from tabs.classes.listing import ListPanel
from tabs.classes.sheet import FIRST_SEEDS, SheetPanel, draw, settings_of
from tabs.classes.state import TASK, ClassPick, ClassSheet
from tabs.components import favourite_list, links, preview, provenance_drop
from tabs.components.errors import user_errors
from tabs.components.events import GPU, PRIVATE, Event, Facts, Options, Steps, Updates, Values
from tabs.components.favourite_list import Favourites, Thumbnails
from tabs.components.files import png_files
from tabs.components.history import History
from tabs.components.loading import Load, loading
from tabs.components.models import absence


def wire(
    favourites: Favourites,
    tab: gr.Tab,
    panel: SheetPanel,
    listed: ListPanel,
    load: Load,
) -> list[Event]:
    """Connect the favourites and the upload of saved pictures; returns the events to cancel."""

    def current(past: History[ClassSheet], clicked: int) -> Steps[ClassPick]:
        if past.current is None:
            raise ValueError("Sample some pictures first, then keep one.")
        yield gr.skip()
        return past.current.pick(clicked)

    def open_one(
        stored: object,
        past: History[ClassSheet],
        enlarged: bool,
        event: gr.SelectData,
        progress: gr.Progress = gr.Progress(),
    ) -> Updates:
        picks = read_favourites(stored)
        if event.index >= len(picks):
            yield gr.skip()
            return
        sheet = picks[event.index].sheet
        with user_errors():
            drawn = yield from draw(load, sheet, past.push(sheet), progress, enlarged)
            yield (*drawn, event.index)

    def restore(
        provenance: Facts,
        past: History[ClassSheet],
        enlarged: bool,
        progress: gr.Progress,
    ) -> Steps[Values]:
        sheet = read_class_provenance(provenance)
        return (yield from draw(load, sheet, past.push(sheet), progress, enlarged))

    given, outputs = [panel.history, panel.switch], panel.outputs(listed)
    options: Options = {**GPU, **PRIVATE, "show_progress_on": [panel.gallery]}
    draw_all = lambda picks, progress: _draw_favourites(load, picks, progress)
    filled = [*outputs, favourites.selected]
    restored = favourites.gallery.select(open_one, [favourites.store, *given], filled, **options)
    dropped = panel.drop.upload(
        provenance_drop.handler(restore), [panel.drop, *given], outputs, **options
    )
    for event in (restored, dropped):
        event.then(**preview.into_view("classes-gallery"))
    events = favourite_list.wire(
        favourites, tab, read_favourites, draw_all, current, [panel.history, panel.clicked]
    )
    return [*events, restored, dropped]


def wire_link(tab: gr.Tab, panel: SheetPanel, listed: ListPanel) -> None:
    """When the page is opened by a link: fill in the settings and open the tab, which samples."""

    def read(query: Mapping[str, str]) -> Values:
        given = (query.get("model", ""), query.get("class"), query.get("seeds", FIRST_SEEDS))
        sheet = ClassSheet.read(*given, query.get("psi") or 1.0)
        *settings, ready = settings_of(sheet)
        # the list is not changed for an absent model, which Get downloads
        return *settings, gr.skip() if _absent(sheet) else ready

    links.wire_opening(tab, "classes", panel.settings(listed), read)


def read_favourites(stored: object) -> list[ClassPick]:
    """Favourites from the browser's storage that are still valid."""
    return favourite_list.read_all(stored, ClassPick.read)


def _absent(sheet: ClassSheet | ClassPick) -> bool:
    return bool(absence(get_spec(sheet.model)))


def _draw_favourites(
    load: Load, picks: list[ClassPick], progress: gr.Progress
) -> Steps[Thumbnails]:
    """Draw favourites whose models are here, yielding between them."""
    pictures: Thumbnails = []
    for pick in picks:
        caption = f"{pick.class_name}, seed {pick.seed}"
        if _absent(pick):
            pictures.append((None, caption))
            continue
        pipeline: ClassPipeline = yield from loading(load, pick.model, progress)
        image = pipeline.sample([pick.seed], pick.class_name, pick.truncation_psi)
        pictures.append((png_files(image, [pick.stem])[0], caption))
        yield gr.skip()
    return pictures


def read_class_provenance(provenance: Facts) -> ClassSheet:
    """The sheet of a provenance; of a morph, that of its end A; of several classes, the first's.

    Raises:
        ValueError: the provenance is another task's or broken.
    """
    with provenance_drop.reading(provenance, TASK):
        pictures = pictures_of(provenance)
        first = pictures[0]
        if "class_weights" in first:
            weights = first["class_weights"]
            mixture = ", ".join(f"{name} {weights[name]:g}" for name in weights)
            raise ValueError(f"This picture is a mixture; write its weights into Mix: {mixture}.")
        if "seed" in first:
            name = first["class_name"]
            alike = [picture for picture in pictures if picture["class_name"] == name]
            seeds = ", ".join(dict.fromkeys(str(picture["seed"]) for picture in alike))
        else:
            name, seeds = first["class_a"], first["seed_a"]
        return ClassSheet.read(first["model"], name, seeds, first["truncation_psi"])
