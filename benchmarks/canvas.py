"""How soon the picture follows the brush: the Paint tab in a real browser, with a real model.

One table: the model's own time, the time from the end of a stroke to its picture on the page, the
pictures a second while a stroke goes on, and whether the last of 50 fast strokes arrived.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from typing import Any

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import gradio as gr
from playwright.sync_api import Page, sync_playwright

from gan_models import PipelineCache, load_pipeline, zoo
from tabs import paint
from tabs.paint.models import is_ready
from tabs.theme import CSS, THEME
from tests.browser.chromium import installed
from tests.browser.conftest import ARGUMENTS

NUM_STROKES = 20
NOTE_PAINTED = """() => {
  window.painted = [];
  ganvasPaint.root.addEventListener('painted', (event) =>
    painted.push({at: Date.now(), seconds: event.detail.seconds}));
}"""
IDLE = "!ganvasPaint.live.running && !ganvasPaint.live.wanted"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="paint", help="an id, or a .safetensors file")
    model = parser.parse_args().model
    if not model.endswith(".safetensors") and not is_ready(model):
        print(f"{model} is not ready; name another with --model, an id or a .safetensors file.")
        return
    url, app = serve(model)
    chromium = installed()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(url)
        page.wait_for_selector(".studio[data-ready='true']", timeout=60_000)
        page.wait_for_function("ganvasPaint.shown && " + IDLE, timeout=60_000)
        page.evaluate(NOTE_PAINTED)
        page.evaluate("ganvasPaint.styles.refresh = () => {}")  # no thumbnails between strokes
        report(page)
        browser.close()
    app.close()


def serve(model: str) -> tuple[str, gr.Blocks]:
    """A page with the Paint tab alone; its address."""
    load = PipelineCache()
    if model.endswith(".safetensors"):
        pipeline = load_pipeline(model)
        zoo.MODELS = (pipeline.spec,)
        load = lambda *_, **__: pipeline
    with gr.Blocks() as app:
        paint.build(load)
    _, url, _ = app.queue().launch(prevent_thread_lock=True, quiet=True, theme=THEME, css=CSS)
    return url, app


def report(page: Page) -> None:
    """Measure all and print the table."""
    waits = [stroke(page, k / NUM_STROKES) for k in range(NUM_STROKES)]
    model = statistics.median(seconds_of(page))
    wait = statistics.median(waits)
    rows = [
        ("the model's own time", f"{1000 * model:.0f} ms"),
        ("end of a stroke to its picture, median", f"{1000 * wait:.0f} ms"),
        ("the limit, 1.5 x model + 120 ms", f"{1500 * model + 120:.0f} ms"),
        ("pictures a second while painting", f"{updates_a_second(page):.1f}"),
        ("the most that the model allows", f"{1 / model:.1f}"),
        ("last of 50 fast strokes shown", "yes" if fast_strokes(page) else "NO"),
    ]
    for what, value in rows:
        print(f"{what:42} {value:>10}")


def place(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where on the screen a point of the unit square of the canvas is."""
    box = page.locator("#paint-canvas .stage").bounding_box()
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def stroke(page: Page, x: float) -> float:
    """Paint a stroke of a quarter of a second; seconds from its end to its picture."""
    page.evaluate(f"ganvasPaint.setLabel({int(x * 1000) % 12})")
    page.mouse.move(*place(page, x, 0.1))
    page.mouse.down()
    for k in range(12):
        page.mouse.move(*place(page, x + 0.01 * k, 0.1 + 0.06 * k))
        time.sleep(0.02)
    page.evaluate("window.lifted = 0; ganvasPaint.find('stage').addEventListener('pointerup',"
                  "() => (window.lifted = Date.now()), {once: true})")  # fmt: skip
    page.mouse.up()
    page.wait_for_function(IDLE, timeout=60_000)
    return max(page.evaluate("painted.at(-1).at - lifted") / 1000, 0)


def seconds_of(page: Page) -> list[float]:
    """The model's own times so far."""
    return page.evaluate("painted.map((one) => one.seconds)")


def updates_a_second(page: Page) -> float:
    """Pictures that came during a stroke of three seconds."""
    page.mouse.move(*place(page, 0.05, 0.5))
    page.mouse.down()
    before, started = len(seconds_of(page)), time.perf_counter()
    while time.perf_counter() - started < 3:
        along = (time.perf_counter() - started) / 3
        page.mouse.move(*place(page, 0.05 + 0.9 * along, 0.5 + 0.3 * (along % 0.2)))
        time.sleep(0.02)
    count = len(seconds_of(page)) - before
    page.mouse.up()
    return count / (time.perf_counter() - started)


def fast_strokes(page: Page) -> bool:
    """Paint 50 strokes without a pause; whether the picture is of the map as it is then."""
    for k in range(50):
        page.evaluate(f"ganvasPaint.setLabel({k % 12})")
        page.mouse.move(*place(page, (k % 10) / 10, 0.1))
        page.mouse.down()
        page.mouse.move(*place(page, (k % 7) / 7, 0.9), steps=2)
        page.mouse.up()
    page.wait_for_function(IDLE, timeout=120_000)
    same: Any = page.evaluate("ganvasPaint.live.shown === JSON.stringify(ganvasPaint.payload())")
    return bool(same)


if __name__ == "__main__":
    main()
