"""axe-core finds nothing serious or critical in any tab, light and dark, and in Chinese."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tabs import visible_tabs
from tests.browser.open_tabs import go_to_tab

# Gradio's own markup, and why it cannot be fixed here
GRADIO = {
    # its upload zones are buttons around a file input
    "nested-interactive": ("button", "gradio"),
}
READY = {
    "tab-start": ".tile img",
    "tab-latent": "#latent-gallery .caption-label",
    "tab-classes": "#classes-gallery .caption-label",
    "tab-translate": "#translate-compare img",
    "tab-restore": "#restore-compare img",
    "tab-paint": "#paint-canvas .studio[data-ready=true]",
    "tab-fine-tune": "#finetune-files",
    "tab-learn": "#learn-lab .lab[data-pictures]",
    "tab-your-file": "#own-file",
}
pytestmark = pytest.mark.timeout(900)
OPTIONS = {"resultTypes": ["violations"]}


def problems(page) -> list[str]:
    """Serious and critical findings in what is visible, without those of `GRADIO`."""
    found = []
    for rule in Axe().run(page, options=OPTIONS).response["violations"]:
        if rule["impact"] not in ("serious", "critical") or rule["id"] in GRADIO:
            continue
        nodes = [f"{node['target']} {node['html'][:120]}" for node in rule["nodes"]]
        found.append(f"{rule['id']}: {nodes[:4]} ({len(nodes)})")
    return found


@pytest.mark.parametrize(
    ("theme", "language"), [("light", "en"), ("dark", "en"), ("light", "zh-CN")]
)
def test_no_serious_finding_in_any_tab(browser, page_url, theme, language):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale=language)
    page = context.new_page()
    page.goto(f"{page_url}?__theme={theme}")
    expect(page.locator("html")).to_have_attribute("lang", language)
    found = []
    for tab in visible_tabs():
        go_to_tab(page, tab.ELEM_ID, tab.TITLE)
        ready = READY.get(tab.ELEM_ID, f"#{tab.ELEM_ID}")
        expect(page.locator(ready).first).to_be_visible()
        page.wait_for_timeout(500)
        found += [f"{tab.ELEM_ID}: {problem}" for problem in problems(page)]
    context.close()
    assert not found, "\n".join(found)
