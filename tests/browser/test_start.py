"""The Start tab: animated tiles, one click to every tab, and no model loaded."""

from __future__ import annotations

import time

import gradio as gr
import pytest
from PIL import Image
from playwright.sync_api import expect

from app import create_app, launch
from tabs import start, visible_tabs
from tests.browser.conftest import visit

SIZES = [(1280, 800), (390, 844)]
pytestmark = pytest.mark.timeout(900)
MOVING = """() => [...document.querySelectorAll('.tile img')].some(image => {
  const box = image.getBoundingClientRect();
  return image.complete && image.naturalWidth > 0 && box.top >= 0 && box.bottom <= innerHeight;
})"""


class CountingLoad:
    """A loader that records requests and has no models."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, model: str, **_: object) -> object:
        self.asked.append(model)
        raise ValueError("No model is loaded in this test.")


@pytest.fixture(scope="module")
def counted():
    load = CountingLoad()
    app = create_app(load)
    _, url, _ = launch(app, server_port=None, prevent_thread_lock=True, quiet=True)
    yield load, url.rstrip("/")
    app.close()


@pytest.fixture(scope="module")
def empty_url():
    with gr.Blocks() as app:
        gr.Markdown("empty", elem_id="empty")
    _, url, _ = app.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False, _frontend=False)
    yield url
    app.close()


def seconds_until(browser, url: str, size: tuple[int, int], ready: str) -> float:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    page = context.new_page()
    started = time.perf_counter()
    page.goto(url)
    page.wait_for_function(ready, polling=50)
    seconds = time.perf_counter() - started
    context.close()
    return seconds


@pytest.mark.parametrize("size", SIZES)
def test_tiles_move_soon_after_an_empty_page_would_have_loaded(browser, counted, empty_url, size):
    load, url = counted
    empty = "() => document.querySelector('#empty')?.innerText.includes('empty')"
    pairs = [
        (
            seconds_until(browser, empty_url, size, empty),
            seconds_until(browser, url, size, MOVING),
        )
        for _ in range(3)
    ]
    assert min(ours / theirs for theirs, ours in pairs) <= 3
    assert not load.asked


@pytest.mark.parametrize("size", SIZES)
def test_every_tab_is_one_click_away(browser, counted, size):
    _, url = counted
    for tab in visible_tabs()[1:]:
        context, person = visit(browser, url, *size)
        tile = person.page.locator(f'.tile[data-tab="{tab.ELEM_ID}"]')
        expect(tile).to_be_in_viewport(ratio=0.99)
        tile.click()
        expect(person.page.locator(f"#{tab.ELEM_ID}")).to_be_visible()
        context.close()


def test_on_a_phone_every_tab_is_in_the_row(browser, counted):
    context, person = visit(browser, counted[1], 390, 844)
    for tab in visible_tabs():
        expect(person.page.locator(f"#{tab.ELEM_ID}-button")).to_be_in_viewport(ratio=0.99)
    context.close()


def test_every_tab_has_a_loop_and_a_still_and_all_are_small():
    files = list(start.FOLDER.glob("*.webp"))
    assert sum(path.stat().st_size for path in files) < 1_500_000
    for tab in visible_tabs()[1:]:
        name = tab.ELEM_ID.removeprefix("tab-")
        assert name in start.SENTENCES
        with Image.open(start.FOLDER / f"{name}.webp") as loop:
            assert loop.n_frames >= 12
            assert min(loop.size) >= 192
        with Image.open(start.FOLDER / f"{name}-still.webp") as still:
            assert getattr(still, "n_frames", 1) == 1


def test_tiles_are_animated_and_still_for_reduced_motion(browser, counted):
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.goto(counted[1])
    image = page.locator(".tile img").first
    expect(image).to_be_visible()
    expect(image).to_have_js_property("complete", True)
    assert "-still.webp" in image.evaluate("image => image.currentSrc")
    context.close()
