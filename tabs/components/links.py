"""The link of a tab: a text to copy, and whether the page's address is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from tabs.components.events import AT_ONCE, PRIVATE

_FULL_JS = "query => query ? location.origin + location.pathname + query : ''"
_COPY_JS = """link => {
  if (!link) return;
  const button = document.getElementById('ELEM-copy');
  const field = document.querySelector('#ELEM textarea, #ELEM input');
  const told = navigator.clipboard?.writeText(link) ?? Promise.reject();
  told.then(() => 'Copied', () => { field.select(); return 'Press Ctrl+C'; }).then(said => {
    button.textContent = said;
    setTimeout(() => { button.textContent = 'Copy link'; }, 2000);
  });
}"""


def layout(prefix: str, label: str, info: str | None = None) -> tuple[gr.Textbox, gr.Textbox]:
    """Lay out the link and its button; returns what takes the query, and the link itself."""
    query = gr.Textbox(visible=False)
    link = gr.Textbox(label=label, info=info, elem_id=f"{prefix}-link", max_lines=1)
    copy = gr.Button("Copy link", size="sm", elem_id=f"{prefix}-link-copy")
    query.change(None, query, link, js=_FULL_JS, **PRIVATE)
    copy.click(None, link, None, js=_COPY_JS.replace("ELEM", f"{prefix}-link"), **PRIVATE)
    return query, link


def write(**facts: Any) -> str:
    """The part of a link that follows the page's address; facts that are None are left out."""
    return "?" + urlencode({name: fact for name, fact in facts.items() if fact is not None})


def leads_to(query: Mapping[str, str], tab: str) -> bool:
    """Whether the page's address is a link of this tab; one that names none is Sample's."""
    names_pictures = "seeds" in query or "model" in query
    return names_pictures and query.get("tab", "latent") == tab


def wire_opening(
    tab: gr.Tab,
    name: str,
    filled: Sequence[gr.components.Component] = (),
    read: Callable[[Mapping[str, str]], Sequence[Any]] = lambda query: (),
) -> None:
    """On opening the page: a link of this tab opens it.

    Args:
        tab: the tab; it draws what it opens on.
        name: of the tab in its links.
        filled: what a link fills in.
        read: the values of `filled`; raises ValueError where the link is broken.
    """

    # known only while the page is built; none where the tab stands alone
    rooms = [tab.parent] if isinstance(tab.parent, gr.Tabs) else []
    outputs = [*filled, *rooms]
    if not outputs:
        return

    def follow(request: gr.Request) -> dict[Any, Any]:
        query = dict(request.query_params)
        if not leads_to(query, name):
            return {outputs[0]: gr.skip()}
        opened = {room: gr.Tabs(selected=tab.id) for room in rooms}
        try:
            return opened | dict(zip(filled, read(query), strict=True))
        except ValueError as error:
            warn(error)
            return opened

    gr.context.Context.root_block.load(follow, None, outputs, **AT_ONCE)


def warn(error: ValueError) -> None:
    """Tell why a link is not followed."""
    gr.Warning(f"The link could not be followed. {error}")
