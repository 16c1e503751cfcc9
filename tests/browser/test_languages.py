"""The page in Simplified Chinese: every tab, errors, the switch, and what it remembers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tabs import visible_tabs
from tabs.languages.catalogue import translator
from tests.browser.conftest import PATIENCE_MS
from tests.browser.open_tabs import go_to_tab
from tests.browser.test_accessibility import READY

pytestmark = pytest.mark.timeout(900)
CHINESE = translator("zh-CN").text
HAN = re.compile(r"[\u4e00-\u9fff]")
# names, which are the same in both languages
NAMES = re.compile(
    r"Ganvas|English|Gradio|Hugging Face|GIF|WebP|PNG|JPEG|TIFF|zip|PCA \d|SeFa \d|[\w.-]*\.png"
    r"|[A-Z][\w’-]+(?:(?: and|,)? [A-Z][\w’-]+)* (?:et al\. )?\d{4}[a-z]?|arXiv:[\d.]+|et al\."
    r"|StyleGAN\d?|CycleGAN|SPADE|Real-ESRGAN|DCGAN|stylegan2|resnet|spade|dcgan|srvgg|rrdbnet"
    r"|ADE20K|COCO-Stuff|Cityscapes|CPU|API|BigGAN|MNIST|GAN|CC[0-9A-Z. -]+|MIT|BSD[\w-]*|px|MB"
)
VISIBLE = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent?.checkVisibility() || parent.closest('script, style, .katex')) continue;
    found.push(walker.currentNode.textContent.trim());
  }
  for (const name of ['title', 'aria-label', 'placeholder'])
    for (const element of document.querySelectorAll(`[${name}]`))
      if (element.checkVisibility()) found.push(element.getAttribute(name).trim());
  return [...new Set(found)];
}"""


@pytest.fixture
def chinese(browser, page_url):
    """A page in a browser that asks for Simplified Chinese."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="zh-CN")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.goto(page_url)
    yield page
    context.close()


def english_in(texts: list[str]) -> list[str]:
    """Those of the texts with English words in them, names left out."""
    rests = {text: NAMES.sub("", text) for text in texts}
    two_words = re.compile(r"[A-Za-z]{3,}[,;:]? [a-z]{2,}")
    one_word = re.compile(r"^\W*[A-Z]?[a-z]{3,}\W*$")
    return [
        text
        for text, rest in rests.items()
        if two_words.search(rest) or (one_word.match(rest) and not HAN.search(text))
    ]


@pytest.mark.parametrize("tab", visible_tabs(), ids=lambda tab: tab.ELEM_ID)
def test_no_english_in_any_tab(chinese, tab):
    page = chinese
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    go_to_tab(page, tab.ELEM_ID, CHINESE(tab.TITLE))
    expect(page.locator(READY.get(tab.ELEM_ID, f"#{tab.ELEM_ID}")).first).to_be_visible()
    found = set()
    inner = page.locator(f"#{tab.ELEM_ID} [role=tab]:visible").all()
    for place in [None, *inner]:
        if place is not None:
            place.click()
        closed = page.locator(f"#{tab.ELEM_ID} button.label-wrap:not(.open):visible")
        while closed.count():
            closed.first.click()
        page.wait_for_timeout(1200)
        found.update(page.evaluate(VISIBLE))
    assert sum(bool(HAN.search(text)) for text in found) >= 8
    assert not english_in(sorted(found))


def test_errors_are_in_chinese(chinese):
    page = chinese
    go_to_tab(page, "tab-latent", CHINESE("Sample"))
    expect(page.locator("#latent-gallery .caption-label")).to_have_count(9)
    page.fill("#latent-seeds textarea, #latent-seeds input", "cats")
    page.click("#latent-sample")
    toast = page.locator(".toast-body")
    expect(toast).to_be_visible()
    assert HAN.search(toast.inner_text())
    expect(toast.locator(".toast-title")).to_have_text(HAN)
    assert not english_in([line for line in toast.inner_text().splitlines() if "cats" not in line])


def test_the_switch_is_remembered(visitor):
    page = visitor.page
    chosen = page.locator("#languages [aria-current]")
    expect(chosen).to_have_text("English")
    page.click("#languages [data-language=zh-CN]")
    expect(chosen).to_have_text("简体中文")
    visitor.errors.clear()  # of requests that the reload cut off
    expect(page.locator("#tab-latent-button")).to_have_text(CHINESE("Sample"))
    page = visitor.open()
    expect(page.locator("#tab-latent-button")).to_have_text(CHINESE("Sample"))
    page.click("#languages [data-language=en]")
    expect(page.locator("#tab-latent-button")).to_have_text("Sample")
    visitor.errors.clear()


def test_the_switch_on_a_phone(phone):
    phone.page.click("#languages [data-language=zh-CN]")
    expect(phone.page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(phone.page.locator("#start-tiles .tile").first).to_be_visible()
    phone.errors.clear()
    wide = phone.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390


def test_english_words_would_be_found():
    assert english_in(["Try again later.", "Sample", "种子 Seeds of the"]) == [
        "Try again later.",
        "Sample",
        "种子 Seeds of the",
    ]
    assert not english_in(["种子 0-8", "PNG", "Karras et al. 2020, arXiv:1912.04958", "3.2 s"])
