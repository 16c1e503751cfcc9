"""The films of digits in a browser, on a laptop and on a phone, in both languages."""

from __future__ import annotations

import re

import gradio as gr
import pytest
from playwright.sync_api import expect
from starlette.middleware import Middleware

from gan_models.media.images import read_provenance
from gan_models.media.provenance import pictures_of
from tabs import learn
from tabs.components.gradio_language import TranslatedPage
from tabs.languages.catalogue import translator
from tabs.languages.middleware import VisitorLanguage
from tabs.theme import CSS, HEAD, SCRIPT, THEME
from tests.browser.conftest import PATIENCE_MS, Visitor
from tests.browser.open_tabs import go_to_tab
from tests.browser.test_accessibility import problems
from tests.browser.test_languages import VISIBLE, english_in
from tests.digit_films import only_films

pytestmark = pytest.mark.timeout(900)
NAMES = ("digits-gan", "digits-dcgan", "digits-wgan-gp", "digits-cgan")
SIZES = {"laptop": (1280, 800), "phone": (390, 844)}
TAB = "On film, on handwritten digits"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    """A page with the Learn tab alone, and tiny films."""
    with only_films(tmp_path_factory.mktemp("films"), *NAMES):
        with TranslatedPage() as app, gr.Tabs(), gr.Tab(learn.TITLE, elem_id=learn.ELEM_ID):
            learn.build(None)
        app.queue()
        look = {"theme": THEME, "css": CSS, "js": SCRIPT, "head": HEAD}
        kwargs = {"middleware": [Middleware(VisitorLanguage)]}
        _, address, _ = app.launch(
            prevent_thread_lock=True, quiet=True, ssr_mode=False, app_kwargs=kwargs, **look
        )
        yield address.rstrip("/")
        app.close()


class Films:
    """What a visitor does and sees."""

    def __init__(self, page, title):
        self.page = page
        go_to_tab(page, "learn-tab-digits", title)
        self.root = page.locator("#learn-digits-lab .films")
        self.drawn_after(0)

    def drawn_after(self, count):
        """Wait until more than `count` sheets were drawn, and nothing is being drawn."""
        condition = "count => window.ganvasDigits?.drawn > count && !ganvasDigits.busy"
        self.page.wait_for_function(condition, arg=count, timeout=PATIENCE_MS)

    def count(self):
        return self.page.evaluate("ganvasDigits.drawn")

    def field(self, name, side=None):
        scope = self.root if side is None else self.root.locator(f".side[data-side='{side}']")
        return scope.locator(f"[data-set='{name}']")

    def change(self, act):
        """Do what draws anew, and wait for it."""
        before = self.count()
        act()
        self.drawn_after(before)

    def slide(self, place):
        self.change(lambda: self.field("snapshot").fill(str(place)))

    def picture(self, side=0):
        return self.root.locator(".sheet img").nth(side).get_attribute("src")

    def fact(self, title, side=0):
        row = self.root.locator(".facts").nth(side).locator("div", has_text=title)
        return row.locator("dd").first.text_content()


def opened(browser, url, size, locale="en-US"):
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, accept_downloads=True, locale=locale
    )
    context.set_default_timeout(PATIENCE_MS)
    return context, Visitor(context, url)


@pytest.fixture(params=SIZES)
def films(browser, url, request):
    context, person = opened(browser, url, request.param)
    yield Films(person.page, TAB)
    context.close()
    assert not person.errors
    assert not person.foreign


def test_the_slider_draws_the_same_seeds_at_every_snapshot(films):
    assert films.fact("Step") == films.fact("Step", 1) == "100"
    last = films.picture(), films.picture(1)
    films.slide(0)
    assert films.fact("Step") == films.fact("Step", 1) == "1"
    assert films.fact("KID") == "0.5"
    assert films.picture() != last[0]
    assert films.picture(1) != last[1]
    expect(films.root.locator("output")).to_have_text("1 / 3")
    films.slide(2)
    assert (films.picture(), films.picture(1)) == last  # a seed is a picture
    wide = films.root.locator(".sheet img").first.evaluate("i => [i.naturalWidth, i.clientWidth]")
    assert wide[0] == 224
    width = films.page.evaluate("document.documentElement.scrollWidth")
    assert width <= films.page.viewport_size["width"]


def test_it_plays_to_the_end_and_pauses(films):
    play, pause = (films.root.locator(f"[data-act='{name}']") for name in ("play", "pause"))
    before = films.count()
    play.click()
    expect(pause).to_be_visible()
    expect(films.root).to_have_attribute("data-playing", "false")
    expect(play).to_be_visible()
    assert films.count() - before == 3
    expect(films.field("snapshot")).to_have_value("2")
    play.click()
    pause.click()
    expect(films.root).to_have_attribute("data-playing", "false")
    place = films.field("snapshot").input_value()
    films.page.wait_for_timeout(1200)
    expect(films.field("snapshot")).to_have_value(place)
    play.click()
    films.page.evaluate(
        "Object.defineProperty(document, 'hidden', {value: true, configurable: true})"
    )
    expect(films.root).to_have_attribute("data-playing", "false")


