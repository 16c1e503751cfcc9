"""Every picture component is shown large, whatever the resolution of the model."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import visit
from tests.browser.open_tabs import go_to_tab

LEAST_PX = 192
ICON_PX = 80
# icons that a click shows large: the class picker samples its class, an example fills the upload
ICONS = '.thumbs, [id$="-examples"]'
TABS = {  # the tab to open, and a selector of its content
    ("tab-latent", "Sample", "latent-tab-morph"): "#latent-strip img",
    ("tab-classes", "Classes", "classes-tab-across"): "#classes-gallery img",
    ("tab-classes", "Classes", "classes-tab-mix"): "#classes-gallery img",
    ("tab-translate", "Translate", "translate-tab-back"): "#translate-compare img",
    ("tab-paint", "Paint", "paint-tab-film"): "#paint-canvas .picture[src]",
}
SMALL = """([least, icon, icons]) => [...document.querySelectorAll(
    '.image-container, .image-frame, .gallery-container, .grid-wrap, .slider-wrap, .frame, .stage, '
    + '.main-sheet .thumbnail-item, .strip .thumbnail-item')]
  .concat([...document.querySelectorAll('.thumbs .thumbnail-item')])
  .filter(e => e.offsetParent !== null && !(e.closest(icons) && !e.matches('.thumbnail-item')))
  .map(e => [e.className, e.closest('[id]').id, e.getBoundingClientRect(),
    e.closest(icons) ? icon : least])
  .filter(([, , box, wanted]) => Math.min(box.width, box.height) < wanted - 0.5)
  .map(([name, id, box]) => `${id} ${name}: ${box.width} x ${box.height}`)"""


@pytest.mark.parametrize("where", TABS, ids=lambda where: where[2])
def test_no_picture_component_is_small(browser, page_url, where):
    tab, title, inner = where
    context, person = visit(browser, page_url, 1280, 800)
    page = person.page
    go_to_tab(page, tab, title)
    expect(page.locator(TABS[where]).first).to_be_visible()
    page.click(f"#{inner}-button")
    page.wait_for_timeout(500)
    assert page.evaluate(SMALL, [LEAST_PX, ICON_PX, ICONS]) == []
    context.close()
