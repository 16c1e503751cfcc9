"""On a phone every control is at least 44 px high."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import visit
from tests.browser.open_tabs import go_to_tab

pytestmark = pytest.mark.timeout(900)
LEAST_PX = 44
TABS = {  # tab: title, a selector of its content, the tabs inside
    "tab-start": ("Start", "#tab-start img", {}),
    "tab-latent": (
        "Sample",
        "#latent-strip img",
        {
            "latent-tab-walk": "Film",
            "latent-tab-edit": "Edit",
            "latent-tab-mix": "Mix",
            "latent-tab-keep": "Favourites",
        },
    ),
    "tab-classes": (
        "Classes",
        "#classes-gallery img",
        {
            "classes-tab-across": "Same z",
            "classes-tab-mix": "Mix",
            "classes-tab-keep": "Favourites",
        },
    ),
    "tab-translate": (
        "Translate",
        "#translate-compare img",
        {
            "translate-tab-several": "Several",
            "translate-tab-clip": "GIF, video",
            "translate-tab-keep": "Favourites",
        },
    ),
    "tab-restore": ("Restore", "#restore-compare img", {"restore-tab-clip": "GIF, video"}),
    "tab-paint": (
        "Paint",
        "#paint-canvas .picture[src]",
        {
            "paint-tab-style": "Style from a picture",
            "paint-tab-film": "Film",
            "paint-tab-model": "Model",
            "paint-tab-keep": "Favourites",
        },
    ),
    "tab-learn": ("Learn", "#learn-lab .lab[data-pictures]", {}),
    "tab-fine-tune": (
        "Fine-tune",
        "#finetune-start",
        {
            "finetune-tab-watch": "Watch",
            "finetune-tab-use": "Use",
            "finetune-tab-data": "Your data",
        },
    ),
    "tab-your-file": ("Your model", "#own-add", {}),
}
EXCEPTIONS = {
    ".icon-button": "Gradio's own markup in the corner of a picture, under which the picture lies",
    ".icon-button-wrapper button": "the same",
    ".reset-button": "Gradio's own markup beside the number of a slider, which can be typed",
    "input, .wrap-inner button": "Gradio's own markup inside a field of 44 px",
    ".label-wrap": "Gradio's own markup: the head of an accordion, whose whole width is pressed",
    "footer button": "Gradio's own footer",
}
# elements of 1 px are copies with which Gradio measures how many tabs fit into a row
SMALL = """([least, exceptions]) =>
  [...document.querySelectorAll('button, [role=button], [role=tab]')]
  .filter(e => e.offsetParent !== null && !e.matches(exceptions))
  .filter(e => !e.closest('dialog:not([open])'))
  .map(e => [e, e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0 && box.height > 1 && box.height < least - 0.5)
  .map(([e, box]) => `${e.closest('[id]')?.id} ${e.className} ${e.textContent.trim()}: `
    + `${box.width.toFixed(0)} x ${box.height.toFixed(1)}`)"""


@pytest.mark.parametrize("tab", TABS)
def test_every_button_is_44_px_high(browser, page_url, tab):
    title, there, inner = TABS[tab]
    context, person = visit(browser, page_url, 390, 844)
    page = person.page
    if title != "Start":
        go_to_tab(page, tab, title)
    expect(page.locator(there).first).to_be_visible()
    found = page.evaluate(SMALL, [LEAST_PX, ", ".join(EXCEPTIONS)])
    for elem_id, name in inner.items():
        go_to_tab(page, elem_id, name)
        found += page.evaluate(SMALL, [LEAST_PX, ", ".join(EXCEPTIONS)])
    assert not found, "\n".join(sorted(set(found)))
    context.close()
