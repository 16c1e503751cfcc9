"""The trained landscape painter on roughly drawn maps, in the browser.

The ten pictures are left in pytest's temporary folder, to be looked at.
"""

from __future__ import annotations

import gradio as gr
import numpy as np
import pytest
from PIL import Image

from app import launch
from gan_models import PipelineCache
from gan_models.landscape import LABELS
from tabs import paint
from tests.browser.test_paint import choose, clear, click, drag, enter, painted, picture, settle

pytestmark = pytest.mark.slow
MAX_GARISH = 0.04  # share of the pixels
MAX_BLOTCHES = 0.01  # likewise; a painter that answered wide hills with green blotches had 0.017
SKY = LABELS.index("sky")
LOUDER = 60  # levels of chroma above what is usual for the material


@pytest.fixture(scope="module")
def page(browser):
    """The Paint tab with the real model."""
    with gr.Blocks() as app, gr.Tabs(), gr.Tab("Paint", elem_id="tab-paint"):
        paint.build(PipelineCache())
    _, url, _ = launch(app.queue(), server_port=None, prevent_thread_lock=True, quiet=True)
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(60_000)
    page = context.new_page()
    enter(page, url.rstrip("/"))
    yield page
    context.close()
    app.close()


def ground(page, label: str, top: float) -> None:
    choose(page, "rectangle", label)
    drag(page, (0.0, top), (0.999, 0.999))


def blob(page, label: str, x: float, y: float, rx: float = 0.15, ry: float = 0.1) -> None:
    choose(page, "ellipse", label)
    drag(page, (x - rx, y - ry), (x + rx, y + ry))


def scrawl(page, label: str, *points: tuple[float, float], size: int = 12) -> None:
    choose(page, "brush", label)
    page.fill(".size", str(size))
    drag(page, *points)


def checkerboard(page, cells: int) -> None:
    labels = page.evaluate("ganvasPaint.legend.labels")
    for row in range(cells):
        for column in range(cells):
            choose(page, "rectangle", labels[(row * 5 + column) % len(labels)])
            corner = (column + 0.02) / cells, (row + 0.02) / cells
            drag(page, corner, ((column + 0.96) / cells, (row + 0.96) / cells), steps=1)


def one_material(page) -> None:
    choose(page, "fill", "forest")
    click(page, (0.5, 0.5))


def lake(page) -> None:
    ground(page, "mountain", 0.35)
    ground(page, "water", 0.6)
    ground(page, "grass", 0.85)
    blob(page, "cloud", 0.4, 0.15)


def upside_down(page) -> None:
    ground(page, "sky", 0.5)
    choose(page, "rectangle", "grass")
    drag(page, (0.03, 0.03), (0.97, 0.5))


def scribbles(page) -> None:
    for k, label in enumerate(("snow", "sand", "rock", "flowers", "water")):
        scrawl(page, label, (0.1, 0.1 + 0.18 * k), (0.9, 0.2 + 0.15 * k), (0.2, 0.3 + 0.13 * k))


def path_in_snow(page) -> None:
    ground(page, "snow", 0.4)
    scrawl(page, "path", (0.5, 0.4), (0.4, 0.6), (0.6, 0.95), size=9)


def islands(page) -> None:
    ground(page, "water", 0.3)
    for x, y, label in ((0.2, 0.5, "sand"), (0.6, 0.7, "forest"), (0.8, 0.45, "rock")):
        blob(page, label, x, y)


def hairlines(page) -> None:
    ground(page, "hill", 0.5)
    for k in range(8):
        scrawl(page, "flowers", (0.05 + 0.1 * k, 0.1), (0.15 + 0.1 * k, 0.95), size=1)


def all_cloud(page) -> None:
    choose(page, "fill", "cloud")
    click(page, (0.5, 0.5))


ROUGH = (one_material, all_cloud, lake, upside_down, scribbles, path_in_snow, islands, hairlines)


@pytest.mark.parametrize(
    "draw",
    [*ROUGH, lambda page: checkerboard(page, 4), lambda page: checkerboard(page, 8)],
    ids=[*(draw.__name__ for draw in ROUGH), "checkerboard_4", "checkerboard_8"],
)
def test_rough_maps_give_pictures_without_blotches(page, draw, tmp_path):
    clear(page)
    draw(page)
    settle(page)
    pixels = picture(page)[..., :3]
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    assert garish_share(pixels) <= MAX_GARISH
    assert blotchy_share(pixels, painted(page)) <= MAX_BLOTCHES
    assert pixels.std() > 1, "one flat colour"


def garish_share(pixels: np.ndarray) -> float:
    """How many pixels are of a colour that no landscape has: bright, and almost without grey."""
    high, low = pixels.max(-1).astype(float), pixels.min(-1).astype(float)
    return float(((high > 140) & (low < 0.08 * high)).mean())


def blotchy_share(pixels: np.ndarray, label_map: np.ndarray) -> float:
    """How many pixels are far more colourful than their material is elsewhere in the picture.

    The sky does not count: an evening is grey above and red below.
    """
    size = pixels.shape[1::-1]
    labels = np.asarray(Image.fromarray(label_map.astype(np.uint8)).resize(size, Image.NEAREST))
    chroma = pixels.max(-1).astype(float) - pixels.min(-1)
    regions = [labels == label for label in np.unique(labels) if label != SKY]
    loud = [(chroma[region] > np.median(chroma[region]) + LOUDER).sum() for region in regions]
    return float(sum(loud) / labels.size)
