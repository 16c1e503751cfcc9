"""Links to a tab: a text to copy, and opening the tab where the page's address is one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

import gradio as gr
from gradio.blocks import BlockContext
from gradio.components import Component

from tabs.components.events import AT_ONCE, PRIVATE, Values
from tabs.components.gradio_compat import on_page_load, tabs_around

_FULL_JS = "query => query ? location.origin + location.pathname + query : ''"
_COPY_JS = """link => {
  if (!link) return;
  const button = document.getElementById('ELEM-copy');
  const field = document.querySelector('#ELEM textarea, #ELEM input');
  const told = navigator.clipboard?.writeText(link) ?? Promise.reject();
  const copied = () => ganvasText('Copied');
  const refused = () => { field.select(); return ganvasText('Press Ctrl+C'); };
  told.then(copied, refused).then(said => {
    button.textContent = said;
    setTimeout(() => { button.textContent = ganvasText('Copy link'); }, 2000);
  });
}"""


def layout(prefix: str, label: str, info: str | None = None) -> tuple[gr.Textbox, gr.Textbox]:
    """Lay out the link and its button; returns the field of the query and that of the link."""
    query = gr.Textbox(visible=False)
    link = gr.Textbox(label=label, info=info, elem_id=f"{prefix}-link", max_lines=1)
    copy = gr.Button("Copy link", size="sm", elem_id=f"{prefix}-link-copy")
    query.change(None, query, link, js=_FULL_JS, **PRIVATE)
    copy.click(None, link, None, js=_COPY_JS.replace("ELEM", f"{prefix}-link"), **PRIVATE)
    return query, link


def write(**parameters: object) -> str:
    """The query of a link, with its question mark; parameters that are None are left out."""
    named = {name: value for name, value in parameters.items() if value is not None}
    return "?" + urlencode(named)


def leads_to(query: Mapping[str, str], tab: str) -> bool:
    """Whether the page's address is a link of this tab; without a tab it is one of Sample."""
    names_pictures = "seeds" in query or "model" in query
    return names_pictures and query.get("tab", "latent") == tab


def wire_opening(
    tab: BlockContext,
    name: str,
    filled: Sequence[Component] = (),
    read: Callable[[Mapping[str, str]], Values] = lambda query: (),
) -> None:
    """Open the tab when the page is opened by a link of it.

    Args:
        tab: the tab, which draws when it is opened.
        name: of the tab in its links.
        filled: components that a link fills in.
        read: takes the link's parameters, returns the values of `filled`; raises ValueError where
            the link is broken.
    """
    around = tabs_around(tab)  # None where the tab stands alone
    outputs = [*filled, *([] if around is None else [around])]
    if not outputs:
        return

    def follow(request: gr.Request) -> dict[Component | gr.Tabs, object]:
        query = dict(request.query_params)
        if not leads_to(query, name):
            return {outputs[0]: gr.skip()}
        updates: dict[Component | gr.Tabs, object] = {}
        if around is not None and isinstance(tab, gr.Tab):
            updates[around] = gr.Tabs(selected=tab.id)
        try:
            updates |= dict(zip(filled, read(query), strict=True))
        except ValueError as error:
            warn(error)
        return updates

    on_page_load(follow, None, outputs, **AT_ONCE)


def warn(error: ValueError) -> None:
    """Show why a link could not be followed."""
    gr.Warning(f"The link could not be followed. {error}")