def test_scores_curves_and_words_belong_to_the_models(films):
    page = films.page
    films.change(lambda: films.field("scores").check())
    expect(films.root.locator(".row span")).to_have_count(128)
    expect(films.root.locator(".unscored:visible")).to_have_count(0)
    films.change(lambda: films.field("model", 0).select_option("digits-gan"))
    films.slide(1)
    expect(films.root.locator(".row span")).to_have_count(64)
    expect(films.root.locator(".unscored:visible")).to_have_count(1)
    panels = films.root.locator(".side[data-side='1'] figcaption b")
    expect(panels.last).to_have_text("Wasserstein estimate")
    markers = films.root.locator(".marker")
    assert {markers.nth(k).get_attribute("x1") for k in range(markers.count())} == {"150"}
    for name in ("start", "measures", "digits-gan", "digits-wgan-gp"):
        expect(page.locator(f"#learn-digits-words-{name}.block")).to_be_visible()
    expect(page.locator("#learn-digits-words-digits-dcgan.block")).to_be_hidden()
    assert page.locator("#learn-digits-words-digits-gan .katex").count() >= 2
    films.change(lambda: films.field("model", 1).select_option(""))
    expect(films.root.locator(".side[data-side='1'] .sheet")).to_be_hidden()
    expect(page.locator("#learn-digits-words-digits-wgan-gp.block")).to_be_hidden()


def test_a_digit_is_chosen_for_the_conditional_one_alone(films):
    expect(films.root.locator(".for-class")).to_be_hidden()
    films.change(lambda: films.field("model", 0).select_option("digits-cgan"))
    expect(films.root.locator(".for-class")).to_be_visible()
    turns = films.picture()
    size = films.root.locator(".sheet img").first.evaluate("i => [i.naturalWidth, i.naturalHeight]")
    assert size == [280, 196]
    films.change(lambda: films.field("digit").select_option("7"))
    assert films.picture() != turns


def test_a_wrong_seed_says_what_is_right_and_keeps_the_sheet(films):
    before = films.picture()
    films.field("seeds").fill("cats")
    films.field("seeds").press("Enter")
    status = films.root.locator(".status")
    expect(status).to_contain_text('"cats" is not a seed')
    assert films.picture() == before
    films.field("seeds").fill("0-3")
    films.change(lambda: films.field("seeds").press("Enter"))
    expect(status).to_be_empty()
    assert films.picture() != before


def test_the_plane_follows_the_slider(films):
    films.change(lambda: films.root.locator(".plane summary").click())
    image = films.root.locator(".plane img")
    expect(image).to_be_visible()
    last = image.get_attribute("src")
    films.slide(0)
    assert image.get_attribute("src") != last
    films.field("plane").fill("5, 5")
    films.field("plane").press("Enter")
    expect(films.root.locator(".status")).to_contain_text("two seeds that differ")


def test_a_sheet_is_downloaded_with_its_provenance(films, tmp_path):
    films.slide(1)
    with films.page.expect_download() as waiting:
        films.root.locator("[data-act='save']").nth(1).click()
    assert waiting.value.suggested_filename == "digits-wgan-gp-step10.png"
    waiting.value.save_as(tmp_path / "sheet.png")
    facts = pictures_of(read_provenance(tmp_path / "sheet.png"))
    assert [one["seed"] for one in facts] == list(range(64))
    assert (facts[0]["model"], facts[0]["step"]) == ("digits-wgan-gp", 10)


@pytest.mark.parametrize("size", SIZES)
def test_all_of_it_is_in_chinese(browser, url, size):
    context, person = opened(browser, url, size, "zh-CN")
    chinese = translator("zh-CN")
    assert chinese is not None
    films = Films(person.page, chinese.text(TAB))
    found = set()
    for name in NAMES:
        films.change(lambda name=name: films.field("model", 0).select_option(name))
        found.update(person.page.evaluate(VISIBLE))
    films.change(lambda: films.field("scores").check())
    films.change(lambda: films.root.locator(".plane summary").click())
    films.field("seeds").fill("0-99")
    films.field("seeds").press("Enter")
    expect(films.root.locator(".status")).to_have_text(re.compile(r"[\u4e00-\u9fff]"))
    found.update(person.page.evaluate(VISIBLE))
    assert not english_in(sorted(found))
    width = person.page.evaluate("document.documentElement.scrollWidth")
    assert width <= SIZES[size][0]
    context.close()
    assert not person.errors


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_serious_finding_of_axe(browser, url, theme):
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(f"{url}?__theme={theme}")
    films = Films(page, TAB)
    films.change(lambda: films.field("model", 0).select_option("digits-cgan"))
    films.change(lambda: films.field("scores").check())
    films.change(lambda: films.root.locator(".plane summary").click())
    found = problems(page)
    context.close()
    assert not found, "\n".join(found)
