"""The live part of the Learn tab in a browser, on a laptop and on a phone."""

from __future__ import annotations

import gradio as gr
import pytest
from playwright.sync_api import expect

from tabs import learn
from tabs.theme import CSS, HEAD, SCRIPT, THEME
from tests.browser.conftest import PATIENCE_MS, visit

pytestmark = pytest.mark.timeout(900)
SHARED = ("seed", "width", "noise_dim", "optimizer", "head_start")  # under Settings
SIZES = {"laptop": (1280, 800), "phone": (390, 844)}


@pytest.fixture(scope="module")
def url():
    """A page with the Learn tab alone."""
    with gr.Blocks() as app, gr.Tabs(), gr.Tab(learn.TITLE, elem_id=learn.ELEM_ID):
        learn.build(None)
    app.queue()
    look = {"theme": THEME, "css": CSS, "js": SCRIPT, "head": HEAD}
    _, address, _ = app.launch(prevent_thread_lock=True, quiet=True, ssr_mode=False, **look)
    yield address.rstrip("/")
    app.close()


class Lab:
    """What a visitor does and sees."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator("#learn-lab .lab")
        self.wait("() => window.ganvasLearn?.runs.length")

    def press(self, name):
        self.root.locator(f"[data-act='{name}']").click()

    def set(self, name, value, side=None):
        scope = self.root if side is None else self.root.locator(f"[data-side='{side}']")
        field = scope.locator(f"[data-set='{name}']")
        if name in SHARED:
            self.root.locator("details.more").evaluate("details => (details.open = true)")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(str(value))
            field.press("Tab")

    def step(self, side=0):
        text = self.root.locator(f"[data-side='{side}'] [data-fact='step']").text_content()
        return int(text.replace(",", ""))

    def wait(self, condition, argument=None):
        self.page.wait_for_function(condition, arg=argument, timeout=PATIENCE_MS)

    def picture(self, side=0):
        return self.page.evaluate("side => ganvasLearn.canvases[side].toDataURL('image/png')", side)

    def points(self):
        return self.page.evaluate("ganvasLearn.runs.map(run => run.fake + run.surface)")

    def settle(self):
        """Wait until the page has heard that the training pauses."""
        expect(self.root).to_have_attribute("data-playing", "false")
        self.wait("() => !ganvasLearn.busy")

    def status(self):
        return self.root.locator(".status")


@pytest.fixture(params=SIZES)
def lab(browser, url, request):
    context, person = visit(browser, url, *SIZES[request.param])
    yield Lab(person.page)
    context.close()
    assert not person.errors
    assert not person.foreign


def test_a_training_starts_pauses_steps_and_begins_anew(lab):
    expect(lab.status()).to_have_text("Ready.")
    first, points = (lab.picture(0), lab.picture(1)), lab.points()
    lab.press("play")
    lab.wait("() => ganvasLearn.pictures >= 4")
    lab.wait("() => ganvasLearn.runs.every(run => run.step > 0)")
    lab.press("pause")
    lab.settle()
    expect(lab.status()).to_have_text("Paused.")
    step = lab.step()
    assert step == lab.step(1) > 0
    assert lab.picture(0) != first[0]
    assert lab.picture(1) != first[1]

    lab.press("step")
    lab.wait("step => ganvasLearn.runs[0].step === step", step + 1)
    lab.settle()
    assert lab.step(1) == step + 1
    lab.press("reset")
    lab.wait("() => ganvasLearn.runs[0].step === 0")
    lab.settle()
    assert lab.points() == points  # the seed is the same
    width = lab.page.evaluate("document.documentElement.scrollWidth")
    assert width <= lab.page.viewport_size["width"]


def test_a_preset_sets_the_fields_and_explains_itself(lab):
    page = lab.page
    expect(page.locator("#learn-words-start .katex").first).to_be_visible()
    page.locator("[data-preset='wgan-gp']").click()
    lab.wait("() => ganvasLearn.playing && ganvasLearn.runs[1].step > 0")
    side = lab.root.locator("[data-side='1']")
    expect(side.locator("[data-set='objective']")).to_have_value("wgan-gp")
    expect(side.locator("[data-set='discriminator_steps']")).to_have_value("3")
    expect(side.locator("[data-fact='distance']")).not_to_have_text("–")
    for name in ("preset-wgan-gp", "objective-wgan-gp", "objective-nonsaturating"):
        expect(page.locator(f"#learn-words-{name}.block")).to_be_visible()
    for name in ("start", "objective-hinge", "preset-cycles"):
        expect(page.locator(f"#learn-words-{name}.block")).to_be_hidden()
    assert page.locator("#learn-words-objective-wgan-gp .katex").count() >= 2
    lab.press("pause")
    lab.settle()


def test_one_dimension_shows_densities(lab):
    lab.set("data", "bumps")
    lab.wait("() => ganvasLearn.runs[0].density")
    expect(lab.root.locator(".for-line")).to_be_visible()
    expect(lab.root.locator(".for-plane")).to_be_hidden()
    expect(lab.page.locator("#learn-words-densities.block")).to_be_visible()
    before = lab.picture()
    lab.press("play")
    lab.wait("() => ganvasLearn.runs[0].step > 20")
    lab.press("pause")
    lab.settle()
    assert lab.picture() != before


def test_a_cluster_is_drawn_and_learned(lab):
    lab.set("data", "drawn")
    expect(lab.root.locator(".plot .hint").first).to_be_visible()
    lab.press("play")  # there is nothing to learn yet
    expect(lab.status()).to_contain_text("Draw here")
    canvas = lab.root.locator(".plot canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    mouse = lab.page.mouse
    mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    mouse.down()
    for k in range(8):
        mouse.move(box["x"] + (0.3 + 0.05 * k) * box["width"], box["y"] + 0.5 * box["height"])
    mouse.up()
    lab.wait("() => ganvasLearn.runs.length && ganvasLearn.settings(0).points.length > 5")
    lab.wait("() => ganvasLearn.runs[0].facts.modes_title === 'Parts covered'")
    points = lab.page.evaluate("ganvasLearn.brush.points")
    assert all(abs(y) < 0.2 and -1.4 < x < 1.2 for x, y in points)
    lab.press("clear")
    expect(lab.root.locator(".plot .hint").first).to_be_visible()


def test_a_wrong_setting_says_what_is_right_and_keeps_the_training(lab):
    lab.set("generator_rate", 7, side=0)
    expect(lab.status()).to_contain_text("from 0.000001 to 0.5, not 7")
    lab.set("generator_rate", 0.001, side=0)
    expect(lab.status()).to_have_text("Ready.")
    lab.set("width", "")
    expect(lab.status()).to_contain_text("whole number from 4 to 128")


def test_one_run_alone_and_a_reload_that_goes_on(lab):
    lab.root.locator("[data-set='two']").uncheck()
    lab.wait("() => ganvasLearn.runs.length === 1")
    expect(lab.root.locator("[data-side='1']")).to_be_hidden()
    lab.set("seed", 12)
    lab.press("step")
    lab.wait("() => ganvasLearn.runs[0].step === 1")
    lab.page.reload()
    again = Lab(lab.page)
    lab.wait("() => ganvasLearn.runs[0]?.step === 1")
    expect(again.root.locator("[data-set='seed']")).to_have_value("12")
    expect(again.root.locator("[data-side='1']")).to_be_hidden()


def test_a_hidden_page_asks_for_nothing(lab):
    lab.press("play")
    lab.wait("() => ganvasLearn.runs[0].step > 0")
    lab.page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true})"
    )
    lab.wait("() => !ganvasLearn.busy")
    asked = []
    lab.page.on("request", lambda request: asked.append(request.url))
    lab.page.wait_for_timeout(1500)
    assert not [each for each in asked if each.endswith("component_server")]
    lab.page.evaluate("delete document.hidden")
    lab.press("pause")
    lab.settle()


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_a_film_is_made_and_downloaded(lab, suffix):
    page = lab.page
    lab.press("play")
    lab.wait("() => ganvasLearn.runs[0].step > 60")
    lab.press("pause")
    lab.settle()
    page.locator(f"#learn-film-format input[value='{suffix}']").check()
    page.locator("#learn-film-make").click()
    link = page.locator("#learn-film-file a[download]").first
    expect(link).to_be_visible()
    with page.expect_download() as waiting:
        link.click()
    assert waiting.value.suggested_filename == f"training{suffix}"
    assert waiting.value.path().stat().st_size > 2000
