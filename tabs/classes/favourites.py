"""What stays: favourites, the provenance inside a picture, and the link."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import gradio as gr

from gan_models import get_spec
from tabs.classes.listing import ListPanel
from tabs.classes.sheet import FIRST_SEEDS, SheetPanel, draw, settings_of
from tabs.classes.state import TASK, ClassPick, ClassSheet
from tabs.components import favourite_list, links, preview, provenance_drop
from tabs.components.errors import user_errors
from tabs.components.events import GPU, PRIVATE
from tabs.components.favourite_list import Favourites, Shown
from tabs.components.files import png_files
from tabs.components.history import History
from tabs.components.loading import Load, loading
from tabs.components.models import absence


def wire(
    kept: Favourites,
    tab: gr.Tab,
    panel: SheetPanel,
    listed: ListPanel,
    load: Load,
) -> list[Any]:
    """Connect favourites and the place for saved pictures; returns what can be cancelled."""

    def current(past: History, clicked: int) -> Generator[Any, None, ClassPick]:
        if past.current is None:
            raise ValueError("Sample some pictures first, then keep one.")
        yield gr.skip()
        return past.current.pick(clicked)

    def bring(
        stored: Any,
        past: History,
        enlarged: bool,
        event: gr.SelectData,
        progress: gr.Progress = gr.Progress(),
    ) -> Generator[Any, None, None]:
        picks = read_favourites(stored)
        if event.index >= len(picks):
            yield gr.skip()
            return
        sheet = picks[event.index].sheet
        with user_errors():
            drawn = yield from draw(load, sheet, past.push(sheet), progress, enlarged)
            yield (*drawn, event.index)

    def restore(
        provenance: dict[str, Any], past: History, enlarged: bool, progress: gr.Progress
    ) -> Generator[Any, None, tuple[Any, ...]]:
        sheet = read_class_provenance(provenance)
        return (yield from draw(load, sheet, past.push(sheet), progress, enlarged))

    given, outputs = [panel.history, panel.enlarged.switch], panel.outputs(listed)
    options = {**GPU, **PRIVATE, "show_progress_on": [panel.gallery]}
    shown = lambda picks, progress: _draw_favourites(load, picks, progress)
    brought = kept.gallery.select(bring, [kept.store, *given], [*outputs, kept.selected], **options)
    dropped = panel.drop.upload(
        provenance_drop.handler(restore), [panel.drop, *given], outputs, **options
    )
    for event in (brought, dropped):
        event.then(**preview.into_view("classes-gallery"))
    events = favourite_list.wire(
        kept, tab, read_favourites, shown, current, [panel.history, panel.clicked]
    )
    return [*events, brought, dropped]


def wire_link(tab: gr.Tab, panel: SheetPanel, listed: ListPanel) -> None:
    """On opening the page: a link fills in the settings and opens the tab, which samples."""

    def read(query: Mapping[str, str]) -> tuple[Any, ...]:
        given = (query.get("model", ""), query.get("class"), query.get("seeds", FIRST_SEEDS))
        sheet = ClassSheet.read(*given, query.get("psi") or 1.0)
        *settings, ready = settings_of(sheet)
        # of a model that is not here the list stays, and the card has the button to get it
        return *settings, gr.skip() if _absent(sheet) else ready

    links.wire_opening(tab, "classes", panel.settings(listed), read)


def read_favourites(stored: Any) -> list[ClassPick]:
    """Favourites from the browser's storage; what is no longer valid is left out."""
    return favourite_list.read_all(stored, ClassPick.read)


def _absent(sheet: ClassSheet | ClassPick) -> bool:
    return bool(absence(get_spec(sheet.model)))


def _draw_favourites(
    load: Load, picks: list[ClassPick], progress: gr.Progress
) -> Generator[Any, None, Shown]:
    """Draw favourites whose models are here, yielding between them."""
    shown: Shown = []
    for pick in picks:
        caption = f"{pick.class_name}, seed {pick.seed}"
        if _absent(pick):
            shown.append((None, caption))
            continue
        pipeline = yield from loading(load, pick.model, progress)
        image = pipeline.sample([pick.seed], pick.class_name, pick.truncation_psi)
        shown.append((png_files(image, [pick.stem])[0], caption))
        yield gr.skip()
    return shown


def read_class_provenance(provenance: dict[str, Any]) -> ClassSheet:
    """The sheet that a provenance stands for; of a morph, its end A.

    Raises:
        ValueError: the provenance is another task's or broken.
    """
    with provenance_drop.reading(provenance, TASK):
        if "class_weights" in provenance:
            weights = provenance["class_weights"]
            mixture = ", ".join(f"{name} {weights[name]:g}" for name in weights)
            raise ValueError(f"This picture is a mixture; write its weights into Mix: {mixture}.")
        name = provenance.get("class_name", provenance.get("class_a"))
        seed = provenance["seed"] if "seed" in provenance else provenance["seed_a"]
        return ClassSheet.read(provenance["model"], name, seed, provenance["truncation_psi"])
