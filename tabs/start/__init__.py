"""The first tab: one animated tile for each other tab. No model is loaded for it."""

from __future__ import annotations

import html
import shutil
from collections.abc import Sequence
from pathlib import Path

import gradio as gr
from starlette.middleware import Middleware

from tabs.components.tab_module import TabModule
from tabs.server import folders
from tabs.start.early import EarlyTiles

TITLE, ELEM_ID = "Start", "tab-start"
FOLDER = Path(__file__).parent / "tiles"
SENTENCES = {  # by element id, without "tab-"
    "latent": "Random pictures from a seed. Morph from one to another, edit them, make a film.",
    "classes": "Choose what is in the picture: a place, a season, an animal.",
    "translate": "Your photo in winter, in summer, or as an old print.",
    "restore": "Enlarge a small picture and sharpen it.",
    "paint": "Paint where water and mountains are and get the picture.",
    "fine-tune": "Train a generator on pictures of your own.",
    "learn": "See a GAN being trained, step by step.",
    "your-file": "Open a generator that you have as a file.",
}
_HTML = '<nav class="tiles" style="--columns: {columns}" aria-label="The tabs">{tiles}</nav>'
_TILE = (
    '<a class="tile" href="#{tab}" data-tab="{tab}">{picture}<span class="tile-text">'
    "<b>{title}</b><span>{sentence}</span></span></a>"
)
_PICTURE = (
    '<picture><source media="(prefers-reduced-motion: reduce)" srcset="{still}">'
    '<img src="{moving}" alt="" width="288" height="288"></picture>'
)
CSS = """
.tiles { display: grid; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); gap: 14px; }
.tile { display: flex; flex-direction: column; overflow: hidden; border-radius: 12px;
  border: 1px solid var(--border-color-primary, #94a3b855);
  background: var(--background-fill-secondary, transparent);
  color: var(--body-text-color, inherit); text-decoration: none; }
.tile:hover, .tile:focus-visible { border-color: #0f766e; box-shadow: 0 0 0 2px #0f766e; }
.tile picture { display: block; overflow: hidden; }
.tile img { display: block; width: 100%; height: auto; aspect-ratio: 16 / 10; object-fit: cover;
  margin: 0; }
.tiles[style*="4"] .tile img { aspect-ratio: 13 / 10; }
.tile-text { display: block; padding: 8px 12px 10px; line-height: 1.35; font-size: 14px; }
.tile-text b { display: block; font-size: 17px; font-weight: 700; }
@media (max-width: 760px) {
  .tiles { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .tiles .tile img, .tiles[style*="4"] .tile img { aspect-ratio: 16 / 10; }
  .tile-text { padding: 4px 8px 6px; font-size: 12px; line-height: 1.25; }
  .tile-text b { font-size: 15px; }
  .tile-text span { display: -webkit-box; -webkit-line-clamp: 2; -webkit-box-orient: vertical;
    overflow: hidden; }
}
"""
# clicks the tab's own button, so that the tab opens as it does from the row above
_JS = """
element.addEventListener('click', event => {
  const tile = event.target.closest('.tile');
  if (!tile) return;
  event.preventDefault();
  document.getElementById(tile.dataset.tab + '-button')?.click();
  window.scrollTo(0, 0);
});
"""


def build(tabs: Sequence[TabModule]) -> None:
    """Lay out the tiles of these tabs inside an open `gr.Tab`."""
    gr.HTML(
        html_template=tiles_of(tabs),
        css_template=CSS,
        js_on_load=_JS,
        apply_default_css=False,
        elem_id="start-tiles",
    )


def tiles_of(tabs: Sequence[TabModule]) -> str:
    """The tiles of these tabs as HTML."""
    tiles = "".join(_tile(tab) for tab in tabs)
    return _HTML.format(tiles=tiles, columns=3 if len(tabs) <= 6 else 4)


def early_tiles(tabs: Sequence[TabModule]) -> Middleware:
    """Middleware that puts the tiles of these tabs into the server's first answer."""
    return Middleware(EarlyTiles, tiles=tiles_of(tabs), style=CSS)


def _tile(tab: TabModule) -> str:
    name = tab.ELEM_ID.removeprefix("tab-")
    return _TILE.format(
        tab=tab.ELEM_ID,
        title=html.escape(tab.TITLE),
        sentence=html.escape(SENTENCES.get(name, "")),
        picture=moving_picture(name),
    )


def moving_picture(name: str) -> str:
    """The loop of a tile as HTML, a still for reduced motion; empty without a file."""
    if not (FOLDER / f"{name}.webp").is_file():
        return ""
    return _PICTURE.format(still=_address(f"{name}-still"), moving=_address(name))


def _address(name: str) -> str:
    """Where a picture is served: a copy, so that the page does not show where it is installed."""
    path = FOLDER / f"{name}.webp"
    served = folders.prepare().gradio / "tiles" / path.name
    if not served.is_file():
        served.parent.mkdir(exist_ok=True)
        shutil.copy(path, served)
    return f"gradio_api/file={served.as_posix()}?{path.stat().st_mtime_ns}"
